import { bisect } from 'simple-statistics';
import { normalDensity, normalProbability } from './normal.ts';
import { tQuantile } from './student.ts';

/**
 * Cohen's d for pairs, d_z: the mean of the differences divided by their standard deviation (Lakens 2013, Frontiers in Psychology
 * 4:863). Null where there is no spread.
 */
export const cohensDz = ({ mean, sd }: { mean: number | null; sd: number | null }): number | null =>
  mean === null || sd === null || sd === 0 ? null : mean / sd;

const POWER = 0.8;

/**
 * The smallest true mean difference that a paired t test would show, better or worse, in 80 of 100 repetitions with so many pairs
 * and so much scatter: the noncentral t distribution has that power there. The sd of few differences is itself uncertain, and so
 * is what follows from it.
 *
 * @param n pairs, from 2
 * @param sd of the differences
 * @param alpha level of the two-sided test
 * @returns in the unit of the differences
 */
export const detectableDifference = (n: number, sd: number, alpha: number): number =>
  (detectableShift(n, alpha) * sd) / Math.sqrt(n);

const shifts = new Map<string, number>();

/** In standard errors: the noncentrality. */
function detectableShift(n: number, alpha: number): number {
  const key = `${n} ${alpha}`;
  const known = shifts.get(key);
  if (known !== undefined) return known;
  const critical = tQuantile(1 - alpha / 2, n - 1);
  // With one degree of freedom, 80 of 100 need 1.3 times the critical value.
  const shift = bisect(
    (delta: number) => tTestPower(delta, critical, n - 1) - POWER,
    0,
    2 * critical + 2,
    100,
    1e-9 * critical,
  );
  shifts.set(key, shift);
  return shift;
}

/**
 * P(|T| >= critical) of a noncentral t: T = (Z + delta) / S with a standard normal Z, and S² a χ² divided by its degrees of freedom.
 *
 * @param degreesOfFreedom a whole number from 1
 */
export function tTestPower(delta: number, critical: number, degreesOfFreedom: number): number {
  // The mean over Z of P(S <= |Z + delta| / critical), by the trapezoidal rule: of smooth functions that vanish at both ends it is
  // exact to many digits as soon as its steps are shorter than what the functions are wide.
  const width = critical / Math.sqrt(2 * degreesOfFreedom);
  const step = Math.min(0.25, width / 2);
  let power = 0;
  for (let z = -FARTHEST; z <= FARTHEST; z += step)
    power +=
      step *
      normalDensity(z) *
      chiSquareProbability(degreesOfFreedom * ((z + delta) / critical) ** 2, degreesOfFreedom);
  return power;
}

const FARTHEST = 8;

/**
 * P(χ² <= x) for a whole number of degrees of freedom: the finite sums of Abramowitz & Stegun 1964, Handbook of Mathematical
 * Functions, 26.4.4 (odd) and 26.4.5 (even).
 */
export function chiSquareProbability(x: number, degreesOfFreedom: number): number {
  if (x <= 0) return 0;
  const odd = degreesOfFreedom % 2 === 1;
  let above = odd ? 2 * normalProbability(-Math.sqrt(x)) : 0;
  // Logarithms, since the exponential alone vanishes for many degrees of freedom.
  let logTerm = odd ? Math.log(2 * Math.sqrt(x)) + Math.log(normalDensity(0)) - x / 2 : -x / 2;
  for (let k = odd ? 3 : 2; k <= degreesOfFreedom; k += 2) {
    above += Math.exp(logTerm);
    logTerm += Math.log(x / k);
  }
  return 1 - above;
}
