import { firstLanes, laneMax, laneSum, storePart } from './vectors';

/** Softmax of each row of a (m x n), after subtraction of the row's largest value. */
export function softmax(out: usize, a: usize, m: i32, n: i32): void {
  const rowBytes = <usize>n << 2;
  const lastLanes = firstLanes(((n - 1) & 3) + 1);
  for (let i = 0; i < m; i++, a += rowBytes, out += rowBytes) softmaxRow(out, a, n, lastLanes);
}

/** `lastLanes` marks the lanes of the row's last vector that belong to the row. */
function softmaxRow(out: usize, a: usize, n: i32, lastLanes: v128): void {
  const last = <usize>((n - 1) & ~3) << 2;
  const lastCount = n - <i32>(last >> 2);
  const lowest = f32x4.splat(-f32.POSITIVE_INFINITY);

  // A NaN may get lost here, but not in the sum below.
  let tops = v128.bitselect(v128.load(a + last), lowest, lastLanes);
  for (let at: usize = 0; at < last; at += 16) tops = f32x4.pmax(tops, v128.load(a + at));
  const top = f32x4.splat(laneMax(tops));

  const lastPowers = expOfNegative(f32x4.sub(v128.load(a + last), top));
  let sums = v128.and(lastPowers, lastLanes);
  for (let at: usize = 0; at < last; at += 16) {
    const powers = expOfNegative(f32x4.sub(v128.load(a + at), top));
    v128.store(out + at, powers);
    sums = f32x4.add(sums, powers);
  }
  const sum = f32x4.splat(laneSum(sums));
  for (let at: usize = 0; at < last; at += 16) v128.store(out + at, f32x4.div(v128.load(out + at), sum));
  storePart(out + last, f32x4.div(lastPowers, sum), lastCount);
}

/**
 * e^x for x <= 0 or NaN, to 1.04 units in the last place. The method and the coefficients are those of `exp` in
 * vector-math.ts, which makes the code of map functions.
 */
// @ts-ignore: decorator
@inline
function expOfNegative(x: v128): v128 {
  const limited = f32x4.pmax(x, f32x4.splat(-104));
  // Adding 1.5 * 2^23 leaves the nearest whole number in the low bits; 254 is twice the bias of an exponent.
  const rounding = f32x4.splat(12582912 + 254);
  const integer = f32x4.add(f32x4.mul(limited, f32x4.splat(1.44269504)), rounding);
  const n = f32x4.sub(integer, rounding);
  // ln 2 in two parts, the first with 16 bits, so that its product with n is exact.
  const high = f32x4.sub(limited, f32x4.mul(n, f32x4.splat(0.693145751953125)));
  const r = f32x4.sub(high, f32x4.mul(n, f32x4.splat(1.42860677e-6)));

  const r2 = f32x4.mul(r, r);
  const c23 = f32x4.add(f32x4.splat(0.499999981281), f32x4.mul(f32x4.splat(0.166665418223), r));
  const c45 = f32x4.add(f32x4.splat(0.0416672038352), f32x4.mul(f32x4.splat(0.00836676756911), r));
  const c456 = f32x4.add(c45, f32x4.mul(f32x4.splat(0.00138827187523), r2));
  const power = f32x4.add(f32x4.add(r, f32x4.mul(r2, f32x4.add(c23, f32x4.mul(c456, r2)))), f32x4.splat(1));

  // 2^n as two factors: n goes down to -150, which is more than one exponent holds.
  const half = i32x4.shr_u(integer, 1);
  const rest = i32x4.sub(integer, half);
  return f32x4.mul(f32x4.mul(power, i32x4.shl(half, 23)), i32x4.shl(rest, 23));
}
