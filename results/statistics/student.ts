import { bisect } from 'simple-statistics';

/**
 * Quantile of Student's t distribution (Student 1908): the t below which a share `probability` lies.
 *
 * @param probability strictly between 0 and 1
 * @param degreesOfFreedom a whole number from 1
 * @throws RangeError outside these ranges
 */
export function tQuantile(probability: number, degreesOfFreedom: number): number {
  if (!(probability > 0 && probability < 1)) throw new RangeError('probability must lie between 0 and 1');
  checkDegrees(degreesOfFreedom);
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
 * P(|T| >= |t|), the two-sided p of a t statistic.
 *
 * @param degreesOfFreedom a whole number from 1
 * @throws RangeError for other degrees of freedom
 */
export function twoSidedP(t: number, degreesOfFreedom: number): number {
  checkDegrees(degreesOfFreedom);
  const theta = Math.atan(Math.abs(t) / Math.sqrt(degreesOfFreedom));
  return Math.max(0, 1 - centralProbability(theta, degreesOfFreedom));
}

/** P(T >= t), the one-sided p of a t statistic. @throws RangeError as `twoSidedP` does */
export function upperP(t: number, degreesOfFreedom: number): number {
  const half = twoSidedP(t, degreesOfFreedom) / 2;
  return t >= 0 ? half : 1 - half;
}

function checkDegrees(degreesOfFreedom: number): void {
  if (!(Number.isInteger(degreesOfFreedom) && degreesOfFreedom >= 1))
    throw new RangeError('degreesOfFreedom must be a whole number from 1');
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
