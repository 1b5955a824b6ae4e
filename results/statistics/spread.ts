import { mean, sampleStandardDeviation } from 'simple-statistics';
import { bcaInterval, LEAST_FOR_BCA } from './bootstrap.ts';
import { tQuantile } from './student.ts';

/** Mean, spread and intervals of a sample; what cannot be computed from so few values is null. */
export interface Spread {
  n: number;
  /** Null when n is 0. */
  mean: number | null;
  /** Standard deviation with n - 1 in the denominator; null when n < 2. */
  sd: number | null;
  /** 95 % confidence interval of the mean, mean ± t(0.975, n - 1) sd / √n; null when n < 2. */
  ci95: [number, number] | null;
  /** 95 % confidence interval of the mean by the BCa bootstrap; null when n < 10 or all values are the same. */
  bca95: [number, number] | null;
}

/**
 * Summary of independent values, such as the test errors of several seeds. The interval `ci95` is Student's: it assumes
 * that the values scatter normally. Intervals are not clipped to the range in which the quantity makes sense.
 */
export function summarize(values: readonly number[]): Spread {
  const spread = studentSpread(values);
  const isToResample = values.length >= LEAST_FOR_BCA && spread.sd !== 0;
  return { ...spread, bca95: isToResample ? bcaInterval(values) : null };
}

/** As `summarize`, without the bootstrap, which takes thousands of times as long. */
export function studentSpread(values: readonly number[]): Omit<Spread, 'bca95'> {
  const n = values.length;
  if (n < 2) return { n, mean: values[0] ?? null, sd: null, ci95: null };
  // The rounding of a mean would give equal values a spread.
  const areSame = values.every((value) => value === values[0]);
  const centre = areSame ? values[0]! : mean(values);
  const sd = areSame ? 0 : sampleStandardDeviation([...values]);
  const half = (tQuantile(0.975, n - 1) * sd) / Math.sqrt(n);
  return { n, mean: centre, sd, ci95: [centre - half, centre + half] };
}
