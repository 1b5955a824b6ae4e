import { UserError } from '../../kernels/index.ts';
import { isCounted } from '../comparison-document.ts';
import { type Spread, summarize } from '../statistics/spread.ts';
import { type Axis, type AxisValue, findAxes, MEASURE } from './axes.ts';
import { refuseIncomparable, refuseMixture } from './comparable.ts';
import { findMeasures, type Measure, type NumberMeasure } from './measures.ts';
import { readTableRuns, type TableRun } from './table-runs.ts';

/** What rows and columns are, and what cells show. */
export interface PivotOptions {
  /** Axes by name: condition, rule, seed, dataset, a setting, an option of a rule ...; `condition` when left out. */
  readonly rows?: readonly string[];
  /** Axes by name; none when left out, so that columns are the measures. */
  readonly columns?: readonly string[];
  /** By name; when left out the score, and without axes of columns what `dendrite compare` prints beside it. */
  readonly measures?: readonly string[];
}

/** A row or a column. */
export interface PivotLine {
  /** One for each of its axes. */
  readonly values: readonly AxisValue[];
  /** Of its cells, where measures stand along this side. */
  readonly measure: Measure | null;
}

/** What is known of the runs in a row and a column. */
export interface PivotCell {
  readonly row: PivotLine;
  readonly column: PivotLine;
  readonly measure: Measure;
  readonly runs: readonly TableRun[];
  /** Over the runs that finished, and whose value is known; n is 0 for what is in words. */
  readonly spread: Spread;
  /** What a measure in words says of the runs, each once. */
  readonly texts: readonly string[];
  /** Runs that count in means: finished, with a score. */
  readonly counted: number;
  readonly diverged: number;
  readonly failed: number;
  readonly unfinished: number;
}

/** Runs arranged by rows and columns. */
export interface PivotTable {
  readonly rowAxes: readonly Axis[];
  readonly columnAxes: readonly Axis[];
  readonly measures: readonly Measure[];
  readonly rows: readonly PivotLine[];
  readonly columns: readonly PivotLine[];
  /** By row, and then by column; null where there is no run. */
  readonly cells: readonly (readonly (PivotCell | null)[])[];
  readonly runs: readonly TableRun[];
}

/** What `dendrite compare` prints of a condition. */
const OF_COMPARE = ['score', 'difference', 'examples-per-second'];

/**
 * Arranges the runs of comparisons as a table.
 * @param folders of comparisons
 * @throws UserError for an unknown axis or measure, for comparisons that cannot be compared, and for a cell that would
 * mix runs of conditions that differ in something that is no axis
 */
export const pivotTable = (folders: readonly string[], options: PivotOptions = {}): PivotTable =>
  pivotRuns(readTableRuns(folders), options);

/** As `pivotTable`, of runs that were read. */
export function pivotRuns(
  runs: readonly TableRun[],
  { rows = ['condition'], columns = [], measures }: PivotOptions,
): PivotTable {
  refuseRepeats([...rows, ...columns]);
  const withoutMeasure = (names: readonly string[]) => names.filter((name) => name !== MEASURE);
  const rowAxes = findAxes(withoutMeasure(rows), runs);
  const columnAxes = findAxes(withoutMeasure(columns), runs);
  const shown = findMeasures(measures ?? (columnAxes.length === 0 ? OF_COMPARE : ['score']));
  const axes = [...rowAxes, ...columnAxes];
  refuseIncomparable(runs, axes);
  const isAcross = rows.includes(MEASURE);
  const rowLines = linesOf(runs, rowAxes, isAcross ? shown : [null]);
  const columnLines = linesOf(runs, columnAxes, isAcross ? [null] : shown);
  const sorted = new Map<string, TableRun[]>();
  for (const run of runs) {
    const at = placeOf(keysOf(run, rowAxes), keysOf(run, columnAxes));
    const there = sorted.get(at);
    if (there) there.push(run);
    else sorted.set(at, [run]);
  }
  const cells = rowLines.map((row) =>
    columnLines.map((column) => {
      const values = [...row.values, ...column.values];
      const own = sorted.get(placeOf(row.values.map(keyOf), column.values.map(keyOf)));
      if (!own) return null;
      refuseMixture(`the cell ${values.map(({ label }) => label).join(', ')}`, own, axes);
      return cellOf(row, column, own);
    }),
  );
  return { rowAxes, columnAxes, measures: shown, rows: rowLines, columns: columnLines, cells, runs };
}

const placeOf = (row: readonly string[], column: readonly string[]): string => JSON.stringify([row, column]);

const keyOf = ({ key }: AxisValue): string => key;

const keysOf = (run: TableRun, axes: readonly Axis[]): string[] => axes.map((axis) => axis.of(run).key);

/** In the order in which runs come: that of the experiment. */
function linesOf(
  runs: readonly TableRun[],
  axes: readonly Axis[],
  measures: readonly (Measure | null)[],
): PivotLine[] {
  const found = new Map<string, AxisValue[]>();
  for (const run of runs) {
    const key = JSON.stringify(keysOf(run, axes));
    if (!found.has(key))
      found.set(
        key,
        axes.map((axis) => axis.of(run)),
      );
  }
  return [...found.values()].flatMap((values) => measures.map((measure) => ({ values, measure })));
}

function cellOf(row: PivotLine, column: PivotLine, runs: readonly TableRun[]): PivotCell {
  const measure = (row.measure ?? column.measure)!;
  const finished = runs.filter(({ run, experiment }) => isCounted(run, experiment));
  const count = (status: string) => runs.filter(({ run }) => run.status === status).length;
  const [diverged, failed] = [count('diverged'), count('failed')];
  return {
    row,
    column,
    measure,
    runs,
    spread: summarize(measure.kind === 'number' ? valuesOf(finished, measure) : []),
    texts: measure.kind === 'text' ? textsOf(runs, measure.of) : [],
    counted: finished.length,
    diverged,
    failed,
    unfinished: runs.length - count('finished') - diverged - failed,
  };
}

const valuesOf = (runs: readonly TableRun[], { of }: NumberMeasure): number[] =>
  runs.map(of).filter((value) => value !== null && Number.isFinite(value)) as number[];

const textsOf = (runs: readonly TableRun[], of: (run: TableRun) => string | null): string[] => [
  ...new Set(runs.map(of).filter((text) => text !== null)),
];

function refuseRepeats(axes: readonly string[]): void {
  const repeated = axes.find((name, i) => axes.indexOf(name) < i);
  if (repeated !== undefined)
    throw new UserError(`the axis '${repeated}' is named twice; put it into --rows or --columns`);
}
