import { MEASURE } from '../axes.ts';
import type { PivotCell, PivotTable } from '../pivot.ts';
import { unitOf } from './unit.ts';

type Value = string | number | null;

/** One line a cell, for other programs, as RFC 4180 has it: with a header, and CR LF at the end of each line. */
export function pivotCsv(table: PivotTable): string {
  const axes = [...table.rowAxes, ...table.columnAxes].map(({ name }) => name);
  const head = [
    ...axes,
    ...[
      MEASURE,
      'unit',
      'value',
      'runs',
      'n',
      'mean',
      'sd',
      'ci95_low',
      'ci95_high',
      'bca95_low',
      'bca95_high',
    ],
    ...['diverged', 'failed', 'unfinished'],
  ];
  const rows = table.cells.flat().flatMap((cell) => (cell ? [rowOf(cell)] : []));
  return [head, ...rows].map((row) => `${row.map(fieldOf).join(',')}\r\n`).join('');
}

function rowOf(cell: PivotCell): Value[] {
  const { row, column, measure, runs, spread, texts, diverged, failed, unfinished } = cell;
  const isNumber = measure.kind === 'number';
  return [
    ...[...row.values, ...column.values].map(({ key }) => key),
    measure.name,
    unitOf(cell),
    isNumber ? null : texts.join('; '),
    runs.length,
    isNumber ? spread.n : null,
    spread.mean,
    spread.sd,
    ...(spread.ci95 ?? [null, null]),
    ...(spread.bca95 ?? [null, null]),
    ...[diverged, failed, unfinished],
  ];
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * A text that a spreadsheet would take for a formula gets an apostrophe before it, as OWASP advises; numbers stay as they are.
 */
function fieldOf(value: Value): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const harmless = /^[=+\-@\t\r]/.test(value) && !NUMBER.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
