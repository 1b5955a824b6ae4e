import { tQuantile, upperP } from './student.ts';

/** Two one-sided tests of equivalence. */
export interface EquivalenceTest {
  /** The larger p of the two: that the mean is at or below -margin, or at or above +margin. */
  p: number;
  /** 90 % interval of the mean: it lies within the margin where p is below 0.05. */
  ci90: [number, number];
}

/**
 * Whether a mean difference is smaller than a margin, in both directions (two one-sided tests; Schuirmann 1987, Journal of
 * Pharmacokinetics and Biopharmaceutics 15:657).
 *
 * @param differences n of 2 or more, their mean, and their standard deviation above 0
 * @param margin above 0, in the unit of the differences
 */
export function equivalenceTest(
  { n, mean, sd }: { readonly n: number; readonly mean: number; readonly sd: number },
  margin: number,
): EquivalenceTest {
  const error = sd / Math.sqrt(n);
  const above = upperP((mean + margin) / error, n - 1);
  const below = upperP((margin - mean) / error, n - 1);
  const half = tQuantile(0.95, n - 1) * error;
  return { p: Math.max(above, below), ci90: [mean - half, mean + half] };
}
