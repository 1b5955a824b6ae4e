/**
 * Products whose left operand is mostly zeros and is used more than once: its nonzero values are listed first. A list
 * is a row of starts (u32, as numbers of entries, one more than there are lists) and entries of 8 bytes: the place of
 * a value in its list's row or column (u32), and the value.
 */

export const ENTRY: usize = 8;

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
  let j = 0;
  for (; j + 28 <= n; j += 28, c += 112, b += 112) tile28(c, from, end, b, stride, factor, add);
  for (; j + 16 <= n; j += 16, c += 64, b += 64) tile16(c, from, end, b, stride, factor, add);
  for (; j + 4 <= n; j += 4, c += 16, b += 16) tile4(c, from, end, b, stride, factor, add);
  for (; j < n; j++, c += 4, b += 4) tile1(c, from, end, b, stride, factor, add);
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
  let j = 0;
  for (; j < n; ) {
    const width = n - j >= 28 ? 28 : n - j >= 16 ? 16 : n - j >= 4 ? 4 : 1;
    const offset = <usize>j << 2;
    let c = out + offset;
    for (let i = 0; i < m; i++, c += stride) {
      const start = starts + (<usize>i << 2);
      const from = entries + <usize>load<u32>(start) * ENTRY;
      const end = entries + <usize>load<u32>(start, 4) * ENTRY;
      if (accumulate && from == end) continue;
      if (width == 28) tile28(c, from, end, b + offset, stride, factor, accumulate);
      else if (width == 16) tile16(c, from, end, b + offset, stride, factor, accumulate);
      else if (width == 4) tile4(c, from, end, b + offset, stride, factor, accumulate);
      else tile1(c, from, end, b + offset, stride, factor, accumulate);
    }
    j += width;
  }
}

// @ts-ignore: decorator
@inline
function finish(c: usize, sum: v128, factor: v128, add: bool): void {
  const scaled = f32x4.mul(sum, factor);
  v128.store(c, add ? f32x4.add(v128.load(c), scaled) : scaled);
}

/**
 * Seven sums: they, the loads of a step (which V8 all does first) and the value are what fits into its 15 vector registers.
 * With eight it runs at two thirds of the speed.
 */
function tile28(c: usize, from: usize, end: usize, b: usize, stride: usize, factor: f32, add: bool): void {
  let c0 = f32x4.splat(0), c1 = f32x4.splat(0), c2 = f32x4.splat(0), c3 = f32x4.splat(0);
  let c4 = f32x4.splat(0), c5 = f32x4.splat(0), c6 = f32x4.splat(0);
  for (; from < end; from += ENTRY) {
    const row = b + <usize>load<u32>(from) * stride;
    const value = v128.load32_splat(from, 4);
    c0 = f32x4.add(c0, f32x4.mul(value, v128.load(row)));
    c1 = f32x4.add(c1, f32x4.mul(value, v128.load(row, 16)));
    c2 = f32x4.add(c2, f32x4.mul(value, v128.load(row, 32)));
    c3 = f32x4.add(c3, f32x4.mul(value, v128.load(row, 48)));
    c4 = f32x4.add(c4, f32x4.mul(value, v128.load(row, 64)));
    c5 = f32x4.add(c5, f32x4.mul(value, v128.load(row, 80)));
    c6 = f32x4.add(c6, f32x4.mul(value, v128.load(row, 96)));
  }
  const scale = f32x4.splat(factor);
  finish(c, c0, scale, add);
  finish(c + 16, c1, scale, add);
  finish(c + 32, c2, scale, add);
  finish(c + 48, c3, scale, add);
  finish(c + 64, c4, scale, add);
  finish(c + 80, c5, scale, add);
  finish(c + 96, c6, scale, add);
}

function tile16(c: usize, from: usize, end: usize, b: usize, stride: usize, factor: f32, add: bool): void {
  let c0 = f32x4.splat(0), c1 = f32x4.splat(0), c2 = f32x4.splat(0), c3 = f32x4.splat(0);
  for (; from < end; from += ENTRY) {
    const row = b + <usize>load<u32>(from) * stride;
    const value = v128.load32_splat(from, 4);
    c0 = f32x4.add(c0, f32x4.mul(value, v128.load(row)));
    c1 = f32x4.add(c1, f32x4.mul(value, v128.load(row, 16)));
    c2 = f32x4.add(c2, f32x4.mul(value, v128.load(row, 32)));
    c3 = f32x4.add(c3, f32x4.mul(value, v128.load(row, 48)));
  }
  const scale = f32x4.splat(factor);
  finish(c, c0, scale, add);
  finish(c + 16, c1, scale, add);
  finish(c + 32, c2, scale, add);
  finish(c + 48, c3, scale, add);
}

function tile4(c: usize, from: usize, end: usize, b: usize, stride: usize, factor: f32, add: bool): void {
  let sum = f32x4.splat(0);
  for (; from < end; from += ENTRY) {
    const row = b + <usize>load<u32>(from) * stride;
    sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(from, 4), v128.load(row)));
  }
  finish(c, sum, f32x4.splat(factor), add);
}

function tile1(c: usize, from: usize, end: usize, b: usize, stride: usize, factor: f32, add: bool): void {
  let sum: f32 = 0;
  for (; from < end; from += ENTRY) sum += load<f32>(from, 4) * load<f32>(b + <usize>load<u32>(from) * stride);
  sum *= factor;
  store<f32>(c, add ? load<f32>(c) + sum : sum);
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
