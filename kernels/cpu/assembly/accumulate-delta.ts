import { ADD, ENTRY, listedRow, listedRows, TILE, WIDEST } from './listed';
import { CHANGE_LIST, CHANGE_STARTS, CHANGED_ROWS, CHANGES } from './memory';

/** Rows of b that stay in the first-level cache, a tile of columns at a time. */
const CHUNK: i32 = 64;

/** Where `accumulateDelta` leaves differences. */
export const DIFFERENCES: usize = CHANGE_LIST;

/**
 * out (m x n) += (after - before) b, for after and before (m x k) and b (k x n), by the values that differ alone.
 * @returns whether that is left to the caller, because more than `most` values differ: then after - before lies at
 * DIFFERENCES. Never so where there is no room for all of it.
 */
export function accumulateDelta(
  out: usize, before: usize, after: usize, b: usize, m: i32, n: i32, k: i32, most: i32,
): bool {
  const depth = min(k, CHANGES);
  const block = min(CHANGED_ROWS, CHANGES / depth);
  for (let i = 0; i < m; i += block) {
    const rows = min(block, m - i);
    for (let p = 0; p < k; p += depth) {
      const columns = min(depth, k - p);
      const from = <usize>(i * k + p) << 2;
      const count = listChanges(before + from, after + from, rows, columns, k);
      if (count > most && rows == m && columns == k) {
        subtract(before, after, m * k);
        return true;
      }
      const c = out + (<usize>(i * n) << 2);
      const right = b + (<usize>(p * n) << 2);
      if (count > (rows * columns) >> 2) addMany(c, before + from, after + from, right, rows, n, columns, k);
      else addFew(c, right, rows, n);
    }
  }
  return false;
}

/** Adds what is listed, a row after the other: whole rows of b are read in order. */
function addFew(out: usize, b: usize, rows: i32, n: i32): void {
  const stride = <usize>n << 2;
  for (let i = 0; i < rows; i++, out += stride) {
    const from = listAt(i);
    const end = listAt(i + 1);
    if (from != end) listedRow(out, from, end, b, n, stride, 1, true);
  }
}

/** Lists again, a chunk of the columns at a time, so that all rows share what the first-level cache holds of b. */
function addMany(out: usize, before: usize, after: usize, b: usize, rows: i32, n: i32, columns: i32, k: i32): void {
  for (let p = 0; p < columns; p += CHUNK) {
    const from = <usize>p << 2;
    listChanges(before + from, after + from, rows, min(CHUNK, columns - p), k);
    addTiles(out, b + (<usize>(p * n) << 2), rows, n);
  }
}

/** Adds what is listed, a tile of columns for all rows before the next one. */
function addTiles(out: usize, b: usize, rows: i32, n: i32): void {
  const stride = <usize>n << 2;
  for (let left = n; left > 0; left -= WIDEST << 2, out += TILE, b += TILE)
    listedRows(out, stride, CHANGE_STARTS, CHANGE_STARTS + 4, CHANGE_LIST, rows, b, stride, left, 1, ADD);
}

/** Lists where each of the rows, of which `k` begin one after the other, differs and by how much; returns how often. */
function listChanges(before: usize, after: usize, rows: i32, columns: i32, k: i32): i32 {
  let at = CHANGE_LIST;
  store<u32>(CHANGE_STARTS, 0);
  for (let i = 1; i <= rows; i++, before += <usize>k << 2, after += <usize>k << 2) {
    at = listRow(at, before, after, columns);
    store<u32>(CHANGE_STARTS + (<usize>i << 2), <u32>((at - CHANGE_LIST) / ENTRY));
  }
  return <i32>((at - CHANGE_LIST) / ENTRY);
}

// @ts-ignore: decorator
@inline
function listAt(row: i32): usize {
  return CHANGE_LIST + <usize>load<u32>(CHANGE_STARTS + (<usize>row << 2)) * ENTRY;
}

function listRow(at: usize, before: usize, after: usize, columns: i32): usize {
  let j = 0;
  // 64 at a time: a loop whose end is hard to foresee is left once for all of them.
  for (; j + 64 <= columns; j += 64) {
    const from = <usize>j << 2;
    let mask = different32(before + from, after + from) | (different32(before + from + 128, after + from + 128) << 32);
    while (mask != 0) {
      at = list(at, j + <i32>ctz(mask), before, after);
      mask &= mask - 1;
    }
  }
  for (; j < columns; j++) {
    const from = <usize>j << 2;
    if (load<f32>(before + from) != load<f32>(after + from)) at = list(at, j, before, after);
  }
  return at;
}

// @ts-ignore: decorator
@inline
function list(at: usize, j: i32, before: usize, after: usize): usize {
  const from = <usize>j << 2;
  store<i32>(at, j);
  store<f32>(at, load<f32>(after + from) - load<f32>(before + from), 4);
  return at + ENTRY;
}

/** A bit for each of 32 values that differs. */
// @ts-ignore: decorator
@inline
function different32(before: usize, after: usize): u64 {
  return <u64>(different16(before, after) | (different16(before + 64, after + 64) << 16));
}

/** A bit for each of 16 values that differs. */
// @ts-ignore: decorator
@inline
function different16(before: usize, after: usize): u32 {
  const first = i16x8.narrow_i32x4_s(
    f32x4.ne(v128.load(before), v128.load(after)),
    f32x4.ne(v128.load(before, 16), v128.load(after, 16)),
  );
  const second = i16x8.narrow_i32x4_s(
    f32x4.ne(v128.load(before, 32), v128.load(after, 32)),
    f32x4.ne(v128.load(before, 48), v128.load(after, 48)),
  );
  return <u32>i8x16.bitmask(i8x16.narrow_i16x8_s(first, second));
}

/** DIFFERENCES = after - before. */
function subtract(before: usize, after: usize, count: i32): void {
  let to = DIFFERENCES;
  let i = 0;
  for (; i + 4 <= count; i += 4, to += 16, before += 16, after += 16)
    v128.store(to, f32x4.sub(v128.load(after), v128.load(before)));
  for (; i < count; i++, to += 4, before += 4, after += 4) store<f32>(to, load<f32>(after) - load<f32>(before));
}
