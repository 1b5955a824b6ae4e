import fc from 'fast-check';
import { gammaln } from 'simple-statistics';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { tQuantile, twoSidedP, upperP } from '../../../results/statistics/student.ts';
import { close } from './samples.ts';

// NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.6.7.2: columns 0.95, 0.975 and 0.995.
const PUBLISHED: [degrees: number, t95: number, t975: number, t995: number][] = [
  [1, 6.314, 12.706, 63.657],
  [2, 2.92, 4.303, 9.925],
  [3, 2.353, 3.182, 5.841],
  [4, 2.132, 2.776, 4.604],
  [5, 2.015, 2.571, 4.032],
  [9, 1.833, 2.262, 3.25],
  [10, 1.812, 2.228, 3.169],
  [30, 1.697, 2.042, 2.75],
  [100, 1.66, 1.984, 2.626],
];

test('t quantiles are the published ones', () => {
  for (const [degrees, t95, t975, t995] of PUBLISHED) {
    close(tQuantile(0.95, degrees), t95, 0.00051, `0.95, ${degrees}:`);
    close(tQuantile(0.975, degrees), t975, 0.00051, `0.975, ${degrees}:`);
    close(tQuantile(0.995, degrees), t995, 0.00051, `0.995, ${degrees}:`);
  }
});

test('t quantiles have their closed forms for 1, 2 and 4 degrees of freedom', () => {
  for (const p of [0.001, 0.025, 0.3, 0.5, 0.6, 0.9, 0.975, 0.9999]) {
    const one = Math.tan(Math.PI * (p - 0.5));
    close(tQuantile(p, 1), one, 1e-11 * (1 + one * one), `1 degree, p ${p}:`);
    const alpha = 4 * p * (1 - p);
    close(tQuantile(p, 2), 2 * (p - 0.5) * Math.sqrt(2 / alpha), 1e-9, `2 degrees, p ${p}:`);
    const root = Math.sqrt(alpha);
    const q = Math.cos(Math.acos(root) / 3) / root;
    close(
      tQuantile(p, 4),
      Math.sign(p - 0.5) * 2 * Math.sqrt(Math.max(0, q - 1)),
      1e-6,
      `4 degrees, p ${p}:`,
    );
  }
});

test('with many degrees of freedom the quantile is the normal one', () => {
  close(tQuantile(0.975, 1_000_000), 1.959963984540054, 1e-5);
});

test('the density integrates to the probability up to the quantile', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.double({ min: 0.5, max: 0.999, noNaN: true }),
      (df, p) => {
        const t = tQuantile(p, df);
        const logScale = gammaln((df + 1) / 2) - gammaln(df / 2) - 0.5 * Math.log(df * Math.PI);
        const density = (x: number) => Math.exp(logScale - ((df + 1) / 2) * Math.log1p((x * x) / df));
        close(0.5 + simpson((u) => density(Math.sinh(u)) * Math.cosh(u), Math.asinh(t)), p, 1e-8);
      },
    ),
    { numRuns: 60 },
  );
});

/** Simpson's rule from 0 to `end`. */
function simpson(f: (x: number) => number, end: number): number {
  const steps = 2000;
  const h = end / steps;
  let sum = f(0) + f(end);
  for (let i = 1; i < steps; i++) sum += (i % 2 === 1 ? 4 : 2) * f(i * h);
  return (sum * h) / 3;
}

test('quantiles are antisymmetric and grow with the probability', () => {
  const probability = fc.double({ min: 0.01, max: 0.99, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), probability, probability, (df, p, q) => {
      const t = tQuantile(p, df);
      close(tQuantile(1 - p, df), -t, 1e-8 * (1 + t * t));
      if (p < q) assert.ok(t <= tQuantile(q, df));
    }),
  );
});

test('a quantile outside its range is refused', () => {
  for (const p of [0, 1, -0.1, Number.NaN]) assert.throws(() => tQuantile(p, 3), /probability/);
  for (const df of [0, 1.5, Number.NaN]) assert.throws(() => tQuantile(0.9, df), /degreesOfFreedom/);
});

test('p are those of the quantiles, on one side and on two', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.double({ min: 0.5, max: 0.999, noNaN: true }),
      (df, p) => {
        const t = tQuantile(p, df);
        close(twoSidedP(t, df), 2 * (1 - p), 1e-9);
        close(twoSidedP(-t, df), 2 * (1 - p), 1e-9);
        close(upperP(t, df), 1 - p, 1e-9);
        close(upperP(-t, df), p, 1e-9);
      },
    ),
    { numRuns: 60 },
  );
  assert.throws(() => twoSidedP(1, 0), /degreesOfFreedom/);
});

test.run();
