import { laneMax, laneSum, madd } from './vectors';

/**
 * Sums in a fixed order: blocks in float32, whose sums are added in float64. So the error does not grow with the
 * size of the tensor, and the loops run at the speed of float32.
 */

/** Elements of a block in a sum along memory; each of its 16 partial sums has 64 terms. */
const BLOCK: i32 = 1024;
/** Rows of a block in a sum of rows; each of its 2 partial sums has 32 terms. */
const ROW_BLOCK: i32 = 64;

/** `sum` with the term at `at`. */
// @ts-ignore: decorator
@inline
function addTerm(sum: v128, a: usize, b: usize, at: usize, product: bool): v128 {
  const value = v128.load(a + at);
  return product ? madd(sum, value, v128.load(b + at)) : f32x4.add(sum, value);
}

/** Sum of the values at a, or of their products with those at b; `product` is a constant. */
// @ts-ignore: decorator
@inline
function total(a: usize, b: usize, count: i32, product: bool): f64 {
  let sum: f64 = 0;
  let at: usize = 0;
  const vectorEnd = <usize>(count & ~3) << 2;
  while (at < vectorEnd) {
    const blockEnd = min(vectorEnd, at + (BLOCK << 2));
    let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
    for (; at + 64 <= blockEnd; at += 64) {
      s0 = addTerm(s0, a, b, at, product);
      s1 = addTerm(s1, a, b, at + 16, product);
      s2 = addTerm(s2, a, b, at + 32, product);
      s3 = addTerm(s3, a, b, at + 48, product);
    }
    for (; at < blockEnd; at += 16) s0 = addTerm(s0, a, b, at, product);
    sum += <f64>laneSum(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
  }
  for (; at < <usize>count << 2; at += 4) sum += <f64>(product ? load<f32>(a + at) * load<f32>(b + at) : load<f32>(a + at));
  return sum;
}

function sumOf(a: usize, count: i32): f64 {
  return total(a, 0, count, false);
}

/** out (1 x 1) = sum of a * b. */
export function dot(out: usize, a: usize, b: usize, count: i32): void {
  store<f32>(out, <f32>total(a, b, count, true));
}

/** out (m x 1) = factor * the sum of each row of a (m x n), or added to it. */
export function sumOverColumns(out: usize, a: usize, m: i32, n: i32, factor: f32, accumulate: bool): void {
  for (let i = 0; i < m; i++, a += <usize>n << 2, out += 4) {
    const sum = factor * <f32>sumOf(a, n);
    store<f32>(out, accumulate ? load<f32>(out) + sum : sum);
  }
}

/** out (1 x n) = factor * the sum of the rows of a (m x n), or added to it. */
export function sumOverRows(out: usize, a: usize, m: i32, n: i32, factor: f32, accumulate: bool): void {
  const scale = f32x4.splat(factor);
  for (let j = 0; j < n; j += 4, a += 16, out += 16) {
    const sums = f32x4.mul(scale, sumOfFourColumns(a, <usize>n << 2, m));
    v128.store(out, accumulate ? f32x4.add(v128.load(out), sums) : sums);
  }
}

function sumOfFourColumns(a: usize, stride: usize, m: i32): v128 {
  let low = f64x2.splat(0), high = f64x2.splat(0);
  for (let i = 0; i < m; ) {
    const end = min(m, i + ROW_BLOCK);
    let even = f32x4.splat(0), odd = f32x4.splat(0);
    for (; i + 2 <= end; i += 2, a += stride << 1) {
      even = f32x4.add(even, v128.load(a));
      odd = f32x4.add(odd, v128.load(a + stride));
    }
    for (; i < end; i++, a += stride) even = f32x4.add(even, v128.load(a));
    const sums = f32x4.add(even, odd);
    low = f64x2.add(low, f64x2.promote_low_f32x4(sums));
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(sums, sums, 2, 3, 0, 1)));
  }
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

/** out (m x 1) = column of the first largest value of each row of a (m x n); NaN if the row holds one. */
export function argmax(out: usize, a: usize, m: i32, n: i32): void {
  for (let i = 0; i < m; i++, a += <usize>n << 2, out += 4) {
    const top = largest(a, n);
    let column = 0;
    if (top == top) while (load<f32>(a + (<usize>column << 2)) != top) column++;
    store<f32>(out, top == top ? <f32>column : f32.NaN);
  }
}

function largest(a: usize, n: i32): f32 {
  let tops = f32x4.splat(-f32.POSITIVE_INFINITY);
  let j = 0;
  for (; j + 4 <= n; j += 4, a += 16) tops = f32x4.max(tops, v128.load(a));
  let top = laneMax(tops);
  for (; j < n; j++, a += 4) top = max<f32>(top, load<f32>(a));
  return top;
}
