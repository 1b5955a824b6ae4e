import { linearRegression, median } from 'simple-statistics';

export { median };

/** Middle and ends of a list of measurements. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** @throws Error when there are none */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0) throw new Error('there is no spread of no values');
  return { median: median([...values]), low: Math.min(...values), high: Math.max(...values) };
}

/** Of the quotients of two measurements made in the same round. */
export function ratio(ours: readonly number[], theirs: readonly number[]): Spread {
  if (ours.length !== theirs.length)
    throw new Error(`${ours.length} and ${theirs.length} measurements are not of the same rounds`);
  return spread(ours.map((value, i) => value / theirs[i]!));
}

/** The p of y = c x^p by least squares of the logarithms. */
export function logSlope(points: readonly (readonly [x: number, y: number])[]): number {
  if (points.length < 2) throw new Error('a slope needs two points');
  return linearRegression(points.map(([x, y]) => [Math.log(x), Math.log(y)])).m;
}
