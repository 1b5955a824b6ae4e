import { basename } from 'node:path';
import { closest, UserError } from '../../kernels/index.ts';
import type { Measure } from './measures.ts';
import { type PivotCell, type PivotLine, type PivotOptions, type PivotTable, pivotRuns } from './pivot.ts';
import { readTableRuns, recordedTableRuns, type TableRun } from './table-runs.ts';

/** A cell of a table, and whether what its runs recorded agrees with what their comparisons say. */
export interface Explanation {
  /** Made from the lines of metrics.jsonl in the run folders. */
  readonly cell: PivotCell;
  /** Sentences on what comparison.json says differently; none: it agrees. */
  readonly disagreements: readonly string[];
}

/**
 * Finds a cell, and computes it twice: from the folders of its runs, and from comparison.json.
 * @param place `<row>,<column>`, as the table names them
 * @throws UserError when there is no such row or column, or no run in them, or no comparison.json
 */
export function explainCell(folders: readonly string[], options: PivotOptions, place: string): Explanation {
  const table = pivotRuns(readTableRuns(folders), options);
  const [row, column] = findPlace(table, place);
  const cell = cellAt(table, row, column);
  if (cell === null) throw new UserError(`the cell '${place}' has no runs; choose another one`);
  const recorded = cellAt(pivotRuns(recordedTableRuns(folders), options), row, column);
  return { cell, disagreements: disagreementsOf(cell, recorded!) };
}

const cellAt = ({ cells }: PivotTable, row: number, column: number): PivotCell | null => cells[row]![column]!;

/** A row or a column as `--explain` takes it: the labels of its values, and its measure where that tells it from others. */
export const lineName = (line: PivotLine, lines: readonly PivotLine[]): string => lineNames(line, lines)[0]!;

/** The names that a row or a column goes by: by labels, or by keys, such as the id of a condition. */
function lineNames({ values, measure }: PivotLine, lines: readonly PivotLine[]): string[] {
  const isTold = values.length === 0 || lines.some((other) => other.measure !== measure);
  return (['label', 'key'] as const).map(
    (by) =>
      [...values.map((value) => value[by]), ...(measure && isTold ? [measure.name] : [])].join('/') ||
      'value',
  );
}

/** Labels may have commas: every comma may be the one between row and column. */
function findPlace({ rows, columns }: PivotTable, place: string): [row: number, column: number] {
  const splits = [...place.matchAll(/,/g)].map(({ index }) => [
    place.slice(0, index),
    place.slice(index + 1),
  ]);
  if (splits.length === 0)
    throw new UserError(`--explain '${place}' must be a row and a column with a comma between them`);
  const find = (lines: readonly PivotLine[], name: string) =>
    lines.findIndex((line) => lineNames(line, lines).includes(name.trim()));
  for (const [row, column] of splits) {
    const found: [number, number] = [find(rows, row!), find(columns, column!)];
    if (found.every((at) => at >= 0)) return found;
  }
  const known = splits.find(([row]) => find(rows, row!) >= 0);
  if (known) throw unknown('column', known[1]!, columns);
  const last = splits.at(-1)!;
  throw unknown('row', last[0]!, rows);
}

function unknown(what: 'row' | 'column', name: string, lines: readonly PivotLine[]): UserError {
  const names = lines.map((line) => lineName(line, lines));
  const near = closest(name.trim(), names);
  return new UserError(
    `the table has no ${what} '${name.trim()}'; ${near ? `did you mean '${near}'?` : `there are ${names.join(', ')}`}`,
  );
}

function disagreementsOf(cell: PivotCell, recorded: PivotCell): string[] {
  const runs = cell.runs.map((one, i) => {
    const [now, then] = [factsOf(one, cell.measure), factsOf(recorded.runs[i]!, cell.measure)];
    const [name, value] = now.find(([, value], fact) => value !== then[fact]![1]) ?? [];
    if (name === undefined) return null;
    const other = then.find(([fact]) => fact === name)![1];
    return `the ${name} of ${basename(one.run.folder)} is ${value} in its folder and ${other} in comparison.json`;
  });
  const { spread } = cell;
  const statistics = (['n', 'mean', 'sd', 'ci95', 'bca95'] as const).map((name) => {
    const [now, then] = [spread, recorded.spread].map((one) => JSON.stringify(one[name]));
    return now === then ? null : `${name} is ${now} from the run folders and ${then} from comparison.json`;
  });
  return [...runs, ...statistics].filter((text) => text !== null);
}

/** What is compared of a run; of several differences the first is told. */
const factsOf = (one: TableRun, measure: Measure): [name: string, value: unknown][] => [
  ['status', one.run.status],
  [measure.name, measure.of(one)],
  ['states hash', one.run.statesHash ?? null],
];
