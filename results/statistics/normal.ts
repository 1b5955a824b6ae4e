import { bisect } from 'simple-statistics';

/** Beyond it, a double no longer tells a probability from 0 or 1. */
const FARTHEST = 8.3;

/** Density of the standard normal distribution. */
export const normalDensity = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);

/**
 * P(Z <= z) of a standard normal Z, to 15 decimal places: the series of Marsaglia 2004, Journal of Statistical Software 11(4).
 * (simple-statistics has a table of four places.)
 */
export function normalProbability(z: number): number {
  if (Math.abs(z) > FARTHEST) return z > 0 ? 1 : 0;
  let term = z;
  let sum = z;
  for (let k = 3; Math.abs(term) > 1e-17 * Math.abs(sum); k += 2) {
    term *= (z * z) / k;
    sum += term;
  }
  return 0.5 + sum * normalDensity(z);
}

/** The z below which a standard normal variable lies with a probability; infinite for 0 and 1. */
export function normalQuantile(probability: number): number {
  if (probability <= 0) return Number.NEGATIVE_INFINITY;
  if (probability >= 1) return Number.POSITIVE_INFINITY;
  return bisect((z: number) => normalProbability(z) - probability, -FARTHEST, FARTHEST, 100, 1e-13);
}
