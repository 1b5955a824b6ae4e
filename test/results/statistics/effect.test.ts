import { gammaln } from 'simple-statistics';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  chiSquareProbability,
  cohensDz,
  detectableDifference,
  tTestPower,
} from '../../../results/statistics/effect.ts';
import { tQuantile } from '../../../results/statistics/student.ts';
import { close, normals } from './samples.ts';

test("Cohen's d of pairs is their mean in standard deviations", () => {
  assert.is(cohensDz({ mean: -1, sd: 2 }), -0.5);
  assert.is(cohensDz({ mean: 1, sd: 0 }), null);
  assert.is(cohensDz({ mean: null, sd: null }), null);
});

test('powers are those of published programs', () => {
  // G*Power: d = 0.5, two-sided 5 %, 34 pairs.
  close(tTestPower(0.5 * Math.sqrt(34), tQuantile(0.975, 33), 33), 0.8077775, 1e-6);
  // The example of R's power.t.test: two groups of 20, d = 1.
  close(tTestPower(1 / Math.sqrt(2 / 20), tQuantile(0.975, 38), 38), 0.8689528, 1e-6);
});

test('without an effect, the power is the level', () => {
  for (const degrees of [4, 9, 30, 101, 999])
    for (const alpha of [0.05, 0.05 / 12])
      close(tTestPower(0, tQuantile(1 - alpha / 2, degrees), degrees), alpha, 1e-9, `${degrees}:`);
});

test('a χ² has its published quantiles, and its closed form for two degrees of freedom', () => {
  // NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.6.7.4, column 0.95.
  for (const [degrees, quantile] of [
    [1, 3.841],
    [2, 5.991],
    [3, 7.815],
    [10, 18.307],
    [99, 123.225],
  ] as const)
    close(chiSquareProbability(quantile, degrees), 0.95, 2e-5, `${degrees}:`);
  close(chiSquareProbability(3, 2), 1 - Math.exp(-1.5), 1e-15);
  // Where the exponential alone would vanish: the median is near the mean.
  close(chiSquareProbability(4999.333, 5000), 0.5, 1e-4);
  assert.is(chiSquareProbability(0, 3), 0);
});

/** P(|T| >= critical), by Simpson's rule over the density of the noncentral t's denominator. */
function integratedPower(delta: number, critical: number, degrees: number): number {
  const logScale = Math.log(2) + (degrees / 2) * Math.log(degrees / 2) - gammaln(degrees / 2);
  const steps = 4000;
  const end = 7;
  const width = end / steps;
  let sum = 0;
  for (let i = 0; i < steps; i++) {
    const s = i * width;
    const density = s ** (degrees - 1) * Math.exp(logScale - (degrees * s * s) / 2);
    const weight = i === 0 ? 1 : i % 2 === 1 ? 4 : 2;
    sum += weight * density * upper(critical * s - delta);
  }
  return (sum * width) / 3;
}

/** P(Z >= z), by Simpson's rule: coarse, and enough here. */
function upper(z: number): number {
  if (z > 8) return 0;
  if (z < -8) return 1;
  const steps = 200;
  const width = (8 - z) / steps;
  const density = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  let sum = density(z) + density(8);
  for (let i = 1; i < steps; i++) sum += (i % 2 === 1 ? 4 : 2) * density(z + i * width);
  return (sum * width) / 3;
}

test('what is detectable is shown with a power of 80 %, also by two or three pairs', () => {
  for (const n of [2, 3, 4, 5]) {
    const shift = detectableDifference(n, 1, 0.05) * Math.sqrt(n);
    close(integratedPower(shift, tQuantile(0.975, n - 1), n - 1), 0.8, 1e-6, `${n}:`);
  }
});

test('what is detectable shows in 80 % of simulated tests', () => {
  const normal = normals(11);
  for (const n of [2, 3, 5]) {
    const difference = detectableDifference(n, 1, 0.05);
    const critical = tQuantile(0.975, n - 1);
    let shown = 0;
    for (let trial = 0; trial < 4000; trial++) {
      const values = normal(n).map((value) => value + difference);
      const mean = values.reduce((sum, value) => sum + value, 0) / n;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
      if (Math.abs(mean) >= critical * Math.sqrt(variance / n)) shown++;
    }
    // The standard deviation of the share is 0.63 points.
    close(shown / 40, 80, 2.2, `${n}:`);
  }
});

test('it grows with the scatter and a stricter level, and shrinks with the pairs', () => {
  close(detectableDifference(5, 3, 0.05), 3 * detectableDifference(5, 1, 0.05), 1e-12);
  assert.ok(detectableDifference(5, 1, 0.01) > detectableDifference(5, 1, 0.05));
  assert.ok(detectableDifference(6, 1, 0.05) < detectableDifference(5, 1, 0.05));
});

test.run();
