import { COUNTERS, WORDS } from './memory';

/**
 * Random fills: Threefry-2x32 with 20 rounds. The counter and the distributions are those of
 * kernels/random.ts; uniform and bernoulli fills hold the same bits as there but for the rounding of a + b u.
 */

const UNIFORM: i32 = 0;
const NORMAL: i32 = 1;
const BERNOULLI: i32 = 2;

const PARITY: i32 = 0x1bd11bda;
/** 2^-24: the step of a uniform number. */
const STEP: f32 = 5.9604644775390625e-8;

/** out = low + range * u. */
export function uniform(out: usize, count: i32, step: i32, key0: i32, key1: i32, low: f32, range: f32): void {
  fill(out, count, step, key0, key1, UNIFORM, low, range, 0);
}

/** out = mean + deviation * z. */
export function normal(out: usize, count: i32, step: i32, key0: i32, key1: i32, mean: f32, deviation: f32): void {
  fill(out, count, step, key0, key1, NORMAL, mean, deviation, 0);
}

/** out = 1 where u is below the probability, else 0. out may be the probabilities. */
export function bernoulli(out: usize, count: i32, step: i32, key0: i32, key1: i32, probability: usize): void {
  fill(out, count, step, key0, key1, BERNOULLI, 0, 0, probability);
}

/** Distance between the first and the second word of a counter. */
export const SECOND: usize = COUNTERS << 2;

/** `distribution` is a constant, so that each exported function has a loop of its own. */
// @ts-ignore: decorator
@inline
function fill(
  out: usize, count: i32, step: i32, key0: i32, key1: i32, distribution: i32, a: f32, b: f32, probability: usize,
): void {
  const offset = f32x4.splat(a);
  const factor = f32x4.splat(b);
  for (let done = 0; done < count; done += 2 * COUNTERS) {
    const left = min(2 * COUNTERS, count - done);
    const end = WORDS + (<usize>((left + 7) >> 3) << 4);
    encrypt(end, done >> 1, step, key0, key1);
    if (distribution == NORMAL) toRadii(end);
    for (let at = WORDS; at < end; at += 16, out += 32) {
      // The first words belong to the even elements, the second words to the odd elements.
      let first = v128.load(at);
      let second = v128.load(at + SECOND);
      if (distribution == NORMAL) {
        const turn = i32x4.shr_u(second, 8);
        const quadrant = i32x4.shr_u(i32x4.add(turn, i32x4.splat(1 << 21)), 22);
        const angle = angleInQuadrant(turn, quadrant);
        const sine = sineNearZero(angle);
        const cosine = cosineNearZero(angle);
        const swapped = i32x4.eq(v128.and(quadrant, i32x4.splat(1)), i32x4.splat(1));
        const x = withSign(v128.bitselect(sine, cosine, swapped), i32x4.add(quadrant, i32x4.splat(1)));
        const y = withSign(v128.bitselect(cosine, sine, swapped), quadrant);
        second = f32x4.mul(first, y);
        first = f32x4.mul(first, x);
      } else {
        first = unitUniform(first);
        second = unitUniform(second);
      }
      let low = v128.shuffle<f32>(first, second, 0, 4, 1, 5);
      let high = v128.shuffle<f32>(first, second, 2, 6, 3, 7);
      if (distribution == BERNOULLI) {
        low = v128.and(f32x4.lt(low, v128.load(probability)), f32x4.splat(1));
        high = v128.and(f32x4.lt(high, v128.load(probability, 16)), f32x4.splat(1));
        probability += 32;
      } else {
        low = f32x4.add(offset, f32x4.mul(factor, low));
        high = f32x4.add(offset, f32x4.mul(factor, high));
      }
      v128.store(out, low);
      v128.store(out, high, 16);
    }
  }
}

/**
 * Puts the words of Threefry for the counters (pair, step), (pair + 1, step), ... from WORDS on to `end`. Four rounds
 * at a time go over all counters: the rounds of one counter wait for each other, those of many do not.
 */
function encrypt(end: usize, pair: i32, step: i32, key0: i32, key1: i32): void {
  const x1 = i32x4.splat(step + key1);
  let x0 = i32x4.add(i32x4(0, 1, 2, 3), i32x4.splat(pair + key0));
  for (let at = WORDS; at < end; at += 16) {
    v128.store(at, x0);
    v128.store(at + SECOND, x1);
    x0 = i32x4.add(x0, i32x4.splat(4));
  }
  rounds(end, key0, key1);
}

/** The rounds of Threefry on counters to which the key has been added, in place. */
export function rounds(end: usize, key0: i32, key1: i32): void {
  const key2 = key0 ^ key1 ^ PARITY;
  fourRounds(end, 13, 15, 26, 6, key1, key2 + 1);
  fourRounds(end, 17, 29, 16, 24, key2, key0 + 2);
  fourRounds(end, 13, 15, 26, 6, key0, key1 + 3);
  fourRounds(end, 17, 29, 16, 24, key1, key2 + 4);
  fourRounds(end, 13, 15, 26, 6, key2, key0 + 5);
}

// @ts-ignore: decorator
@inline
function fourRounds(end: usize, r0: i32, r1: i32, r2: i32, r3: i32, key0: i32, key1: i32): void {
  const k0 = i32x4.splat(key0);
  const k1 = i32x4.splat(key1);
  for (let at = WORDS; at < end; at += 16) {
    let x0 = v128.load(at);
    let x1 = v128.load(at + SECOND);
    x0 = i32x4.add(x0, x1);
    x1 = mix(x1, x0, r0);
    x0 = i32x4.add(x0, x1);
    x1 = mix(x1, x0, r1);
    x0 = i32x4.add(x0, x1);
    x1 = mix(x1, x0, r2);
    x0 = i32x4.add(x0, x1);
    x1 = mix(x1, x0, r3);
    v128.store(at, i32x4.add(x0, k0));
    v128.store(at + SECOND, i32x4.add(x1, k1));
  }
}

// @ts-ignore: decorator
@inline
function mix(x1: v128, x0: v128, rotation: i32): v128 {
  return v128.xor(rotate(x1, rotation), x0);
}

/** To the left; by whole bytes that is one instruction, a shuffle. */
// @ts-ignore: decorator
@inline
function rotate(x: v128, rotation: i32): v128 {
  if (rotation == 16) return v128.swizzle(x, i8x16(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
  if (rotation == 24) return v128.swizzle(x, i8x16(1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12));
  return v128.or(i32x4.shl(x, rotation), i32x4.shr_u(x, 32 - rotation));
}

// @ts-ignore: decorator
@inline
function unitUniform(word: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(word, 8)), f32x4.splat(STEP));
}

/** Replaces first words by the radii of Box and Muller. */
function toRadii(end: usize): void {
  for (let at = WORDS; at < end; at += 16) v128.store(at, normalRadius(i32x4.shr_u(v128.load(at), 8)));
}

/** Changes the sign of x where bit 1 of `quadrant` is set. */
// @ts-ignore: decorator
@inline
function withSign(x: v128, quadrant: v128): v128 {
  return v128.xor(x, i32x4.shl(v128.and(quadrant, i32x4.splat(2)), 30));
}

/**
 * sqrt(-2 ln((w + 1/2) 2^-24)) for whole numbers w of 24 bits. Near 1, the distance from 1 comes from the whole
 * numbers, because w + 1/2 has one bit more than float32 holds.
 */
// @ts-ignore: decorator
@inline
function normalRadius(w: v128): v128 {
  const t = i32x4.add(i32x4.shl(w, 1), i32x4.splat(1));
  const distance = fromRootOfHalf(f32x4.convert_i32x4_s(t));
  const exponent = i32x4.sub(i32x4.shr_s(distance, 23), i32x4.splat(25));
  const nearOne = f32x4.mul(f32x4.convert_i32x4_s(i32x4.sub(t, i32x4.splat(1 << 25))), f32x4.splat(STEP / 2));
  const f = v128.bitselect(nearOne, mantissaLess1(distance), i32x4.eq(exponent, i32x4.splat(0)));
  return f32x4.sqrt(f32x4.mul(logarithm(f, exponent), f32x4.splat(-2)));
}

/** Exponential numbers of mean 1: the bits of exponential in kernels/random.ts. */
// @ts-ignore: decorator
@inline
export function exponential(word: v128): v128 {
  const t = v128.or(i32x4.shr_u(word, 8), i32x4.splat(1));
  const distance = fromRootOfHalf(f32x4.convert_i32x4_s(t));
  const exponent = i32x4.sub(i32x4.shr_s(distance, 23), i32x4.splat(24));
  return f32x4.neg(logarithm(mantissaLess1(distance), exponent));
}

const ROOT_OF_HALF: f32 = 0.70710678;

/** Units in the last place from sqrt(1/2) to x: its upper bits are the k of x = 2^k (1 + f), with 1 + f from sqrt(1/2) to sqrt(2). */
// @ts-ignore: decorator
@inline
function fromRootOfHalf(x: v128): v128 {
  return i32x4.sub(x, f32x4.splat(ROOT_OF_HALF));
}

// @ts-ignore: decorator
@inline
function mantissaLess1(distance: v128): v128 {
  const mantissa = i32x4.add(v128.and(distance, i32x4.splat(0x7fffff)), f32x4.splat(ROOT_OF_HALF));
  return f32x4.sub(mantissa, f32x4.splat(1));
}

/** ln(2^exponent (1 + f)) = exponent ln 2 + ln(1 + f), with the series of logf in FreeBSD's msun. */
// @ts-ignore: decorator
@inline
function logarithm(f: v128, exponent: v128): v128 {
  const k = f32x4.convert_i32x4_s(exponent);
  const s = f32x4.div(f, f32x4.add(f, f32x4.splat(2)));
  const z = f32x4.mul(s, s);
  let series = f32x4.add(f32x4.splat(0.28498786688), f32x4.mul(z, f32x4.splat(0.24279078841)));
  series = f32x4.add(f32x4.splat(0.40000972152), f32x4.mul(z, series));
  series = f32x4.mul(z, f32x4.add(f32x4.splat(0.66666662693), f32x4.mul(z, series)));
  const halfSquare = f32x4.mul(f32x4.mul(f, f), f32x4.splat(0.5));
  const correction = f32x4.sub(f32x4.mul(s, f32x4.add(halfSquare, series)), halfSquare);
  return f32x4.add(f32x4.add(correction, f), f32x4.mul(k, f32x4.splat(0.69314718)));
}

/** 2 pi (w 2^-24 - quadrant / 4), from -pi/4 to pi/4. */
// @ts-ignore: decorator
@inline
function angleInQuadrant(w: v128, quadrant: v128): v128 {
  const rest = i32x4.sub(w, i32x4.shl(quadrant, 22));
  return f32x4.mul(f32x4.convert_i32x4_s(rest), f32x4.splat(<f32>(6.283185307179586 / 16777216)));
}

/** sin x for |x| <= pi/4, with the coefficients of sinf in Cephes (Moshier 1992). */
// @ts-ignore: decorator
@inline
function sineNearZero(x: v128): v128 {
  const z = f32x4.mul(x, x);
  let series = f32x4.add(f32x4.splat(8.3321608736e-3), f32x4.mul(z, f32x4.splat(-1.9515295891e-4)));
  series = f32x4.add(f32x4.splat(-1.6666654611e-1), f32x4.mul(z, series));
  return f32x4.add(x, f32x4.mul(f32x4.mul(x, z), series));
}

/** cos x for |x| <= pi/4, with the coefficients of cosf in Cephes. */
// @ts-ignore: decorator
@inline
function cosineNearZero(x: v128): v128 {
  const z = f32x4.mul(x, x);
  let series = f32x4.add(f32x4.splat(-1.388731625493765e-3), f32x4.mul(z, f32x4.splat(2.443315711809948e-5)));
  series = f32x4.add(f32x4.splat(4.166664568298827e-2), f32x4.mul(z, series));
  const upToSquare = f32x4.sub(f32x4.splat(1), f32x4.mul(z, f32x4.splat(0.5)));
  return f32x4.add(upToSquare, f32x4.mul(f32x4.mul(z, z), series));
}
