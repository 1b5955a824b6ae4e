import { numberText } from '../number-text.ts';
import { axisHeading, namedValueText } from './axes.ts';
import type { Measure } from './measures.ts';
import type { PivotCell, PivotLine, PivotTable } from './pivot.ts';

/** How a format writes the parts of a table. */
export interface Dialect {
  /** What may hold anything: labels, values of options. */
  text(text: string): string;
  /** A number as `numberText` wrote it. */
  number(text: string): string;
  /** @param sd null where it is not known */
  spread(mean: string, sd: string | null): string;
  /** What stands between a mean and its interval. */
  readonly separator: string;
  /** What stands between the parts of a heading. */
  readonly headingSeparator: string;
  readonly missing: string;
}

/** A table as texts. */
export interface Grid {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns that name the rows: so many, the first ones. */
  readonly names: number;
}

/** The cells of a table in the way of a format. */
export function gridOf(table: PivotTable, dialect: Dialect): Grid {
  const { rowAxes, rows, columns, cells } = table;
  const isAcross = rows.some(({ measure }) => measure !== null);
  const withRuns = hasRunsColumn(table);
  const shown = { withUnit: commonScore(table) === null, withNumber: !withRuns && !isFull(table) };
  const head = [
    ...rowAxes.map((axis) => dialect.text(axisHeading(axis))),
    ...(isAcross ? ['Measure'] : []),
    ...(withRuns ? ['Runs'] : []),
    ...columns.map((column) => headingOf(table, column, dialect)),
  ];
  const body = rows.map((row, r) => [
    ...row.values.map(({ label }) => dialect.text(label)),
    ...(row.measure ? [dialect.text(measureHeading(row.measure, table))] : []),
    ...(withRuns ? [runsText(cells[r]!.find((cell) => cell !== null) ?? null)] : []),
    ...cells[r]!.map((cell) => cellText(cell, shown, dialect)),
  ]);
  return { head, rows: body, names: rowAxes.length + (isAcross ? 1 : 0) };
}

/** Where each row is one set of runs, a column says how many. */
const hasRunsColumn = ({ columnAxes, columns }: PivotTable): boolean =>
  columnAxes.length === 0 && columns.every(({ measure }) => measure !== null);

function headingOf(table: PivotTable, column: PivotLine, dialect: Dialect): string {
  const { columnAxes, columns } = table;
  const values = column.values.map((value, i) => namedValueText(columnAxes[i]!, value));
  const isOneMeasure = new Set(columns.map(({ measure }) => measure)).size === 1;
  const measure =
    column.measure && (values.length === 0 || !isOneMeasure) ? [measureHeading(column.measure, table)] : [];
  const parts = [...values, ...measure];
  return (parts.length > 0 ? parts : ['Value']).map(dialect.text).join(dialect.headingSeparator);
}

/** The score of all runs, or null where they have several. */
export function commonScore({ runs }: PivotTable): { label: string; unit: string } | null {
  const { label, unit } = runs[0]!.experiment.score;
  const isCommon = runs.every(({ experiment: { score } }) => score.label === label && score.unit === unit);
  return isCommon ? { label, unit } : null;
}

/** What a measure is called, with its unit: 'Test error, %'. */
export function measureHeading(measure: Measure, table: PivotTable): string {
  if (measure.kind === 'text') return measure.label;
  const { label, unit } = measure;
  if (measure.style !== 'score' && measure.style !== 'signed score')
    return unit === undefined || measure.style === 'bytes' ? label : `${label}, ${unit}`;
  const score = commonScore(table);
  if (measure.name === 'difference') return `Difference to ${referenceText(table)}`;
  return score === null ? label : `${scoreLabel(measure.name, score.label)}, ${score.unit}`;
}

function scoreLabel(name: string, label: string): string {
  if (name === 'best') return `Best ${label[0]!.toLowerCase()}${label.slice(1)}`;
  return name === 'validation' ? label.replace(/^Test/, 'Validation') : label;
}

function referenceText({ runs }: PivotTable): string {
  const labels = new Set(runs.flatMap(({ reference }) => (reference ? [reference.label] : [])));
  return labels.size === 1 ? [...labels][0]! : 'the reference';
}

function cellText(
  cell: PivotCell | null,
  { withUnit, withNumber }: { withUnit: boolean; withNumber: boolean },
  dialect: Dialect,
): string {
  if (cell === null) return '';
  if (cell.measure.kind === 'text') return cell.texts.map(dialect.text).join('; ') || dialect.missing;
  const { style } = cell.measure;
  const { mean, sd, ci95, n } = cell.spread;
  if (mean === null) return dialect.missing;
  const { digits, unit } = cell.runs[0]!.experiment.score;
  const write = (value: number) => dialect.number(numberText(value, style, digits));
  const number = n === cell.counted ? [] : [`(n = ${countText(n, cell.runs.length)})`];
  if (style !== 'score' && style !== 'signed score') return [write(mean), ...number].join(' ');
  const parts = [
    dialect.spread(write(mean), sd === null ? null : dialect.number(numberText(sd, 'score', digits))),
    ...(withUnit ? [dialect.text(unit)] : []),
  ];
  const interval = ci95 === null ? [] : [`[${ci95.map(write).join(', ')}]`];
  const always = withNumber ? [`(n = ${countText(n, cell.runs.length)})`] : number;
  return [parts.join(' '), ...interval, ...always].join(dialect.separator);
}

/** Whether all cells have the same number of runs, and all of them count. */
export function isFull({ cells }: PivotTable): boolean {
  const there = cells.flat().filter((cell) => cell !== null);
  const { length } = there[0]!.runs;
  return there.every(({ runs, counted }) => runs.length === length && counted === length);
}

/** How many runs of how many are in the means. */
const runsText = (cell: PivotCell | null): string =>
  cell === null ? '' : countText(cell.counted, cell.runs.length);

const countText = (n: number, total: number): string => (n === total ? `${n}` : `${n} of ${total}`);
