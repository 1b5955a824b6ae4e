import { zeros } from '../allocation.ts';
import type { RowStore, Table, Tensor } from '../tensor.ts';
import { call, type KernelCall, X, Y } from './call.ts';
import { LARGEST_BUFFER } from './limits.ts';

/** Row numbers travel as float32. */
const MOST_ROWS = 2 ** 24;

/**
 * A table as it lies on the device: three bytes in each float32, which holds whole numbers of 24 bits, or one label.
 * Word j of a row has the bytes j, j + width and j + 2 width, so that neighbouring threads read neighbouring words.
 */
export interface PackedTable {
  readonly width: number;
  readonly values: Float32Array;
}

const widthOf = ({ columns, encoding }: Table): number =>
  encoding === 'one-hot' ? 1 : Math.ceil(columns / 3);

/** Whether the table fits on every GPU as a whole. Otherwise, like a row store, its rows are sent with each chunk. */
export const isResident = (table: Table | RowStore): table is Table =>
  table.encoding !== 'float32' &&
  table.count <= MOST_ROWS &&
  4 * table.count * widthOf(table) <= LARGEST_BUFFER;

const packed = new WeakMap<Table, PackedTable>();

/** Made once for each table, however many kernels read it. */
export function packTable(table: Table): PackedTable {
  const known = packed.get(table);
  if (known) return known;
  const made = { width: widthOf(table), values: pack(table) };
  packed.set(table, made);
  return made;
}

function pack(table: Table): Float32Array {
  const { count, columns, values, encoding } = table;
  if (encoding === 'one-hot') return Float32Array.from(values);
  const width = widthOf(table);
  const words = zeros(`the table '${table.name}' on the gpu`, count * width);
  for (let row = 0; row < count; row++) {
    const from = row * columns;
    for (let j = 0; j < width; j++) {
      const byte = (plane: number): number =>
        j + plane * width < columns ? values[from + j + plane * width]! : 0;
      words[row * width + j] = byte(0) + 256 * byte(1) + 65536 * byte(2);
    }
  }
  return words;
}

/** The rows of the step's minibatch, looked up on the device. */
export function lookUp(out: Tensor, table: Table, rowNumbers: Tensor): KernelCall {
  const row = `const row = rows[step][${Y}];`;
  const options = { takesStep: true, table };
  if (table.encoding === 'one-hot')
    return call(
      out,
      { rows: rowNumbers },
      `${row}
      const label = this.constants.table[row][0];
      return Math.abs(label - ${X}) < 0.5 ? 1.0 : 0.0;`,
      options,
    );
  const width = widthOf(table);
  const body = `${row}
    let column = ${X};
    let plane = 0.0;
    if (${X} >= ${width}) { column = ${X} - ${width}; plane = 1.0; }
    if (${X} >= ${2 * width}) { column = ${X} - ${2 * width}; plane = 2.0; }
    const bytes = this.constants.table[row][column];
    const high = Math.floor(bytes * ${2 ** -16});
    const rest = bytes - high * 65536.0;
    const middle = Math.floor(rest * ${2 ** -8});
    const byte = plane < 0.5 ? rest - middle * 256.0 : (plane < 1.5 ? middle : high);
    return byte * this.constants.scale;`;
  return call(out, { rows: rowNumbers }, body, { ...options, floats: { scale: table.scale } });
}

/** The rows as float32, gathered on the host. */
export function gatherRows(table: Table | RowStore, rows: Uint32Array): Float32Array {
  const { columns, values, encoding } = table;
  const scale = encoding === 'scaled' ? table.scale : 1;
  const out = zeros(`a chunk of '${table.name}'`, rows.length * columns);
  for (const [i, row] of rows.entries()) {
    const at = i * columns;
    if (encoding === 'one-hot') out[at + values[row]!] = 1;
    else for (let j = 0; j < columns; j++) out[at + j] = values[row * columns + j]! * scale;
  }
  return out;
}
