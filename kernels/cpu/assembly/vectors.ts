/**
 * Whole vectors at the ends of tensors: loading some there reads up to 60 bytes past the tensor, which the arena allows
 * for. Storing one is allowed if its address is a multiple of 16 bytes from the start of the tensor, or 32 for a pair,
 * because the room of a tensor is a multiple of 64 bytes; else only a part may be stored.
 */

/**
 * sum + a b. Where the module is compiled with relaxed SIMD, the engine may round once (a fused multiply-add, wherever the
 * processor has one) instead of twice.
 */
// @ts-ignore: decorator
@inline
export function madd(sum: v128, a: v128, b: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, sum) : f32x4.add(sum, f32x4.mul(a, b));
}

/**
 * Does madd round once on this processor? For epsilon = 2^-13: (1 + epsilon) (1 - epsilon) = 1 - 2^-26 is 1 in float32.
 */
export function roundsOnce(epsilon: f32): bool {
  const rest = madd(f32x4.splat(-1), f32x4.splat(1 + epsilon), f32x4.splat(1 - epsilon));
  return f32x4.extract_lane(rest, 0) != 0;
}

/** All bits set in the first `count` lanes. */
// @ts-ignore: decorator
@inline
export function firstLanes(count: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}

/** Stores the first `count` lanes, 1 to 4. */
// @ts-ignore: decorator
@inline
export function storePart(to: usize, value: v128, count: i32): void {
  if (count >= 4) {
    v128.store(to, value);
    return;
  }
  v128.store_lane<f32>(to, value, 0);
  if (count > 1) v128.store_lane<f32>(to, value, 1, 4);
  if (count > 2) v128.store_lane<f32>(to, value, 2, 8);
}

/** Sum of the four lanes. */
// @ts-ignore: decorator
@inline
export function laneSum(v: v128): f32 {
  const pairs = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** Largest of the four lanes, NaN if one is NaN. */
// @ts-ignore: decorator
@inline
export function laneMax(v: v128): f32 {
  const pairs = f32x4.max(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return max<f32>(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}
