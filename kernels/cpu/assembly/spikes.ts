import { nonzero16 } from './listed';
import { COUNTERS, EVENT_LIST, EVENTS, PACKED_B, WORDS } from './memory';
import { exponential, rounds, SECOND } from './random';
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

/** Offsets of the neurons that reach their next spike, so many at most before they are drawn. */
const SPIKING: usize = EVENT_LIST;
const MOST_SPIKING: usize = 2 * EVENTS;
/** Where in the list the vectors are with an interval that ends within the step: in the room of a product. */
const SHORT: usize = PACKED_B;
/** See laterPair in kernels/random.ts. */
const LATER_PAIR: i32 = 1 << 28;

/** See SpikesOp. What lies behind the tensors, up to a multiple of 64 bytes, is counted down as well, and means nothing. */
export function spikes(
  out: usize, untilSpike: usize, mean: usize, count: i32, step: i32, key0: i32, key1: i32,
): void {
  const size = <usize>count << 2;
  let listEnd = SPIKING;
  for (let at: usize = 0; at < size; at += 256) {
    // 64 at a time: a loop whose end is hard to foresee is left once for all of them.
    const end = min(at + 256, size);
    let mask: u64 = 0;
    for (let part = at; part < end; part += 64)
      mask |= <u64>countDown16(out + part, untilSpike + part, mean + part) << ((part - at) >> 2);
    if (end < at + 256) mask &= (<u64>1 << ((end - at) >> 2)) - 1;
    for (; mask != 0; mask &= mask - 1, listEnd += 4) store<u32>(listEnd, <u32>(at + (<usize>ctz(mask) << 2)));
    if (listEnd > SPIKING + ((MOST_SPIKING - 64) << 2)) {
      drawIntervals(out, untilSpike, listEnd, step, key0, key1);
      listEnd = SPIKING;
    }
  }
  drawIntervals(out, untilSpike, listEnd, step, key0, key1);
}

/** A bit for each of 16 neurons whose interval ends. */
// @ts-ignore: decorator
@inline
function countDown16(out: usize, untilSpike: usize, mean: usize): u32 {
  const first = i16x8.narrow_i32x4_s(
    countDown(out, untilSpike, mean), countDown(out + 16, untilSpike + 16, mean + 16),
  );
  const second = i16x8.narrow_i32x4_s(
    countDown(out + 32, untilSpike + 32, mean + 32), countDown(out + 48, untilSpike + 48, mean + 48),
  );
  return <u32>i8x16.bitmask(i8x16.narrow_i16x8_s(first, second));
}

/** A spike where an interval ends; it is none where none had begun. */
// @ts-ignore: decorator
@inline
function countDown(out: usize, untilSpike: usize, mean: usize): v128 {
  const zero = f32x4.splat(0);
  const before = v128.load(untilSpike);
  const rest = f32x4.sub(before, v128.load(mean));
  const ends = f32x4.le(rest, zero);
  v128.store(untilSpike, rest);
  v128.store(out, v128.and(v128.and(ends, f32x4.splat(1)), f32x4.ne(before, zero)));
  return ends;
}

/** The listed neurons go on until their next spikes lie after the step. */
function drawIntervals(
  out: usize, untilSpike: usize, listEnd: usize, step: i32, key0: i32, key1: i32,
): void {
  for (let pair = 0; listEnd > SPIKING; pair += LATER_PAIR)
    listEnd = drawPairs(out, untilSpike, listEnd, pair, step, key0, key1);
}

/** Two intervals at most for each listed neuron. Those that need more are listed anew; returns the end of their list. */
function drawPairs(
  out: usize, untilSpike: usize, listEnd: usize, pair: i32, step: i32, key0: i32, key1: i32,
): usize {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  let left = SPIKING;
  for (let list = SPIKING; list < listEnd; list += COUNTERS << 2) {
    const end = min(listEnd, list + (COUNTERS << 2));
    // What fills up the last vector is the last neuron again, which gets the same twice.
    for (let at = end; (at & 15) != 0; at += 4) store<u32>(at, load<u32>(end - 4));
    const wordsEnd = WORDS + ((end - list + 15) & ~15);
    for (let words = WORDS, place = list; words < wordsEnd; words += 16, place += 16) {
      v128.store(words, i32x4.add(i32x4.shr_u(v128.load(place), 2), i32x4.splat(pair + key0)));
      v128.store(words + SECOND, i32x4.splat(step + key1));
    }
    rounds(wordsEnd, key0, key1);
    let shortEnd = SHORT;
    for (let words = WORDS, place = list; words < wordsEnd; words += 16, place += 16) {
      const p0 = <usize>load<u32>(place), p1 = <usize>load<u32>(place, 4);
      const p2 = <usize>load<u32>(place, 8), p3 = <usize>load<u32>(place, 12);
      const rest = f32x4.add(gather(untilSpike, p0, p1, p2, p3), exponential(v128.load(words)));
      scatter(untilSpike, p0, p1, p2, p3, rest);
      // Listed without a branch, which would often be predicted wrong.
      store<u32>(shortEnd, <u32>(place - list));
      shortEnd += <usize>v128.any_true(f32x4.le(rest, zero)) << 2;
    }
    for (let short = SHORT; short < shortEnd; short += 4) {
      const offset = <usize>load<u32>(short);
      const place = list + offset;
      const p0 = <usize>load<u32>(place), p1 = <usize>load<u32>(place, 4);
      const p2 = <usize>load<u32>(place, 8), p3 = <usize>load<u32>(place, 12);
      const before = gather(untilSpike, p0, p1, p2, p3);
      const ends = f32x4.le(before, zero);
      const rest = f32x4.add(before, v128.and(ends, exponential(v128.load(WORDS + SECOND + offset))));
      const endsAgain = f32x4.le(rest, zero);
      const more = f32x4.add(v128.and(ends, one), v128.and(endsAgain, one));
      scatter(untilSpike, p0, p1, p2, p3, rest);
      scatter(out, p0, p1, p2, p3, f32x4.add(gather(out, p0, p1, p2, p3), more));
      for (let mask = i32x4.bitmask(endsAgain); mask != 0; mask &= mask - 1) {
        const at = place + (<usize>ctz(mask) << 2);
        if (at >= end) break;
        store<u32>(left, load<u32>(at));
        left += 4;
      }
    }
  }
  return left;
}

// @ts-ignore: decorator
@inline
function gather(from: usize, p0: usize, p1: usize, p2: usize, p3: usize): v128 {
  const two = v128.load_lane<u32>(from + p1, v128.load32_zero(from + p0), 1);
  return v128.load_lane<u32>(from + p3, v128.load_lane<u32>(from + p2, two, 2), 3);
}

// @ts-ignore: decorator
@inline
function scatter(to: usize, p0: usize, p1: usize, p2: usize, p3: usize, values: v128): void {
  v128.store_lane<u32>(to + p0, values, 0);
  v128.store_lane<u32>(to + p1, values, 1);
  v128.store_lane<u32>(to + p2, values, 2);
  v128.store_lane<u32>(to + p3, values, 3);
}
