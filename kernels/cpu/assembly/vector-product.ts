import { madd } from './vectors';

/** Products with a vector: every element of the matrix is used once, so that nothing is worth copying. */

/** out (1 x n) = factor * a b, for a (1 x k) and b (k x n). Four rows of b at a time, in the order of memory. */
export function rowVectorProduct(out: usize, a: usize, b: usize, n: i32, k: i32, factor: f32, accumulate: bool): void {
  const stride = <usize>n << 2;
  if (!accumulate) memory.fill(out, 0, stride);
  let p = 0;
  for (; p + 4 <= k; p += 4, a += 16, b += stride << 2)
    addFourRows(
      out, b, stride, n,
      factor * load<f32>(a), factor * load<f32>(a, 4), factor * load<f32>(a, 8), factor * load<f32>(a, 12),
    );
  for (; p < k; p++, a += 4, b += stride) addRow(out, b, n, factor * load<f32>(a));
}

function addFourRows(out: usize, b: usize, stride: usize, n: i32, a0: f32, a1: f32, a2: f32, a3: f32): void {
  const s0 = f32x4.splat(a0), s1 = f32x4.splat(a1), s2 = f32x4.splat(a2), s3 = f32x4.splat(a3);
  const b1 = b + stride, b2 = b1 + stride, b3 = b2 + stride;
  const vectorEnd = <usize>(n & ~3) << 2;
  let at: usize = 0;
  for (; at < vectorEnd; at += 16) {
    const low = madd(f32x4.mul(s0, v128.load(b + at)), s1, v128.load(b1 + at));
    const high = madd(f32x4.mul(s2, v128.load(b2 + at)), s3, v128.load(b3 + at));
    v128.store(out + at, f32x4.add(v128.load(out + at), f32x4.add(low, high)));
  }
  for (; at < stride; at += 4) {
    const low = a0 * load<f32>(b + at) + a1 * load<f32>(b1 + at);
    const high = a2 * load<f32>(b2 + at) + a3 * load<f32>(b3 + at);
    store<f32>(out + at, load<f32>(out + at) + (low + high));
  }
}

function addRow(out: usize, b: usize, n: i32, a0: f32): void {
  const s0 = f32x4.splat(a0);
  const vectorEnd = <usize>(n & ~3) << 2;
  const end = <usize>n << 2;
  let at: usize = 0;
  for (; at < vectorEnd; at += 16)
    v128.store(out + at, madd(v128.load(out + at), s0, v128.load(b + at)));
  for (; at < end; at += 4) store<f32>(out + at, load<f32>(out + at) + a0 * load<f32>(b + at));
}

/** out (m x 1) = factor * a b, for a (m x k) and b (k x 1). Four rows of a at a time share the loads of b. */
export function columnVectorProduct(out: usize, a: usize, b: usize, m: i32, k: i32, factor: f32, accumulate: bool): void {
  const stride = <usize>k << 2;
  let i = 0;
  for (; i + 4 <= m; i += 4, a += stride << 2, out += 16) {
    const sums = f32x4.mul(fourDots(a, stride, b, k), f32x4.splat(factor));
    v128.store(out, accumulate ? f32x4.add(v128.load(out), sums) : sums);
  }
  for (; i < m; i++, a += stride, out += 4) {
    const sum = factor * f32x4.extract_lane(fourDots(a, 0, b, k), 0);
    store<f32>(out, accumulate ? load<f32>(out) + sum : sum);
  }
}

/** The products of four rows, `stride` bytes apart, with the vector b. */
function fourDots(a: usize, stride: usize, b: usize, k: i32): v128 {
  const a1 = a + stride, a2 = a1 + stride, a3 = a2 + stride;
  let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
  const vectorEnd = <usize>(k & ~3) << 2;
  const end = <usize>k << 2;
  let at: usize = 0;
  for (; at < vectorEnd; at += 16) {
    const v = v128.load(b + at);
    s0 = madd(s0, v128.load(a + at), v);
    s1 = madd(s1, v128.load(a1 + at), v);
    s2 = madd(s2, v128.load(a2 + at), v);
    s3 = madd(s3, v128.load(a3 + at), v);
  }
  const low01 = v128.shuffle<f32>(s0, s1, 0, 4, 1, 5);
  const low23 = v128.shuffle<f32>(s2, s3, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(s0, s1, 2, 6, 3, 7);
  const high23 = v128.shuffle<f32>(s2, s3, 2, 6, 3, 7);
  let sums = f32x4.add(
    f32x4.add(v128.shuffle<f32>(low01, low23, 0, 1, 4, 5), v128.shuffle<f32>(low01, low23, 2, 3, 6, 7)),
    f32x4.add(v128.shuffle<f32>(high01, high23, 0, 1, 4, 5), v128.shuffle<f32>(high01, high23, 2, 3, 6, 7)),
  );
  for (; at < end; at += 4) {
    let column = v128.load32_zero(a + at);
    column = v128.load_lane<f32>(a1 + at, column, 1);
    column = v128.load_lane<f32>(a2 + at, column, 2);
    column = v128.load_lane<f32>(a3 + at, column, 3);
    sums = madd(sums, column, v128.load32_splat(b + at));
  }
  return sums;
}

/** out (m x n) = factor * a b, for a (m x 1) and b (1 x n). */
export function outerProduct(out: usize, a: usize, b: usize, m: i32, n: i32, factor: f32, accumulate: bool): void {
  const stride = <usize>n << 2;
  if (!accumulate) memory.fill(out, 0, <usize>m * stride);
  for (let i = 0; i < m; i++, a += 4, out += stride) addRow(out, b, n, factor * load<f32>(a));
}
