import { COUNTERS, EVENT_LIST, EVENTS, WORDS } from './memory';
import { rounds, SECOND, STEP } from './random';
import { madd } from './vectors';

/** Spikes: mostly zeros, so that what is zero costs next to nothing. */

/**
 * out (m x n) = factor * a b, or added to it, for a (m x k) and b (k x n): for each nonzero value of a one row of b
 * is added.
 */
export function sparseProduct(
  out: usize, a: usize, b: usize, m: i32, n: i32, k: i32, factor: f32, accumulate: bool,
): void {
  const stride = <usize>n << 2;
  if (!accumulate) memory.fill(out, 0, <usize>m * stride);
  for (let i = 0; i < m; i++, a += <usize>k << 2, out += stride)
    for (let p = 0; p < k; p += EVENTS) {
      const found = listEvents(a + (<usize>p << 2), min(EVENTS, k - p), b + <usize>p * stride, stride, factor);
      addRows(out, n, found);
    }
}

/** out (m x n) = factor * a' b, or added to it, for a (k x m) and b (k x n). */
export function sparseOuterProduct(
  out: usize, a: usize, b: usize, m: i32, n: i32, k: i32, factor: f32, accumulate: bool,
): void {
  const stride = <usize>n << 2;
  if (!accumulate) memory.fill(out, 0, <usize>m * stride);
  for (let p = 0; p < k; p++, b += stride)
    for (let i = 0; i < m; i++, a += 4) {
      const value = load<f32>(a);
      if (value != 0) addRow(out + <usize>i * stride, b, n, factor * value);
    }
}

/** Lists the rows that belong to the nonzero values among `count`, and the values times factor; returns their number. */
function listEvents(a: usize, count: i32, row: usize, stride: usize, factor: f32): i32 {
  let at = EVENT_LIST;
  let i = 0;
  // 64 at a time: a loop whose end is hard to foresee is left once for all of them.
  for (; i + 64 <= count; i += 64, a += 256, row += stride << 6) {
    const low = nonzero16(a) | (nonzero16(a + 64) << 16);
    const high = nonzero16(a + 128) | (nonzero16(a + 192) << 16);
    let mask = <u64>low | (<u64>high << 32);
    while (mask != 0) {
      const lane = <usize>ctz(mask);
      store<u32>(at, <u32>(row + lane * stride));
      store<f32>(at, factor * load<f32>(a + (lane << 2)), EVENTS << 2);
      at += 4;
      mask &= mask - 1;
    }
  }
  for (; i < count; i++, a += 4, row += stride) {
    if (load<f32>(a) == 0) continue;
    store<u32>(at, <u32>row);
    store<f32>(at, factor * load<f32>(a), EVENTS << 2);
    at += 4;
  }
  return <i32>((at - EVENT_LIST) >> 2);
}

/** A bit for each of 16 values that is not zero. */
// @ts-ignore: decorator
@inline
function nonzero16(a: usize): u32 {
  const zero = f32x4.splat(0);
  const first = i16x8.narrow_i32x4_s(f32x4.ne(v128.load(a), zero), f32x4.ne(v128.load(a, 16), zero));
  const second = i16x8.narrow_i32x4_s(f32x4.ne(v128.load(a, 32), zero), f32x4.ne(v128.load(a, 48), zero));
  return <u32>i8x16.bitmask(i8x16.narrow_i16x8_s(first, second));
}

/** Adds the first `count` listed rows to out, four at a time. */
function addRows(out: usize, n: i32, count: i32): void {
  let at = EVENT_LIST;
  let i = 0;
  for (; i + 4 <= count; i += 4, at += 16) addFour(out, n, at);
  for (; i < count; i++, at += 4) addRow(out, load<u32>(at), n, load<f32>(at, EVENTS << 2));
}

function addFour(out: usize, n: i32, list: usize): void {
  const b0 = <usize>load<u32>(list), b1 = <usize>load<u32>(list, 4);
  const b2 = <usize>load<u32>(list, 8), b3 = <usize>load<u32>(list, 12);
  const values = list + (EVENTS << 2);
  const s0 = v128.load32_splat(values), s1 = v128.load32_splat(values, 4);
  const s2 = v128.load32_splat(values, 8), s3 = v128.load32_splat(values, 12);
  const vectorEnd = <usize>(n & ~3) << 2;
  const end = <usize>n << 2;
  let at: usize = 0;
  for (; at < vectorEnd; at += 16) {
    const low = madd(f32x4.mul(s0, v128.load(b0 + at)), s1, v128.load(b1 + at));
    const high = madd(f32x4.mul(s2, v128.load(b2 + at)), s3, v128.load(b3 + at));
    v128.store(out + at, f32x4.add(v128.load(out + at), f32x4.add(low, high)));
  }
  for (; at < end; at += 4) {
    const low = load<f32>(values) * load<f32>(b0 + at) + load<f32>(values, 4) * load<f32>(b1 + at);
    const high = load<f32>(values, 8) * load<f32>(b2 + at) + load<f32>(values, 12) * load<f32>(b3 + at);
    store<f32>(out + at, load<f32>(out + at) + (low + high));
  }
}

function addRow(out: usize, b: usize, n: i32, value: f32): void {
  const factor = f32x4.splat(value);
  const vectorEnd = <usize>(n & ~3) << 2;
  const end = <usize>n << 2;
  let at: usize = 0;
  for (; at < vectorEnd; at += 16)
    v128.store(out + at, madd(v128.load(out + at), factor, v128.load(b + at)));
  for (; at < end; at += 4) store<f32>(out + at, load<f32>(out + at) + value * load<f32>(b + at));
}

/**
 * One step of a causal convolution in time over `count` signals, in the transposed form of a filter: pending holds, for
 * each of the next `taps - 1` steps, what past inputs will contribute to it.
 */
export function convolve(out: usize, a: usize, kernel: usize, pending: usize, count: i32, taps: i32): void {
  const block = <usize>count << 2;
  const last = pending + <usize>(taps - 2) * block;
  if (taps == 1) {
    for (let i = 0; i < count; i++) store<f32>(out + (<usize>i << 2), load<f32>(kernel) * load<f32>(a + (<usize>i << 2)));
    return;
  }
  const vectorEnd = <usize>(count & ~3) << 2;
  let at: usize = 0;
  // Four vectors to a tap: it is loaded once for all of them.
  for (; at + 64 <= block; at += 64) {
    const x0 = v128.load(a + at), x1 = v128.load(a + at, 16);
    const x2 = v128.load(a + at, 32), x3 = v128.load(a + at, 48);
    let tap = kernel + 4;
    let p = pending + at;
    let t = v128.load32_splat(kernel);
    v128.store(out + at, madd(v128.load(p), t, x0));
    v128.store(out + at, madd(v128.load(p, 16), t, x1), 16);
    v128.store(out + at, madd(v128.load(p, 32), t, x2), 32);
    v128.store(out + at, madd(v128.load(p, 48), t, x3), 48);
    for (; p < last; p += block, tap += 4) {
      const next = p + block;
      t = v128.load32_splat(tap);
      v128.store(p, madd(v128.load(next), t, x0));
      v128.store(p, madd(v128.load(next, 16), t, x1), 16);
      v128.store(p, madd(v128.load(next, 32), t, x2), 32);
      v128.store(p, madd(v128.load(next, 48), t, x3), 48);
    }
    t = v128.load32_splat(tap);
    v128.store(p, f32x4.mul(t, x0));
    v128.store(p, f32x4.mul(t, x1), 16);
    v128.store(p, f32x4.mul(t, x2), 32);
    v128.store(p, f32x4.mul(t, x3), 48);
  }
  for (; at < vectorEnd; at += 16) {
    const x = v128.load(a + at);
    let tap = kernel + 4;
    let p = pending + at;
    v128.store(out + at, madd(v128.load(p), v128.load32_splat(kernel), x));
    for (; p < last; p += block, tap += 4)
      v128.store(p, madd(v128.load(p + block), v128.load32_splat(tap), x));
    v128.store(p, f32x4.mul(v128.load32_splat(tap), x));
  }
  for (; at < block; at += 4) {
    const x = load<f32>(a + at);
    let tap = kernel + 4;
    let p = pending + at;
    store<f32>(out + at, load<f32>(kernel) * x + load<f32>(p));
    for (; p < last; p += block, tap += 4) store<f32>(p, load<f32>(p + block) + load<f32>(tap) * x);
    store<f32>(p, load<f32>(tap) * x);
  }
}

/** Quads, 4 elements that share a counter, are drawn so many at a time. In lists they are known by 4 times their number. */
const QUADS: i32 = COUNTERS;
/** Where in the tensor each quad begins. */
const PLACES: usize = EVENT_LIST;
/** Quads that need a closer look, and their means: those in the tensor may have been overwritten. */
const UNSURE: usize = PLACES + 4 * QUADS;
const UNSURE_MEANS: usize = UNSURE + 4 * QUADS;

/** out = numbers of spikes, at most 8, with means from 0 to 0.5, see poissonCount in kernels/random.ts. out may be the means. */
export function poisson(out: usize, count: i32, step: i32, key0: i32, key1: i32, mean: usize): void {
  const size = <usize>count << 2;
  let end: usize = 0;
  let at: usize = 0;
  for (; at + 64 <= size; at += 64) {
    const a = v128.load(mean + at), b = v128.load(mean + at, 16);
    const c = v128.load(mean + at, 32), d = v128.load(mean + at, 48);
    if (!v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) {
      v128.store(out + at, a);
      v128.store(out + at, a, 16);
      v128.store(out + at, a, 32);
      v128.store(out + at, a, 48);
      continue;
    }
    end = listQuad(out, at, end, a, key0);
    end = listQuad(out, at + 16, end, b, key0);
    end = listQuad(out, at + 32, end, c, key0);
    end = listQuad(out, at + 48, end, d, key0);
    if (end > <usize>(QUADS - 4) << 2) {
      drawQuads(out, mean, end, step, key0, key1);
      end = 0;
    }
  }
  for (; at < size; at += 16) end = listQuad(out, at, end, v128.load(mean + at), key0);
  drawQuads(out, mean, end, step, key0, key1);
}

/** Lists a quad whose means are not all zero, without a branch; returns the end of the list. */
// @ts-ignore: decorator
@inline
function listQuad(out: usize, at: usize, end: usize, means: v128, key0: i32): usize {
  // The counts where all means are zero; a listed quad gets its own later.
  v128.store(out + at, means);
  store<u32>(PLACES + end, <u32>at);
  store<i32>(WORDS + end, <i32>(at >> 4) + key0);
  return end + (<usize>v128.any_true(means) << 2);
}

function drawQuads(out: usize, mean: usize, end: usize, step: i32, key0: i32, key1: i32): void {
  // A vector holds the words of four quads: what fills up the last one is drawn for nothing.
  const wordsEnd = WORDS + ((end + 15) & ~15);
  const second = i32x4.splat(step + key1);
  for (let at = WORDS; at < wordsEnd; at += 16) v128.store(at + SECOND, second);
  rounds(wordsEnd, key0, key1);
  let unsure: usize = 0;
  for (let quad: usize = 0; quad < end; quad += 4) {
    const place = <usize>load<u32>(PLACES + quad);
    const u = numbersOf(quad);
    const means = v128.load(mean + place);
    // 1 - e^-mean is above mean - mean^2 / 2, less a 2^-20th of the mean for rounding, and below the mean; the probability
    // of two spikes is below the difference of these. All of it times 2^24, as u is.
    const most = f32x4.mul(means, f32x4.splat(16777216));
    const least = f32x4.mul(means, f32x4.sub(f32x4.splat(16777200), f32x4.mul(means, f32x4.splat(8388608))));
    const spike = f32x4.lt(u, least);
    v128.store(out + place, v128.and(spike, f32x4.splat(1)));
    // Listed without a branch, which would often be predicted wrong.
    store<u32>(UNSURE + unsure, <u32>quad);
    v128.store(UNSURE_MEANS + 4 * unsure, means);
    const isUnsure = v128.or(f32x4.lt(u, f32x4.sub(most, least)), v128.xor(f32x4.lt(u, most), spike));
    unsure += <usize>v128.any_true(isUnsure) << 2;
  }
  for (let at: usize = 0; at < unsure; at += 4) {
    const quad = <usize>load<u32>(UNSURE + at);
    const u = f32x4.mul(numbersOf(quad), f32x4.splat(STEP));
    v128.store(out + <usize>load<u32>(PLACES + quad), counts(u, v128.load(UNSURE_MEANS + 4 * at)));
  }
}

/** The uniform numbers of a quad, times 2^24: the upper 24 bits of the words of poissonWord in kernels/random.ts. */
// @ts-ignore: decorator
@inline
function numbersOf(quad: usize): v128 {
  const words = v128.load_lane<u32>(WORDS + quad + SECOND, v128.load32_zero(WORDS + quad), 1);
  return f32x4.convert_i32x4_s(v128.swizzle(words, i8x16(1, 2, 3, -1, 7, 0, 1, -1, 5, 6, 7, -1, 3, 4, 5, -1)));
}

// @ts-ignore: decorator
@inline
function counts(u: v128, mean: v128): v128 {
  const one = f32x4.splat(1);
  // 1 - e^-mean as a series in Horner's form.
  let series = f32x4.sub(one, f32x4.mul(mean, f32x4.splat(<f32>1 / <f32>8)));
  series = f32x4.sub(one, f32x4.mul(f32x4.mul(mean, f32x4.splat(<f32>1 / <f32>7)), series));
  series = f32x4.sub(one, f32x4.mul(f32x4.mul(mean, f32x4.splat(<f32>1 / <f32>6)), series));
  series = f32x4.sub(one, f32x4.mul(f32x4.mul(mean, f32x4.splat(<f32>1 / <f32>5)), series));
  series = f32x4.sub(one, f32x4.mul(f32x4.mul(mean, f32x4.splat(<f32>1 / <f32>4)), series));
  series = f32x4.sub(one, f32x4.mul(f32x4.mul(mean, f32x4.splat(<f32>1 / <f32>3)), series));
  series = f32x4.sub(one, f32x4.mul(f32x4.mul(mean, f32x4.splat(<f32>1 / <f32>2)), series));
  let tail = f32x4.mul(mean, series);
  let probability = f32x4.mul(f32x4.sub(one, tail), mean);
  let count = v128.and(f32x4.lt(u, tail), one);
  tail = f32x4.sub(tail, probability);
  let hit = f32x4.lt(u, tail);
  for (let n = 2; n <= 8 && v128.any_true(hit); n++) {
    count = f32x4.add(count, v128.and(hit, one));
    probability = f32x4.div(f32x4.mul(probability, mean), f32x4.splat(<f32>n));
    tail = f32x4.sub(tail, probability);
    hit = f32x4.lt(u, tail);
  }
  return count;
}
