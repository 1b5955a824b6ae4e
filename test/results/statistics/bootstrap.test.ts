import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bcaInterval, LEAST_FOR_BCA } from '../../../results/statistics/bootstrap.ts';
import { summarize } from '../../../results/statistics/spread.ts';
import { close, MAIZE, normals, SLEEP } from './samples.ts';

const SKEWED = [0.1, 0.2, 0.2, 0.3, 0.4, 0.5, 0.7, 1.1, 2, 4.5];

const sleep = SLEEP.second.map((value, i) => value - SLEEP.first[i]!);
/** Survival in days of seven mice (Efron & Tibshirani 1993, An Introduction to the Bootstrap, table 2.1). */
const MICE = [94, 197, 16, 38, 99, 141, 23];

test('without an expansion it is the interval from all resamples there are', () => {
  // From all multisets of n of the values with their multinomial weights, with a jackknife for the acceleration, computed by a
  // program of its own. The ends have a Monte Carlo error of some hundredths of the length.
  for (const [values, low, high] of [
    [SKEWED, 0.46, 2.35],
    [sleep, 1.05, 2.64],
    [MICE, 46.286, 138.286],
  ] as const) {
    const interval = bcaInterval(values, [0.025, 0.975]);
    close(interval[0], low, 0.05 * (high - low));
    close(interval[1], high, 0.05 * (high - low));
  }
});

test('the same values have the same interval', () => {
  const first = bcaInterval(SKEWED);
  bcaInterval(MAIZE);
  assert.equal(bcaInterval(SKEWED), first);
});

test('turning, shifting and scaling values does the same to the interval', () => {
  const [low, high] = bcaInterval(SKEWED);
  const [turnedLow, turnedHigh] = bcaInterval(SKEWED.map((value) => 5 - 2 * value));
  close(turnedLow, 5 - 2 * high, 1e-3);
  close(turnedHigh, 5 - 2 * low, 1e-3);
});

test('it reaches farther on the side of the long tail, and stays within the values', () => {
  const { mean, bca95, ci95 } = summarize(SKEWED);
  const [low, high] = bca95!;
  assert.ok(high - mean! > 1.3 * (mean! - low));
  assert.ok(low > ci95![0] && high > ci95![1]);
  assert.ok(low >= 0.1 && high <= 4.5);
});

test('there is none of fewer than ten values', () => {
  assert.is(summarize(SKEWED.slice(1)).bca95, null);
  assert.is(LEAST_FOR_BCA, 10);
});

test('about 95 % of the intervals of normal and of skewed samples hold the true mean', () => {
  const normal = normals(7);
  const square = (n: number) => normal(n).map((value) => value ** 2 - 1);
  // The standard deviation of the first share is 1.1 points; of squares thirty values do not know the tail.
  for (const [draw, n, trials, tolerance] of [
    [normal, 10, 400, 2],
    [square, 30, 200, 4],
  ] as const) {
    let held = 0;
    for (let trial = 0; trial < trials; trial++) {
      const [low, high] = bcaInterval(draw(n));
      if (low <= 0 && 0 <= high) held++;
    }
    close((100 * held) / trials, 95, tolerance, `${draw.name}, n = ${n}:`);
  }
});

test.run();
