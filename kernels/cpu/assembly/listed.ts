import { PACKED_B } from './memory';
import { packTile } from './packing';
import { madd, storePart } from './vectors';

/**
 * Products whose left operand has many zeros: its nonzero values are listed first, as entries of 8 bytes, the place of a
 * value in its row or column (u32) and the value. Each row or column is cut into pieces of PIECE places; the first pieces of
 * all come first. The number of entries (u32) before a piece is its start; there is one start more than there are pieces.
 */

export const ENTRY: usize = 8;

/**
 * Sums of a tile, all in registers, of which V8 has 15 for vectors. V8 in Node 20 does all loads of a step first, so that
 * seven sums, seven loads and the value are what fits. V8 in the releases with relaxed SIMD loads where the value is used;
 * there 12 sums run 1.1 times as fast as seven.
 */
export const WIDEST: i32 = ASC_FEATURE_RELAXED_SIMD ? 12 : 7;

/** A tile of so many rows of the right operand takes 30 KB of the first-level cache, whole lines counted. A multiple of 64. */
export const PIECE: i32 = ASC_FEATURE_RELAXED_SIMD ? 128 : 192;
/** Bytes of a packed row of a tile. */
export const TILE: usize = <usize>WIDEST << 4;
/** A tile of the right operand is copied if its rows are used more often than that on average. */
const USES_TO_PACK: i32 = 32;
/** A right operand of so many values stays in the first-level cache, whatever the order. */
const SMALL: i32 = 4096;

/** What becomes of a sum: it is stored; it is added to what is there; it goes on from what is there, and is stored. */
export const SET: i32 = 0;
export const ADD: i32 = 1;
export const RESUME: i32 = 2;

export function piecesOf(places: i32): i32 {
  return (places + PIECE - 1) / PIECE;
}

/** Lists the values, byte times scale, of each row of `bytes` (m x n) that are not zero. */
export function listRows(starts: usize, entries: usize, bytes: usize, m: i32, n: i32, scale: f32): void {
  let at = entries;
  store<u32>(starts, 0);
  for (let j = 0; j < n; j += PIECE)
    for (let i = 0; i < m; i++) {
      at = listPiece(at, bytes + <usize>i * n, j, min(j + PIECE, n), scale);
      starts += 4;
      store<u32>(starts, <u32>((at - entries) / ENTRY));
    }
}

/** Places j to n of a row. */
function listPiece(at: usize, bytes: usize, j: i32, n: i32, scale: f32): usize {
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
    if (left >= WIDEST << 2) wholeTile(c, from, end, b, stride, factor, add ? ADD : SET);
    else lastTile(c, from, end, b, stride, left, factor, add ? ADD : SET);
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

/** Lists each of the n columns from the lists of the m rows. `starts` has room for two more than there are pieces. */
export function listColumns(starts: usize, entries: usize, rowStarts: usize, rowEntries: usize, m: i32, n: i32): void {
  const lists = n * piecesOf(m);
  memory.fill(starts, 0, (<usize>lists + 2) << 2);
  // Counted two places further on, so that after the sums below starts[p + 1] is where piece p begins, and, moved on with
  // every entry, in the end where piece p + 1 does.
  let row = rowStarts;
  for (let j = 0; j < n; j += PIECE)
    for (let i = 0; i < m; i++, row += 4) {
      const counts = starts + (<usize>(i / PIECE * n) << 2);
      const end = startOf(row + 4, rowEntries);
      for (let at = startOf(row, rowEntries); at < end; at += ENTRY) {
        const count = counts + (<usize>load<u32>(at) << 2);
        store<u32>(count, load<u32>(count, 8) + 1, 8);
      }
    }
  let total: u32 = 0;
  for (let p = 0; p < lists; p++) {
    const at = starts + (<usize>p << 2);
    total += load<u32>(at, 8);
    store<u32>(at, total, 8);
  }
  row = rowStarts;
  for (let j = 0; j < n; j += PIECE)
    for (let i = 0; i < m; i++, row += 4) {
      const cursors = starts + (<usize>(i / PIECE * n) << 2);
      const end = startOf(row + 4, rowEntries);
      for (let at = startOf(row, rowEntries); at < end; at += ENTRY) {
        const cursor = cursors + (<usize>load<u32>(at) << 2);
        const place = load<u32>(cursor, 4);
        const to = entries + <usize>place * ENTRY;
        store<i32>(to, i);
        store<f32>(to, load<f32>(at, 4), 4);
        store<u32>(cursor, place + 1, 4);
      }
    }
}

// @ts-ignore: decorator
@inline
function startOf(starts: usize, entries: usize): usize {
  return entries + <usize>load<u32>(starts) * ENTRY;
}

/** out (m x n) = factor * a b, or added to it, where the lists are the m rows of a, and their entries name the k rows of b. */
export function listedProduct(
  out: usize, starts: usize, entries: usize, b: usize, m: i32, n: i32, k: i32, factor: f32, accumulate: bool,
): void {
  if (k <= PIECE && k * n <= SMALL) rowAfterRow(out, starts, entries, b, m, n, factor, accumulate);
  else tileAfterTile(out, starts, entries, b, m, n, k, factor, accumulate);
}

function rowAfterRow(
  out: usize, starts: usize, entries: usize, b: usize, m: i32, n: i32, factor: f32, accumulate: bool,
): void {
  const stride = <usize>n << 2;
  for (let i = 0; i < m; i++, starts += 4, out += stride) {
    const from = startOf(starts, entries);
    const end = startOf(starts + 4, entries);
    if (from < end || !accumulate) listedRow(out, from, end, b, n, stride, factor, accumulate);
  }
}

/** A tile of columns is done for all rows before the next one, a piece at a time, so that its part of b stays in the cache. */
function tileAfterTile(
  out: usize, starts: usize, entries: usize, b: usize, m: i32, n: i32, k: i32, factor: f32, accumulate: bool,
): void {
  const stride = <usize>n << 2;
  const pieces = piecesOf(k);
  const pack = <i32>load<u32>(starts + (<usize>(m * pieces) << 2)) > k * USES_TO_PACK;
  for (let left = n; left > 0; left -= WIDEST << 2, out += TILE, b += TILE)
    for (let p = 0; p < pieces; p++) {
      const piece = starts + (<usize>(p * m) << 2);
      const mode = accumulate ? ADD : p == 0 ? SET : RESUME;
      const scale = accumulate || p == pieces - 1 ? factor : 1;
      const first = p * PIECE;
      if (pack) packTile(b + <usize>first * stride, stride, min(WIDEST, (left + 3) >> 2), TILE, min(PIECE, k - first));
      const right = pack ? PACKED_B - <usize>first * TILE : b;
      listedRows(out, stride, piece, piece + 4, entries, m, right, pack ? TILE : stride, left, scale, mode);
    }
}

/**
 * A tile of columns of m rows. `starts` and `ends`: the numbers of entries before and after the list of each row. `left`: the
 * columns from here on.
 */
export function listedRows(
  c: usize, cStride: usize, starts: usize, ends: usize, entries: usize, m: i32,
  b: usize, stride: usize, left: i32, factor: f32, mode: i32,
): void {
  for (let i = 0; i < m; i++, c += cStride, starts += 4, ends += 4) {
    const from = startOf(starts, entries);
    const end = startOf(ends, entries);
    if (mode == ADD && from == end) continue;
    if (left >= WIDEST << 2) wholeTile(c, from, end, b, stride, factor, mode);
    else lastTile(c, from, end, b, stride, left, factor, mode);
  }
}

/** WIDEST vectors. In one function with the other loops, V8 makes slower code of this one. */
function wholeTile(c: usize, from: usize, end: usize, b: usize, stride: usize, factor: f32, mode: i32): void {
  sums(WIDEST, c, from, end, b, stride, WIDEST << 2, factor, mode);
}

/** What is `left` of a row of the result, in columns: at most WIDEST vectors. */
function lastTile(
  c: usize, from: usize, end: usize, b: usize, stride: usize, left: i32, factor: f32, mode: i32,
): void {
  const vectors = (left + 3) >> 2;
  if (WIDEST > 7 && vectors > 7) {
    if (vectors > 11) sums(12, c, from, end, b, stride, left, factor, mode);
    else if (vectors == 11) sums(11, c, from, end, b, stride, left, factor, mode);
    else if (vectors == 10) sums(10, c, from, end, b, stride, left, factor, mode);
    else if (vectors == 9) sums(9, c, from, end, b, stride, left, factor, mode);
    else sums(8, c, from, end, b, stride, left, factor, mode);
  } else if (vectors > 6) sums(7, c, from, end, b, stride, left, factor, mode);
  else if (vectors == 6) sums(6, c, from, end, b, stride, left, factor, mode);
  else if (vectors == 5) sums(5, c, from, end, b, stride, left, factor, mode);
  else if (vectors == 4) sums(4, c, from, end, b, stride, left, factor, mode);
  else if (vectors == 3) sums(3, c, from, end, b, stride, left, factor, mode);
  else if (vectors == 2) sums(2, c, from, end, b, stride, left, factor, mode);
  else sums(1, c, from, end, b, stride, left, factor, mode);
}

/** As many sums over the list as `vectors`, a constant, says; of the last one only some lanes may be columns. */
// @ts-ignore: decorator
@inline
function sums(
  vectors: i32, c: usize, from: usize, end: usize, b: usize, stride: usize, left: i32, factor: f32, mode: i32,
): void {
  let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0, c8 = c0, c9 = c0, c10 = c0, c11 = c0;
  if (mode == RESUME) {
    c0 = v128.load(c);
    if (vectors > 1) c1 = v128.load(c, 16);
    if (vectors > 2) c2 = v128.load(c, 32);
    if (vectors > 3) c3 = v128.load(c, 48);
    if (vectors > 4) c4 = v128.load(c, 64);
    if (vectors > 5) c5 = v128.load(c, 80);
    if (vectors > 6) c6 = v128.load(c, 96);
    if (vectors > 7) c7 = v128.load(c, 112);
    if (vectors > 8) c8 = v128.load(c, 128);
    if (vectors > 9) c9 = v128.load(c, 144);
    if (vectors > 10) c10 = v128.load(c, 160);
    if (vectors > 11) c11 = v128.load(c, 176);
  }
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
  finish(0, vectors, c, c0, scale, left, mode);
  finish(1, vectors, c, c1, scale, left, mode);
  finish(2, vectors, c, c2, scale, left, mode);
  finish(3, vectors, c, c3, scale, left, mode);
  finish(4, vectors, c, c4, scale, left, mode);
  finish(5, vectors, c, c5, scale, left, mode);
  finish(6, vectors, c, c6, scale, left, mode);
  finish(7, vectors, c, c7, scale, left, mode);
  finish(8, vectors, c, c8, scale, left, mode);
  finish(9, vectors, c, c9, scale, left, mode);
  finish(10, vectors, c, c10, scale, left, mode);
  finish(11, vectors, c, c11, scale, left, mode);
}

/** Stores sum number `index`, if it is below `vectors`. */
// @ts-ignore: decorator
@inline
function finish(index: i32, vectors: i32, c: usize, sum: v128, scale: v128, left: i32, mode: i32): void {
  if (index >= vectors) return;
  const to = c + (<usize>index << 4);
  const result = mode == ADD ? madd(v128.load(to), sum, scale) : f32x4.mul(sum, scale);
  if (index == vectors - 1) storePart(to, result, left - (index << 2));
  else v128.store(to, result);
}
