import { SIGN_BIT, type Vector, type VectorGraph } from './vector-graph.ts';

/**
 * exp, log, tanh and sigmoid on four float32 lanes, without fused multiply-add and hence with the same bits on every
 * machine. Largest errors against float64 over all float32 arguments, in units in the last place of the result:
 * exp 1.04, log 0.84, tanh 2.61, sigmoid 2.41. Denormal arguments and results are among them.
 *
 * The coefficients are minimax fits (Remez algorithm) on the reduced ranges given below.
 */

/** (e^r - 1 - r) / r^2 = C2 + C3 r + ... for |r| <= ln(2) / 2; e^r - 1 has a relative error of 1.4e-8 from it. */
const [C2, C3, C4, C5, C6] = [
  0.499999981281, 0.166665418223, 0.0416672038352, 0.00836676756911, 0.00138827187523,
] as const;
/** (ln((1 + s) / (1 - s)) - 2 s) / s^3 as powers of s^2, for sqrt(1/2) <= (1 + s) / (1 - s) <= sqrt(2). */
const LOG_COEFFICIENTS = [0.666667765265, 0.399775208003, 0.298723502514];

/** ln 2 in two parts; the first has 16 bits, so that its product with an exponent is exact. */
const LN2_HIGH = 0.693145751953125;
const LN2_LOW = 1.42860677e-6;
/** Added to a float32 below 2^22 in size, it leaves the nearest whole number in the low bits of the sum. */
const ROUNDING = 1.5 * 2 ** 23;
const EXPONENT_BIAS = 127;
const MANTISSA_BITS = 23;
const SMALLEST_NORMAL = 2 ** -126;

/** c[0] + x (c[1] + x (c[2] + ...)) */
function polynomial(g: VectorGraph, x: Vector, coefficients: readonly number[]): Vector {
  return coefficients.map((c) => g.number(c)).reduceRight((total, c) => g.add(g.multiply(total, x), c));
}

/** NaN stays NaN, unlike with the limits as first operands. */
const atMost = (g: VectorGraph, x: Vector, limit: number): Vector =>
  g.apply('f32x4.pmin', x, g.number(limit));
const atLeast = (g: VectorGraph, x: Vector, limit: number): Vector =>
  g.apply('f32x4.pmax', x, g.number(limit));

/**
 * The whole number n nearest to x * factor, as a float32, and the sum whose lowest bits hold n + offset as an integer.
 */
function nearest(g: VectorGraph, x: Vector, factor: number, offset: number): { n: Vector; integer: Vector } {
  const rounding = g.number(ROUNDING + offset);
  const integer = g.add(g.multiply(x, g.number(factor)), rounding);
  return { n: g.subtract(integer, rounding), integer };
}

/** e^r - 1 for |r| <= ln(2) / 2. Estrin's order makes a shorter chain of dependent operations than Horner's. */
function reducedExpm1(g: VectorGraph, r: Vector): Vector {
  const r2 = g.multiply(r, r);
  const low = g.add(g.number(C2), g.multiply(g.number(C3), r));
  const middle = g.add(g.number(C4), g.multiply(g.number(C5), r));
  const high = g.add(middle, g.multiply(g.number(C6), r2));
  return g.add(r, g.multiply(r2, g.add(low, g.multiply(high, r2))));
}

/** x = n ln 2 + r with |r| <= ln(2) / 2 (Cody & Waite): e^r, and the sum whose lowest bits hold n + offset. */
function splitExp(g: VectorGraph, x: Vector, offset: number): { power: Vector; integer: Vector } {
  const { n, integer } = nearest(g, x, Math.LOG2E, offset);
  const high = g.subtract(x, g.multiply(n, g.number(LN2_HIGH)));
  const r = g.subtract(high, g.multiply(n, g.number(LN2_LOW)));
  return { power: g.add(reducedExpm1(g, r), g.number(1)), integer };
}

/** 2^k, where the lowest 9 bits of `biased` hold k + 127; what is above them is lost. */
const powerOfTwo = (g: VectorGraph, biased: Vector): Vector => g.shift('i32x4.shl', biased, MANTISSA_BITS);

/** e^x. Beyond the limits set to x the result is 0 or infinite. */
export function exp(g: VectorGraph, x: Vector): Vector {
  const limited = atLeast(g, atMost(g, x, 89), -104);
  // n runs from -150 to 128, more than the exponent of one float32 holds: 2^n is applied as two factors.
  const { power, integer } = splitExp(g, limited, 2 * EXPONENT_BIAS);
  const half = g.shift('i32x4.shr_u', integer, 1);
  const rest = g.apply('i32x4.sub', integer, half);
  return g.multiply(g.multiply(power, powerOfTwo(g, half)), powerOfTwo(g, rest));
}

/** e^x / (1 + e^x), where x is limited to 20: above, the result is 1. */
export function sigmoid(g: VectorGraph, x: Vector): Vector {
  const limited = atLeast(g, atMost(g, x, 20), -104);
  // n runs from -150 to 29: with 24 added, 2^n is a normal float32, and the exact factor 2^-24 makes denormals.
  const { power, integer } = splitExp(g, limited, EXPONENT_BIAS + 24);
  const e = g.multiply(g.multiply(power, powerOfTwo(g, integer)), g.number(2 ** -24));
  return g.divide(e, g.add(e, g.number(1)));
}

/** E / (E + 2) with E = e^(2 |x|) - 1, where |x| is limited to 10: from 9.02 on the result is 1. */
export function tanh(g: VectorGraph, x: Vector): Vector {
  const sign = g.apply('v128.and', x, g.bits(SIGN_BIT));
  const size = atMost(g, g.apply('v128.xor', x, sign), 10);
  const { n, integer } = nearest(g, size, 2 * Math.LOG2E, EXPONENT_BIAS);
  // ln 2 in float32 is off by 1.9e-9 and ends in three zero bits, so n ln 2 is exact up to n = 8; above, an error in
  // the exponent is divided by E.
  const r = g.subtract(g.add(size, size), g.multiply(n, g.number(Math.LN2)));
  const scale = powerOfTwo(g, integer);
  const e = g.add(g.multiply(scale, reducedExpm1(g, r)), g.subtract(scale, g.number(1)));
  return g.apply('v128.or', g.divide(e, g.add(e, g.number(2))), sign);
}

/**
 * x = 2^k (1 + f) with 1 + f from sqrt(1/2) to sqrt(2); ln(1 + f) = f - (f^2/2 - s (f^2/2 + R)) with s = f / (2 + f),
 * the form of logf in FreeBSD's msun.
 */
export function log(g: VectorGraph, x: Vector): Vector {
  const isDenormal = g.apply('f32x4.lt', x, g.number(SMALLEST_NORMAL));
  const normal = g.select(isDenormal, g.multiply(x, g.number(2 ** MANTISSA_BITS)), x);
  const rootOfHalf = g.number(Math.SQRT1_2);
  const distance = g.apply('i32x4.sub', normal, rootOfHalf);
  const added = g.apply('v128.and', isDenormal, g.bits(MANTISSA_BITS));
  const exponent = g.apply('i32x4.sub', g.shift('i32x4.shr_s', distance, MANTISSA_BITS), added);
  const mantissa = g.apply('v128.and', distance, g.bits(2 ** MANTISSA_BITS - 1));
  const k = g.apply('f32x4.convert_i32x4_s', exponent);
  const f = g.subtract(g.apply('i32x4.add', mantissa, rootOfHalf), g.number(1));

  const s = g.divide(f, g.add(f, g.number(2)));
  const z = g.multiply(s, s);
  const series = g.multiply(z, polynomial(g, z, LOG_COEFFICIENTS));
  const halfSquare = g.multiply(g.multiply(f, f), g.number(0.5));
  const correction = g.add(g.multiply(s, g.add(halfSquare, series)), g.multiply(k, g.number(LN2_LOW)));
  const small = g.add(g.subtract(correction, halfSquare), f);
  const result = g.add(small, g.multiply(k, g.number(LN2_HIGH)));

  const zero = g.number(0);
  const infinity = g.number(Number.POSITIVE_INFINITY);
  const isOrdinary = g.apply('v128.and', g.apply('f32x4.gt', x, zero), g.apply('f32x4.lt', x, infinity));
  // The root is what remains to be answered: infinite for infinity, NaN below zero and for NaN.
  const limit = g.select(
    g.apply('f32x4.eq', x, zero),
    g.number(Number.NEGATIVE_INFINITY),
    g.apply('f32x4.sqrt', x),
  );
  return g.select(isOrdinary, result, limit);
}
