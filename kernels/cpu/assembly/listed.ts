import { madd, storePart } from './vectors';

/**
 * Products whose left operand is mostly zeros and is used more than once: its nonzero values are listed first. A list
 * is a row of starts (u32, as numbers of entries, one more than there are lists) and entries of 8 bytes: the place of
 * a value in its list's row or column (u32), and the value.
 */

export const ENTRY: usize = 8;

/**
 * Sums of a tile, all in registers, of which V8 has 15 for vectors. V8 in Node 20 does all loads of a step first, so that
 * seven sums, seven loads and the value are what fits. V8 in the releases with relaxed SIMD loads where the value is used;
 * there 12 sums run 1.1 times as fast as seven.
 */
const WIDEST: i32 = ASC_FEATURE_RELAXED_SIMD ? 12 : 7;

/** Lists the values, byte times scale, of each row of `bytes` (m x n) that are not zero. */
export function listRows(starts: usize, entries: usize, bytes: usize, m: i32, n: i32, scale: f32): void {
  let at = entries;
  store<u32>(starts, 0);
  for (let i = 0; i < m; i++, bytes += n) {
    at = listRow(at, bytes, n, scale);
    starts += 4;
    store<u32>(starts, <u32>((at - entries) / ENTRY));
  }
}

function listRow(at: usize, bytes: usize, n: i32, scale: f32): usize {
  let j = 0;
  // 64 at a time: a loop whose end is hard to foresee is left once for all of them.
  for (; j + 64 <= n; j += 64) {
    const low = lit16(bytes + j) | (lit16(bytes + j + 16) << 16);
    const high = lit16(bytes + j + 32) | (lit16(bytes + j + 48) << 16);
    let mask = <u64>low | (<u64>high << 32);
    while (mask != 0) {
      at = listByte(at, bytes, j + <i32>ctz(mask), scale);
      mask &= mask - 1;
    }
  }
  for (; j < n; j++) if (load<u8>(bytes + j) != 0) at = listByte(at, bytes, j, scale);
  return at;
}

// @ts-ignore: decorator
@inline
function listByte(at: usize, bytes: usize, j: i32, scale: f32): usize {
  store<i32>(at, j);
  store<f32>(at, <f32>load<u8>(bytes + j) * scale, 4);
  return at + ENTRY;
}

/** A bit for each of 16 bytes that is not zero. */
// @ts-ignore: decorator
@inline
function lit16(bytes: usize): u32 {
  return <u32>i8x16.bitmask(i8x16.ne(v128.load(bytes), i8x16.splat(0)));
}

/** c (1 x n) = factor * the listed row times b, or added to it; the rows of b are `stride` bytes apart. */
export function listedRow(
  c: usize, from: usize, end: usize, b: usize, n: i32, stride: usize, factor: f32, add: bool,
): void {
  for (let left = n; left > 0; left -= WIDEST << 2, c += WIDEST << 4, b += WIDEST << 4)
    if (left >= WIDEST << 2) wholeTile(c, from, end, b, stride, factor, add);
    else lastTile(c, from, end, b, stride, left, factor, add);
}

/** A bit for each of 16 values that is not zero. */
// @ts-ignore: decorator
@inline
export function nonzero16(a: usize): u32 {
  const zero = f32x4.splat(0);
  const first = i16x8.narrow_i32x4_s(f32x4.ne(v128.load(a), zero), f32x4.ne(v128.load(a, 16), zero));
  const second = i16x8.narrow_i32x4_s(f32x4.ne(v128.load(a, 32), zero), f32x4.ne(v128.load(a, 48), zero));
  return <u32>i8x16.bitmask(i8x16.narrow_i16x8_s(first, second));
}

/** Lists each of the n columns from the lists of the m rows. `starts` has room for n + 2. */
export function listColumns(starts: usize, entries: usize, rowStarts: usize, rowEntries: usize, m: i32, n: i32): void {
  memory.fill(starts, 0, (<usize>n + 2) << 2);
  const end = rowEntries + <usize>load<u32>(rowStarts + (<usize>m << 2)) * ENTRY;
  // Counted two places further on, so that after the sums below starts[j + 1] is where list j begins, and, moved on with
  // every entry, in the end where list j + 1 does.
  for (let at = rowEntries; at < end; at += ENTRY) {
    const count = starts + (<usize>load<u32>(at) << 2);
    store<u32>(count, load<u32>(count, 8) + 1, 8);
  }
  let total: u32 = 0;
  for (let j = 0; j < n; j++) {
    const at = starts + (<usize>j << 2);
    total += load<u32>(at, 8);
    store<u32>(at, total, 8);
  }
  for (let i = 0; i < m; i++) {
    const row = rowStarts + (<usize>i << 2);
    const rowEnd = rowEntries + <usize>load<u32>(row, 4) * ENTRY;
    for (let at = rowEntries + <usize>load<u32>(row) * ENTRY; at < rowEnd; at += ENTRY) {
      const cursor = starts + (<usize>load<u32>(at) << 2);
      const place = load<u32>(cursor, 4);
      const to = entries + <usize>place * ENTRY;
      store<i32>(to, i);
      store<f32>(to, load<f32>(at, 4), 4);
      store<u32>(cursor, place + 1, 4);
    }
  }
}

/**
 * out (m x n) = factor * a b, or added to it, where the m lists are the rows of a, and their entries name rows of b. A
 * tile of columns is done for all rows before the next one, so that its part of b stays in the cache.
 */
export function listedProduct(
  out: usize, starts: usize, entries: usize, b: usize, m: i32, n: i32, factor: f32, accumulate: bool,
): void {
  const stride = <usize>n << 2;
  for (let left = n; left > 0; left -= WIDEST << 2, out += WIDEST << 4, b += WIDEST << 4) {
    let c = out;
    for (let i = 0; i < m; i++, c += stride) {
      const start = starts + (<usize>i << 2);
      const from = entries + <usize>load<u32>(start) * ENTRY;
      const end = entries + <usize>load<u32>(start, 4) * ENTRY;
      if (accumulate && from == end) continue;
      if (left >= WIDEST << 2) wholeTile(c, from, end, b, stride, factor, accumulate);
      else lastTile(c, from, end, b, stride, left, factor, accumulate);
    }
  }
}

/** WIDEST vectors. In one function with the other loops, V8 makes slower code of this one. */
function wholeTile(c: usize, from: usize, end: usize, b: usize, stride: usize, factor: f32, add: bool): void {
  sums(WIDEST, c, from, end, b, stride, WIDEST << 2, factor, add);
}

/** What is `left` of a row of the result, in columns: at most WIDEST vectors. */
function lastTile(
  c: usize, from: usize, end: usize, b: usize, stride: usize, left: i32, factor: f32, add: bool,
): void {
  const vectors = (left + 3) >> 2;
  if (WIDEST > 7 && vectors > 7) {
    if (vectors > 11) sums(12, c, from, end, b, stride, left, factor, add);
    else if (vectors == 11) sums(11, c, from, end, b, stride, left, factor, add);
    else if (vectors == 10) sums(10, c, from, end, b, stride, left, factor, add);
    else if (vectors == 9) sums(9, c, from, end, b, stride, left, factor, add);
    else sums(8, c, from, end, b, stride, left, factor, add);
  } else if (vectors > 6) sums(7, c, from, end, b, stride, left, factor, add);
  else if (vectors == 6) sums(6, c, from, end, b, stride, left, factor, add);
  else if (vectors == 5) sums(5, c, from, end, b, stride, left, factor, add);
  else if (vectors == 4) sums(4, c, from, end, b, stride, left, factor, add);
  else if (vectors == 3) sums(3, c, from, end, b, stride, left, factor, add);
  else if (vectors == 2) sums(2, c, from, end, b, stride, left, factor, add);
  else sums(1, c, from, end, b, stride, left, factor, add);
}

/** As many sums over the list as `vectors`, a constant, says; of the last one only some lanes may be columns. */
// @ts-ignore: decorator
@inline
function sums(
  vectors: i32, c: usize, from: usize, end: usize, b: usize, stride: usize, left: i32, factor: f32, add: bool,
): void {
  let c0 = f32x4.splat(0), c1 = f32x4.splat(0), c2 = f32x4.splat(0), c3 = f32x4.splat(0);
  let c4 = f32x4.splat(0), c5 = f32x4.splat(0), c6 = f32x4.splat(0), c7 = f32x4.splat(0);
  let c8 = f32x4.splat(0), c9 = f32x4.splat(0), c10 = f32x4.splat(0), c11 = f32x4.splat(0);
  for (; from < end; from += ENTRY) {
    const row = b + <usize>load<u32>(from) * stride;
    const value = v128.load32_splat(from, 4);
    c0 = madd(c0, value, v128.load(row));
    if (vectors > 1) c1 = madd(c1, value, v128.load(row, 16));
    if (vectors > 2) c2 = madd(c2, value, v128.load(row, 32));
    if (vectors > 3) c3 = madd(c3, value, v128.load(row, 48));
    if (vectors > 4) c4 = madd(c4, value, v128.load(row, 64));
    if (vectors > 5) c5 = madd(c5, value, v128.load(row, 80));
    if (vectors > 6) c6 = madd(c6, value, v128.load(row, 96));
    if (vectors > 7) c7 = madd(c7, value, v128.load(row, 112));
    if (vectors > 8) c8 = madd(c8, value, v128.load(row, 128));
    if (vectors > 9) c9 = madd(c9, value, v128.load(row, 144));
    if (vectors > 10) c10 = madd(c10, value, v128.load(row, 160));
    if (vectors > 11) c11 = madd(c11, value, v128.load(row, 176));
  }
  const scale = f32x4.splat(factor);
  finish(0, vectors, c, c0, scale, left, add);
  finish(1, vectors, c, c1, scale, left, add);
  finish(2, vectors, c, c2, scale, left, add);
  finish(3, vectors, c, c3, scale, left, add);
  finish(4, vectors, c, c4, scale, left, add);
  finish(5, vectors, c, c5, scale, left, add);
  finish(6, vectors, c, c6, scale, left, add);
  finish(7, vectors, c, c7, scale, left, add);
  finish(8, vectors, c, c8, scale, left, add);
  finish(9, vectors, c, c9, scale, left, add);
  finish(10, vectors, c, c10, scale, left, add);
  finish(11, vectors, c, c11, scale, left, add);
}

/** Stores sum number `index`, if it is below `vectors`. */
// @ts-ignore: decorator
@inline
function finish(index: i32, vectors: i32, c: usize, sum: v128, scale: v128, left: i32, add: bool): void {
  if (index >= vectors) return;
  const to = c + (<usize>index << 4);
  const result = add ? madd(v128.load(to), sum, scale) : f32x4.mul(sum, scale);
  if (index == vectors - 1) storePart(to, result, left - (index << 2));
  else v128.store(to, result);
}

/** A multiple of 4 below which all columns of `bytes` (m x n, n >= 4) are zero. */
export function firstNonZeroColumn(bytes: usize, m: i32, n: i32): i32 {
  let j = 0;
  while (j + 8 <= n && !isNonZero(bytes + j, m, n)) j += 4;
  return j;
}

/** From here on all columns of `bytes` (m x n, n >= 4) are zero. */
export function endOfNonZeroColumns(bytes: usize, m: i32, n: i32): i32 {
  let j = n;
  while (j >= 8 && !isNonZero(bytes + j - 4, m, n)) j -= 4;
  return j;
}

/** Is something in the four columns not zero? */
function isNonZero(bytes: usize, m: i32, stride: i32): bool {
  let some = load<u32>(bytes);
  for (let i = 1; i < m; i++) some |= load<u32>((bytes += stride));
  return some != 0;
}
