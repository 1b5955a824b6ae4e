import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';
import { fitting, grid, paragraph } from '../../table-grid.ts';
import { aboutLines } from '../about.ts';
import { type Dialect, gridOf } from '../grid.ts';
import type { PivotTable } from '../pivot.ts';

/** Control characters of a label would move the cursor. */
const dialect = (separator: string): Dialect => ({
  text: (text) => stripVTControlCharacters(text).replaceAll(/\p{Cc}/gu, ' '),
  number: String,
  spread: (mean, sd) => (sd === null ? mean : `${mean} ± ${sd}`),
  separator,
  headingSeparator: '\n',
  missing: '–',
});

/** For a terminal: intervals move below their means where it is narrow. */
export function pivotText(table: PivotTable, colour: boolean, width: number): string {
  const colours = pc.createColors(colour && !process.env.NO_COLOR);
  const text = fitting(width, (separator) => {
    const { head, rows, names } = gridOf(table, dialect(separator));
    const columns = head.map((heading, i) => ({
      align: i < names ? ('left' as const) : ('right' as const),
      cells: [separator === ' ' ? heading : broken(heading), ...rows.map((row) => row[i]!)],
    }));
    return grid(columns, colours);
  });
  const about = aboutLines(table).map((line) =>
    paragraph(line, width, line.label === 'Note' ? colours.yellow : colours.dim),
  );
  return `${text}\n\n${about.join('\n')}\n`;
}

/** Between words, and after hyphens in them, where that leaves lines of some length. */
const broken = (heading: string): string =>
  heading.replaceAll(/(.{4,12}(?: |[a-z]-(?=[a-z]))|\S{12,} )/g, '$1\n');
