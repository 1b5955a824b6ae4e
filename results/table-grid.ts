import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';
import type pc from 'picocolors';
import type { Line } from './table-words.ts';

export type Colours = ReturnType<typeof pc.createColors>;

const BARE = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', right: '', 'right-mid': '' },
  ...{ mid: '─', 'mid-mid': '──', middle: '  ' },
};

/** A column of a table: its heading and a cell for each row. */
export interface Column {
  readonly cells: readonly string[];
  readonly align: 'left' | 'right';
}

/** Columns side by side, with a line below the headings. */
export function grid(columns: readonly Column[], colours: Colours): string {
  const [head, ...rows] = columns[0]!.cells.map((_, row) => columns.map(({ cells }) => cells[row]!));
  const table = new Table({
    head: head!.map(colours.bold),
    colAligns: columns.map(({ align }) => align),
    rowAligns: ['bottom'],
    chars: BARE,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
  });
  table.push(...rows);
  return table.toString().replaceAll(/ +$/gm, '');
}

/**
 * Columns in one line each if the terminal is wide enough, else with a line break before every interval.
 * @param make a table with that between means and intervals
 */
export function fitting(width: number, make: (separator: ' ' | '\n') => string): string {
  const wide = make(' ');
  return widthOf(wide.split('\n')) <= width ? wide : make('\n');
}

/** Pads the intervals to one width, so that the means before them stand in line. */
export function joined(
  means: readonly string[],
  intervals: readonly string[],
  separator: ' ' | '\n',
): string[] {
  const width = separator === '\n' ? 0 : widthOf(intervals);
  return means.map((mean, row) => mean + separator + intervals[row]!.padStart(width));
}

/** Columns that the widest of some lines takes. */
export const widthOf = (lines: readonly string[]): number =>
  Math.max(0, ...lines.map((line) => stripVTControlCharacters(line).length));

/** Breaks a text into lines between its words; a word longer than that is left whole. */
export function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`.trimStart();
    if (longer.length > width && lines.at(-1) !== '') lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

const LABEL = 10;
/** A terminal may say that it has no columns at all. */
const NARROWEST = 40;

/** A label and its text, broken into lines of `width` columns. */
export const paragraph = ({ label, text }: Line, width: number, colour: (text: string) => string): string =>
  wrap(text, Math.max(width - LABEL, NARROWEST))
    .map((line, row) => colour((row === 0 ? label : '').padEnd(LABEL) + line))
    .join('\n');
