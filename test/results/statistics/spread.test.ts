import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { summarize } from '../../../results/statistics/spread.ts';
import { close, normals, samples } from './samples.ts';

test('a sample has the mean, sd and interval computed by hand', () => {
  // Mean 5, squared deviations 9 + 1 + 1 + 1 + 0 + 0 + 4 + 16 = 32 over n - 1 = 7; t(0.975, 7) = 2.365.
  const { n, mean, sd, ci95, bca95 } = summarize([2, 4, 4, 4, 5, 5, 7, 9]);
  assert.is(n, 8);
  close(mean!, 5, 1e-12);
  close(sd!, Math.sqrt(32 / 7), 1e-12);
  const half = (2.365 * Math.sqrt(32 / 7)) / Math.sqrt(8);
  close(ci95![0], 5 - half, 0.001);
  close(ci95![1], 5 + half, 0.001);
  // There are too few for a bootstrap.
  assert.is(bca95, null);
});

test('too few values have no spread', () => {
  assert.equal(summarize([]), { n: 0, mean: null, sd: null, ci95: null, bca95: null });
  assert.equal(summarize([4.2]), { n: 1, mean: 4.2, sd: null, ci95: null, bca95: null });
});

test('equal values have an interval of no width', () => {
  // The mean of three 0.1 is not 0.1, as it is rounded.
  assert.equal(summarize([0.1, 0.1, 0.1]), { n: 3, mean: 0.1, sd: 0, ci95: [0.1, 0.1], bca95: null });
  assert.is(summarize(Array(12).fill(0.1)).bca95, null);
});

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
  const normal = normals(1);
  for (const n of [2, 3, 5]) {
    let held = 0;
    for (let trial = 0; trial < 4000; trial++) {
      const [low, high] = summarize(normal(n)).ci95!;
      if (low <= 0 && 0 <= high) held++;
    }
    // The standard deviation of the share is 0.34 points; 1.2 points are 3.5 of them.
    close(held / 40, 95, 1.2, `n = ${n}:`);
  }
});

test.run();
