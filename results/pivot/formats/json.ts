import { aboutLines } from '../about.ts';
import type { Axis } from '../axes.ts';
import { PIVOT_FORMAT, type PivotDocument } from '../pivot.schema.ts';
import type { PivotCell, PivotLine, PivotTable } from '../pivot.ts';
import { unitOf } from './unit.ts';

/** A table as one JSON document. */
export function pivotDocument(table: PivotTable): PivotDocument {
  const { rowAxes, columnAxes, rows, columns, cells, runs } = table;
  return {
    format: PIVOT_FORMAT,
    dendrite: [...new Set(runs.map(({ dendrite }) => dendrite))],
    folders: [...new Set(runs.map(({ comparison }) => comparison))],
    about: aboutLines(table),
    rows: rows.map((row) => lineOf(row, rowAxes)),
    columns: columns.map((column) => lineOf(column, columnAxes)),
    cells: cells.flatMap((line, row) =>
      line.flatMap((cell, column) => (cell ? [{ row, column, ...cellOf(cell) }] : [])),
    ),
  };
}

const lineOf = ({ values, measure }: PivotLine, axes: readonly Axis[]): PivotDocument['rows'][number] => ({
  axes: Object.fromEntries(values.map(({ key }, i) => [axes[i]!.name, key])),
  measure: measure?.name ?? null,
});

function cellOf(cell: PivotCell): Omit<PivotDocument['cells'][number], 'row' | 'column'> {
  const { measure, spread, texts, diverged, failed, unfinished, runs } = cell;
  return {
    measure: measure.name,
    unit: unitOf(cell),
    text: measure.kind === 'text' ? texts.join('; ') : null,
    ...spread,
    ...{ diverged, failed, unfinished },
    runs: runs.map((one) => ({
      condition: one.condition.id,
      seed: one.run.seed,
      status: one.run.status,
      value: measure.of(one),
      folder: one.run.folder,
    })),
  };
}
