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
  const pairs = length & ~31;
  let to = PACKED_B;
  for (let r = 0; r < rows; r++, from += stride, to += packedStride) {
    let at: usize = 0;
    for (; at < pairs; at += 32) {
      v128.store(to + at, v128.load(from + at));
      v128.store(to + at, v128.load(from + at, 16), 16);
    }
    if (at < length) v128.store(to + at, v128.load(from + at));
  }
}

/** The transpose of a block of `columns` rows, `stride` bytes apart, into panels of WIDTH columns. */
export function packTransposed(from: usize, stride: usize, columns: i32, steps: i32): void {
  const panel = <usize>(steps * WIDTH) << 2;
  for (let j = 0; j < columns; j += 4, from += stride << 2) {
    const to = PACKED_B + <usize>(j / WIDTH) * panel + (<usize>(j % WIDTH) << 2);
    transposeFour(to, WIDTH << 2, from, stride, columns - j, steps);
  }
}

/** The transpose of a tile of `columns` rows, `stride` bytes apart; packed, its rows are `packedStride` bytes apart. */
export function packTransposedTile(from: usize, stride: usize, columns: i32, packedStride: usize, steps: i32): void {
  for (let j = 0; j < columns; j += 4, from += stride << 2)
    transposeFour(PACKED_B + (<usize>j << 2), packedStride, from, stride, columns - j, steps);
}

/** Four rows of `steps` values, or the `rows` that there are, become four columns. */
function transposeFour(to: usize, toStride: usize, row0: usize, stride: usize, rows: i32, steps: i32): void {
  // Rows that do not exist are left-overs too: the last one again.
  const row3 = row0 + <usize>(min(4, rows) - 1) * stride;
  const row1 = min(row0 + stride, row3);
  const row2 = min(row0 + 2 * stride, row3);
  const vectors = steps & ~3;
  for (let s = 0; s < vectors; s += 4) packSquare(to, toStride, row0, row1, row2, row3, s);
  // The last steps together with some that have been copied already
  if (vectors < steps && vectors > 0) packSquare(to, toStride, row0, row1, row2, row3, steps - 4);
  if (vectors == 0) {
    for (let s = 0; s < steps; s++) {
      const at = <usize>s << 2;
      const step = to + <usize>s * toStride;
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
function packSquare(
  to: usize, toStride: usize, row0: usize, row1: usize, row2: usize, row3: usize, s: i32,
): void {
  const at = <usize>s << 2;
  transposeSquare(to + <usize>s * toStride, toStride, row0 + at, row1 + at, row2 + at, row3 + at);
}
