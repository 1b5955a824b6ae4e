import type { SavedTensor } from '../../training/index.ts';
import { type NamedTensor, ROWS } from './tensors.ts';

/** A float32 needs as many significant digits to be read back to the same bits. */
const DIGITS = 9;

/** One CSV file for each tensor, without a header: a line is a row. Row stores are in the folder rows. */
export const encodeCsv = (tensors: readonly NamedTensor[]): Map<string, Uint8Array[]> =>
  new Map(tensors.map(([name, tensor]) => [pathOf(name), encodeMatrix(tensor)]));

const pathOf = (name: string): string =>
  name.startsWith(ROWS) ? `${ROWS}${fileName(name.slice(ROWS.length))}` : fileName(name);

/** A name is one file, whatever is in it: a slash must not lead out of the folder. */
const fileName = (name: string): string => `${encodeURIComponent(name).replaceAll('%20', ' ')}.csv`;

/** Line by line: a row store is longer than a text can be. */
const encodeMatrix = ({ rows, columns, values }: SavedTensor): Uint8Array[] =>
  Array.from({ length: rows }, (_, row) =>
    Buffer.from(`${Array.from(values.subarray(row * columns, (row + 1) * columns), decimal).join(',')}\n`),
  );

/** Shortest form of nine significant digits; NaN and infinities as NumPy and pandas read them. */
function decimal(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return Object.is(value, -0) ? '-0' : String(Number(value.toPrecision(DIGITS)));
}
