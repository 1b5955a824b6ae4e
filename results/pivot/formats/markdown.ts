import { markdownTable } from '../../markdown-table.ts';
import { aboutLines } from '../about.ts';
import { type Dialect, gridOf } from '../grid.ts';
import type { PivotTable } from '../pivot.ts';

/** A text that is shown as it is, in a table too: a bar would end its cell, and a line break its row. */
const escaped = (text: string): string =>
  text
    .replaceAll(/\p{Cc}+/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll(/[\\`*_~<>|]/g, '\\$&')
    .replaceAll(/\[(?=[^\]]*\][([:])/g, '\\[');

const DIALECT: Dialect = {
  text: escaped,
  number: String,
  spread: (mean, sd) => (sd === null ? mean : `${mean} ± ${sd}`),
  separator: ' ',
  headingSeparator: ', ',
  missing: '–',
};

/** A table of GitHub's Markdown, and a paragraph on its numbers. */
export function pivotMarkdown(table: PivotTable): string {
  const { head, rows, names } = gridOf(table, DIALECT);
  const rule = head.map((_, column) => (column < names ? '---' : '---:'));
  const about = aboutLines(table).map(({ label, text }) => `${label}: ${escaped(text)}.`);
  return `${markdownTable(head, rows, rule)}\n\n${about.join('\n')}\n`;
}
