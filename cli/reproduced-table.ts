import { RESULT_COLUMNS, type ReproducedRow, resultCells } from '../experiments/index.ts';

/** Rows of a published table beside what came out here, for the terminal. */
export function reproducedTable(rows: readonly ReproducedRow[]): string {
  const cells = [RESULT_COLUMNS, ...rows.map(resultCells)];
  const widths = RESULT_COLUMNS.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
