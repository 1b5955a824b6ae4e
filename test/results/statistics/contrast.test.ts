import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { contrastStatistics, pairedDifferences } from '../../../results/statistics/contrast.ts';
import { tQuantile } from '../../../results/statistics/student.ts';
import { close, MAIZE, normals, SLEEP, samples } from './samples.ts';

const one = (differences: readonly number[], judgement = {}) =>
  contrastStatistics([differences], { better: 'lower', ...judgement })[0]!;

const bySeed = (values: readonly number[]) => new Map(values.map((value, i) => [i + 1, value]));

test("Student's example comes out to six decimal places", () => {
  // R: t.test(extra ~ group, data = sleep, paired = TRUE).
  const differences = pairedDifferences(bySeed(SLEEP.first), bySeed(SLEEP.second));
  const { n, mean, sd, ci95, t, p, pHolm, dz, verdict } = one(differences);
  assert.is(n, 10);
  close(mean!, -1.58, 1e-12);
  close(sd!, 1.229995, 1e-6);
  close(t!, -4.062128, 1e-6);
  close(p!, 0.00283289, 1e-8);
  close(ci95![0], -2.4598858, 1e-7);
  close(ci95![1], -0.7001142, 1e-7);
  close(dz!, -1.284558, 1e-6);
  assert.is(pHolm, p);
  assert.is(verdict, 'better');
});

test("Fisher's example: the t test says 4.97 %, the permutation test 5.27 %", () => {
  const { t, p, permutation, verdict } = one(MAIZE);
  close(t!, 2.148, 5e-4);
  close(p!, 0.0497, 5e-5);
  close(permutation!.p, 0.0527, 5e-5);
  assert.is(verdict, 'worse');
});

test('the verdict follows from the side that is better', () => {
  const differences = [-1, -1.1, -0.9, -1];
  assert.is(one(differences).verdict, 'better');
  assert.is(one(differences, { better: 'higher' }).verdict, 'worse');
  assert.is(one(differences.map((value) => -value)).verdict, 'worse');
});

test('it is that of the adjusted p, for the number of declared contrasts', () => {
  // t = 3.46, p = 0.026 with 4 degrees of freedom.
  const differences = [-1, -2, -3, -4, -5].map((value) => value * 0.8 + 0.05);
  const { p, verdict } = one(differences);
  assert.ok(p! > 0.0125 && p! < 0.05, String(p));
  assert.is(verdict, 'better');
  const family = contrastStatistics([differences, [], [7], [3, -3, 1]], { better: 'lower' });
  close(family[0]!.pHolm!, 4 * p!, 1e-12);
  assert.is(family[0]!.verdict, 'not distinguishable');
  assert.ok(family[0]!.detectable! > one(differences).detectable!);
  close(family[0]!.permutation!.pHolm, 4 * family[0]!.permutation!.p, 1e-12);
});

test('three pairs have a verdict, which a permutation test could never give', () => {
  const { verdict, permutation } = one([1, 1.05, 0.95]);
  assert.is(verdict, 'worse');
  assert.equal(permutation, { p: 0.25, pHolm: 0.25, isExact: true });
});

test('a larger difference of the same scatter than what is detectable is nearly always shown', () => {
  const { detectable, verdict, sd } = one([0.5, -0.4, 0.1]);
  assert.is(verdict, 'not distinguishable');
  close(detectable! / sd!, one([5, -4, 1]).detectable! / one([5, -4, 1]).sd!, 1e-9);
  assert.is(one([0.5, -0.4, 0.1].map((value) => value + detectable!)).verdict, 'worse');
});

test('without a spread there is no test and no verdict', () => {
  for (const differences of [[], [3], [0.3, 0.3, 0.3], [0, 0]]) {
    const { t, p, pHolm, dz, detectable, verdict, equivalence } = one(differences, { margin: 1 });
    assert.equal(
      { t, p, pHolm, dz, detectable, verdict },
      {
        ...{ t: null, p: null, pHolm: null },
        ...{ dz: null, detectable: null, verdict: null },
      },
    );
    assert.equal(equivalence, { margin: 1, ci90: null, p: null, pHolm: null, isShown: null });
  }
  assert.is(one([]).permutation, null);
  assert.is(one([]).mean, null);
});

test('equivalence is tested where a margin is given, and adjusted too', () => {
  assert.is(one([0.1, -0.1, 0.05]).equivalence, undefined);
  const family = contrastStatistics(
    [
      [0.1, -0.1, 0.05],
      [0.5, -0.6, 0.2],
    ],
    { better: 'lower', margin: 0.6 },
  );
  const [near, far] = family.map(({ equivalence }) => equivalence!) as [
    NonNullable<(typeof family)[0]['equivalence']>,
    NonNullable<(typeof family)[0]['equivalence']>,
  ];
  close(near.pHolm!, 2 * near.p!, 1e-12);
  assert.ok(near.isShown);
  assert.not(far.isShown);
  // p = 0.039 alone would do.
  const narrow = [0.1, -0.1, 0.05];
  assert.is(one(narrow, { margin: 0.22 }).equivalence!.isShown, true);
  const [corrected] = contrastStatistics([narrow, [0.5, -0.6, 0.2]], { better: 'lower', margin: 0.22 });
  assert.is(corrected!.equivalence!.isShown, false);
  // A difference can be there and small enough.
  const { verdict, equivalence } = one([0.1, 0.12, 0.11], { margin: 0.3 });
  assert.is(verdict, 'worse');
  assert.ok(equivalence!.isShown);
});

test('differences are over the seeds of both', () => {
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
  assert.equal(pairedDifferences(rule, reference), [1, 2, 3]);
  assert.equal(pairedDifferences(new Map([[1, 5]]), new Map([[2, 5]])), []);
});

test('differences that are the same but for the rounding of binary numbers are the same', () => {
  // 5.1 - 4.1 is 0.9999999999999996.
  assert.equal(pairedDifferences(bySeed([5.1, 6.1, 7.3]), bySeed([4.1, 5.1, 6.3])), [1, 1, 1]);
  assert.equal(pairedDifferences(bySeed([3e-9]), bySeed([1e-9])), [2e-9]);
});

test('a difference to itself is zero, and swapping the sides turns its sign', () => {
  fc.assert(
    fc.property(samples, samples, (a, b) => {
      const [left, right] = [bySeed(a), bySeed(b)];
      assert.ok(pairedDifferences(left, left).every((difference) => difference === 0));
      const there = pairedDifferences(left, right);
      const back = pairedDifferences(right, left);
      assert.is(there.length, Math.min(a.length, b.length));
      for (const [i, difference] of there.entries()) close(difference, -back[i]!, 1e-9);
    }),
  );
});

test('of families without any effect, about 5 % have a verdict: never more, also if they share a reference', () => {
  const normal = normals(21);
  const families = 4000;
  const share = (differencesOf: () => number[][]): number => {
    let wrong = 0;
    for (let i = 0; i < families; i++) {
      const family = contrastStatistics(differencesOf(), { better: 'lower' });
      if (family.some(({ verdict }) => verdict !== 'not distinguishable')) wrong++;
    }
    return (100 * wrong) / families;
  };
  // The standard deviation of the share is 0.34 points.
  close(
    share(() => [normal(5), normal(5), normal(5), normal(5)]),
    5,
    1.2,
  );
  const shared = share(() => {
    const reference = normal(5);
    return [0, 1, 2].map(() => normal(5).map((value, i) => value - reference[i]!));
  });
  assert.ok(shared > 2 && shared < 6.2, String(shared));
});

test('with one true effect, the others still have a wrong verdict in at most 5 % of the families', () => {
  const normal = normals(22);
  let wrong = 0;
  for (let i = 0; i < 2000; i++) {
    const effect = normal(5).map((value) => value - 10);
    const family = contrastStatistics([effect, normal(5), normal(5)], { better: 'lower' });
    assert.is(family[0]!.verdict, 'better');
    if (family.slice(1).some(({ verdict }) => verdict !== 'not distinguishable')) wrong++;
  }
  close(wrong / 20, 5, 1.7);
});

test('an interval of a difference that leaves out zero is a verdict, and the other way round', () => {
  const normal = normals(23);
  for (let trial = 0; trial < 500; trial++) {
    const { ci95, verdict, t } = one(normal(4).map((value) => value - 0.8));
    assert.is(verdict === 'better', ci95![1] < 0);
    assert.is(verdict === 'worse', ci95![0] > 0);
    assert.is(verdict !== 'not distinguishable', Math.abs(t!) >= tQuantile(0.975, 3));
  }
});

test.run();
