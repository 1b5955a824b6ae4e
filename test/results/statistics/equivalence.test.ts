import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { equivalenceTest } from '../../../results/statistics/equivalence.ts';
import { close, normals } from './samples.ts';

test("Lakens's example of pairs comes out", () => {
  // Lakens 2017, Social Psychological and Personality Science 8:355, and his package TOSTER: means 5.83 and 5.75, sd 1.17 and
  // 1.29, correlation 0.75, 65 pairs, a margin of 0.4 standard deviations of the differences: t(64) = 3.96 and -2.49, p = 0.008.
  const sd = Math.sqrt(1.17 ** 2 + 1.29 ** 2 - 2 * 0.75 * 1.17 * 1.29);
  const { p } = equivalenceTest({ n: 65, mean: 5.83 - 5.75, sd }, 0.4 * sd);
  close(p, 0.0077, 5e-5);
});

test('the side does not matter, and at the margin p is 1/2', () => {
  const [above, below] = [1, -1].map((mean) => equivalenceTest({ n: 6, mean, sd: 2 }, 3)) as [
    ReturnType<typeof equivalenceTest>,
    ReturnType<typeof equivalenceTest>,
  ];
  close(above.p, below.p, 1e-12);
  close(above.ci90[0], -below.ci90[1], 1e-12);
  close(equivalenceTest({ n: 6, mean: 3, sd: 2 }, 3).p, 0.5, 1e-12);
});

test('it is shown exactly where the 90 % interval is within the margin', () => {
  const normal = normals(5);
  for (let trial = 0; trial < 300; trial++) {
    const [mean, scale] = normal(2) as [number, number];
    const { p, ci90 } = equivalenceTest({ n: 4, mean, sd: Math.abs(scale) }, 1);
    assert.is(p < 0.05, ci90[0] > -1 && ci90[1] < 1);
  }
});

test.run();
