import type { PivotTable } from '../pivot.ts';
import { pivotCsv } from './csv.ts';
import { pivotDocument } from './json.ts';
import { pivotLatex } from './latex.ts';
import { pivotMarkdown } from './markdown.ts';
import { pivotText } from './text.ts';

/** In what a table can be printed. */
export const PIVOT_FORMATS = ['text', 'markdown', 'csv', 'latex', 'json'] as const;

/** One of PIVOT_FORMATS: text, markdown, csv, latex or json. */
export type PivotFormat = (typeof PIVOT_FORMATS)[number];

/** How a table is printed as text: with colours, and for how many columns of a terminal. */
export interface TerminalOptions {
  readonly colour?: boolean;
  readonly width?: number;
}

/** A table in one of the formats, with a line break at the end. */
export function formatPivot(
  table: PivotTable,
  format: PivotFormat,
  { colour = false, width = 100 }: TerminalOptions = {},
): string {
  switch (format) {
    case 'text':
      return pivotText(table, colour, width);
    case 'markdown':
      return pivotMarkdown(table);
    case 'csv':
      return pivotCsv(table);
    case 'latex':
      return pivotLatex(table);
    case 'json':
      return `${JSON.stringify(pivotDocument(table), null, 2)}\n`;
  }
}
