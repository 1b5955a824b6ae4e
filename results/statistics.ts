import { bisect, mean, sampleStandardDeviation } from 'simple-statistics';

/** Mean, spread and interval of a sample; what cannot be computed from so few values is null. */
export interface Spread {
  n: number;
  /** Null when n is 0. */
  mean: number | null;
  /** Standard deviation with n - 1 in the denominator; null when n < 2. */
  sd: number | null;
  /** 95 % confidence interval of the mean, mean ± t(0.975, n - 1) sd / √n; null when n < 2. */
  ci95: [number, number] | null;
}

/**
 * Summary of independent values, such as the test errors of several seeds. The interval is Student's: it assumes
 * that the values scatter normally. It is not clipped to the range in which the quantity makes sense.
 */
export function summarize(values: readonly number[]): Spread {
  const n = values.length;
  if (n === 0) return { n, mean: null, sd: null, ci95: null };
  const centre = mean(values);
  if (n === 1) return { n, mean: centre, sd: null, ci95: null };
  const sd = sampleStandardDeviation([...values]);
  const half = (tQuantile(0.975, n - 1) * sd) / Math.sqrt(n);
  return { n, mean: centre, sd, ci95: [centre - half, centre + half] };
}

/**
 * Summary of `values - reference`, pair by pair, over the seeds that both hold. Runs of one seed share initial
 * weights and batch order, so their difference scatters less than the runs do.
 */
export function pairedDifference(
  values: ReadonlyMap<number, number>,
  reference: ReadonlyMap<number, number>,
): Spread {
  const differences: number[] = [];
  for (const [seed, value] of values) {
    const other = reference.get(seed);
    if (other !== undefined) differences.push(value - other);
  }
  return summarize(differences);
}

/**
 * Quantile of Student's t distribution: the t below which a share `probability` lies.
 *
 * @param probability strictly between 0 and 1
 * @param degreesOfFreedom a whole number from 1
 * @throws RangeError outside these ranges
 */
export function tQuantile(probability: number, degreesOfFreedom: number): number {
  if (!(probability > 0 && probability < 1)) throw new RangeError('probability must lie between 0 and 1');
  if (!(Number.isInteger(degreesOfFreedom) && degreesOfFreedom >= 1)) {
    throw new RangeError('degreesOfFreedom must be a whole number from 1');
  }
  if (probability < 0.5) return -tQuantile(1 - probability, degreesOfFreedom);
  const central = 2 * probability - 1;
  if (central === 0) return 0;
  // Bisection runs over the angle, not over t: its range is finite, and no starting value can fail.
  const angle = bisect(
    (theta: number) => centralProbability(theta, degreesOfFreedom) - central,
    0,
    Math.PI / 2,
    100,
    1e-15,
  );
  return Math.sqrt(degreesOfFreedom) * Math.tan(angle);
}

/**
 * P(|T| <= t) with t = √ν tan θ, for a whole number ν of degrees of freedom: the finite sums of Abramowitz & Stegun
 * 1964, Handbook of Mathematical Functions, 26.7.3 (odd ν) and 26.7.4 (even ν). All terms are positive.
 */
function centralProbability(theta: number, degreesOfFreedom: number): number {
  const sin = Math.sin(theta);
  const cos = Math.cos(theta);
  const odd = degreesOfFreedom % 2 === 1;
  let term = odd ? cos : 1;
  let sum = 0;
  for (let k = odd ? 3 : 2; k <= degreesOfFreedom; k += 2) {
    sum += term;
    term *= ((k - 1) / k) * cos * cos;
  }
  return odd ? (2 / Math.PI) * (theta + sin * sum) : sin * sum;
}
