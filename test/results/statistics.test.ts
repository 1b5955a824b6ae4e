import fc from 'fast-check';
import { gammaln } from 'simple-statistics';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { pairedDifference, summarize, tQuantile } from '../../results/index.ts';

const close = (actual: number, expected: number, tolerance: number, what = '') =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what} ${actual} is not ${expected} ± ${tolerance}`);

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

test('a sample has the mean, sd and interval computed by hand', () => {
  // Mean 5, squared deviations 9 + 1 + 1 + 1 + 0 + 0 + 4 + 16 = 32 over n - 1 = 7; t(0.975, 7) = 2.365.
  const { n, mean, sd, ci95 } = summarize([2, 4, 4, 4, 5, 5, 7, 9]);
  assert.is(n, 8);
  close(mean!, 5, 1e-12);
  close(sd!, Math.sqrt(32 / 7), 1e-12);
  const half = (2.365 * Math.sqrt(32 / 7)) / Math.sqrt(8);
  close(ci95![0], 5 - half, 0.001);
  close(ci95![1], 5 + half, 0.001);
});

test('too few values have no spread', () => {
  assert.equal(summarize([]), { n: 0, mean: null, sd: null, ci95: null });
  assert.equal(summarize([4.2]), { n: 1, mean: 4.2, sd: null, ci95: null });
});

test('equal values have an interval of no width', () => {
  assert.equal(summarize([3, 3, 3]), { n: 3, mean: 3, sd: 0, ci95: [3, 3] });
});

const samples = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 2, maxLength: 12 });

test('shifting and scaling a sample shifts and scales its summary', () => {
  const number = fc.integer({ min: -50, max: 50 });
  fc.assert(
    fc.property(samples, number, number, (values, scale, shift) => {
      const plain = summarize(values);
      const moved = summarize(values.map((value) => scale * value + shift));
      close(moved.mean!, scale * plain.mean! + shift, 1e-8);
      close(moved.sd!, Math.abs(scale) * plain.sd!, 1e-7);
      const width = (spread: typeof plain) => spread.ci95![1] - spread.ci95![0];
      close(width(moved), Math.abs(scale) * width(plain), 1e-5);
    }),
  );
});

test('about 95 % of the intervals of normal samples hold the true mean', () => {
  let state = 12345;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  let held = 0;
  for (let trial = 0; trial < 4000; trial++) {
    const [low, high] = summarize([normal(), normal(), normal()]).ci95!;
    if (low <= 0 && 0 <= high) held++;
  }
  // The standard deviation of the share is 0.34 points; 1.2 points are 3.5 of them.
  close(held / 40, 95, 1.2);
});

test('a paired difference is over the seeds of both', () => {
  const rule = new Map([
    [1, 6],
    [2, 7],
    [3, 9],
    [5, 50],
  ]);
  const reference = new Map([
    [4, 0],
    [3, 6],
    [2, 5],
    [1, 5],
  ]);
  // Differences 1, 2, 3.
  const { n, mean, sd, ci95 } = pairedDifference(rule, reference);
  assert.is(n, 3);
  close(mean!, 2, 1e-12);
  close(sd!, 1, 1e-12);
  close(ci95![0], 2 - 4.303 / Math.sqrt(3), 0.0005);
  close(ci95![1], 2 + 4.303 / Math.sqrt(3), 0.0005);
});

test('a paired difference to itself is zero, and swapping the sides turns its sign', () => {
  fc.assert(
    fc.property(samples, samples, (a, b) => {
      const left = new Map(a.map((value, seed) => [seed, value]));
      const right = new Map(b.map((value, seed) => [seed, value]));
      assert.is(pairedDifference(left, left).mean, 0);
      const there = pairedDifference(left, right);
      const back = pairedDifference(right, left);
      assert.is(there.n, Math.min(a.length, b.length));
      close(there.mean!, -back.mean!, 1e-9);
      close(there.ci95![0], -back.ci95![1], 1e-7);
    }),
  );
});

test('rules without a seed in common have no difference', () => {
  assert.equal(pairedDifference(new Map([[1, 5]]), new Map([[2, 5]])), {
    n: 0,
    mean: null,
    sd: null,
    ci95: null,
  });
});

test.run();
