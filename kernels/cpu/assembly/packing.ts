import { PACKED_A, PACKED_B } from './memory';
import { transposeSquare } from './transpose';

/**
 * Copies blocks of the operands of a product into panels, in which the innermost loop finds in a row what it needs for
 * each step. The lanes that the last panel lacks hold left-overs, whose products are dropped.
 */

/** Columns of a panel of op(b), and of a tile of the result. */
export const WIDTH: i32 = 16;

/** The transpose of a block of `steps` rows, `stride` bytes apart, into panels of two of its `rows` columns. */
export function packPairs(from: usize, stride: usize, rows: i32, steps: i32): void {
  let to = PACKED_A;
  for (let i = 0; i < rows; i += 2, from += 8) {
    let row = from;
    for (let s = 0; s < steps; s++, to += 8, row += stride) store<u64>(to, load<u64>(row));
  }
}

/** A block of `steps` rows, `stride` bytes apart, into panels of WIDTH columns. */
export function packRows(from: usize, stride: usize, columns: i32, steps: i32): void {
  let to = PACKED_B;
  for (let j = 0; j < columns; j += WIDTH, from += WIDTH << 2) {
    let row = from;
    for (let s = 0; s < steps; s++, to += WIDTH << 2, row += stride) {
      v128.store(to, v128.load(row));
      v128.store(to, v128.load(row, 16), 16);
      v128.store(to, v128.load(row, 32), 32);
      v128.store(to, v128.load(row, 48), 48);
    }
  }
}

/** So many `vectors` of each of `rows` rows, `stride` bytes apart; packed, the rows are `packedStride` bytes apart. */
export function packTile(from: usize, stride: usize, vectors: i32, packedStride: usize, rows: i32): void {
  const length = <usize>vectors << 4;
  let to = PACKED_B;
  for (let r = 0; r < rows; r++, from += stride, to += packedStride)
    for (let at: usize = 0; at < length; at += 16) v128.store(to + at, v128.load(from + at));
}

/** The transpose of a block of `columns` rows, `stride` bytes apart, into panels of WIDTH columns. */
export function packTransposed(from: usize, stride: usize, columns: i32, steps: i32): void {
  const panel = <usize>(steps * WIDTH) << 2;
  for (let j = 0; j < columns; j += 4, from += stride << 2) {
    const to = PACKED_B + <usize>(j / WIDTH) * panel + (<usize>(j % WIDTH) << 2);
    // Rows that do not exist are left-overs too: the last one again.
    const last = from + <usize>(min(4, columns - j) - 1) * stride;
    transposeFour(to, from, min(from + stride, last), min(from + 2 * stride, last), last, steps);
  }
}

/** Four rows of `steps` values become four columns of a panel. */
function transposeFour(to: usize, row0: usize, row1: usize, row2: usize, row3: usize, steps: i32): void {
  const vectors = steps & ~3;
  for (let s = 0; s < vectors; s += 4) packSquare(to, row0, row1, row2, row3, s);
  // The last steps together with some that have been copied already
  if (vectors < steps && vectors > 0) packSquare(to, row0, row1, row2, row3, steps - 4);
  if (vectors == 0) {
    for (let s = 0; s < steps; s++) {
      const at = <usize>s << 2;
      const step = to + <usize>s * (WIDTH << 2);
      store<f32>(step, load<f32>(row0 + at));
      store<f32>(step, load<f32>(row1 + at), 4);
      store<f32>(step, load<f32>(row2 + at), 8);
      store<f32>(step, load<f32>(row3 + at), 12);
    }
  }
}

/** Steps s to s + 3 of four rows. */
// @ts-ignore: decorator
@inline
function packSquare(to: usize, row0: usize, row1: usize, row2: usize, row3: usize, s: i32): void {
  const at = <usize>s << 2;
  transposeSquare(to + <usize>s * (WIDTH << 2), WIDTH << 2, row0 + at, row1 + at, row2 + at, row3 + at);
}
