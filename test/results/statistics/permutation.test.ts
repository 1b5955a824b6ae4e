import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { permutationTest } from '../../../results/statistics/permutation.ts';
import { close, MAIZE, normals, samples } from './samples.ts';

test("Fisher's count: 1726 of 32768 choices of signs are as far from zero", () => {
  assert.equal(permutationTest(MAIZE), { p: 1726 / 32768, isExact: true });
});

// Tables of the signed-rank test (Wilcoxon 1945, Biometrics Bulletin 1:80; two-sided): with ranks for differences it is this test.
const SIGNED_RANKS: [pairs: number, negative: number[], p: number][] = [
  [5, [], 0.0625],
  [6, [], 0.03125],
  [8, [3], 0.0391],
  [10, [8], 0.0488],
  [10, [3], 0.0098],
];

test('of ranks it is the signed-rank test of the published tables', () => {
  for (const [pairs, negative, p] of SIGNED_RANKS) {
    const ranks = Array.from({ length: pairs }, (_, i) => (negative.includes(i + 1) ? -(i + 1) : i + 1));
    close(permutationTest(ranks).p, p, 5e-5, `${pairs} pairs:`);
  }
});

/** All choices of signs, one by one. */
function counted(differences: readonly number[]): number {
  const sumOf = (choice: number) =>
    Math.abs(differences.reduce((sum, value, i) => sum + ((choice >> i) & 1 ? -value : value), 0));
  const choices = 2 ** differences.length;
  let far = 0;
  for (let choice = 0; choice < choices; choice++) if (sumOf(choice) >= sumOf(0) - 1e-9) far++;
  return far / choices;
}

test('it is the share of all choices, whatever the order, the side and the scale', () => {
  const whole = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(whole, (differences) => {
      const { p, isExact } = permutationTest(differences);
      assert.ok(isExact);
      close(p, counted(differences), 1e-12);
      close(permutationTest(differences.map((value) => -value / 7).reverse()).p, p, 1e-12);
    }),
  );
});

test('it is never below 2 / 2^n, and 1 where nothing differs', () => {
  fc.assert(
    fc.property(samples, (differences) => {
      const { p } = permutationTest(differences);
      assert.ok(p >= 2 / 2 ** differences.length && p <= 1);
    }),
  );
  assert.is(permutationTest([1, 2, 3]).p, 0.25);
  assert.is(permutationTest([0, 0, 0]).p, 1);
  assert.is(permutationTest([5]).p, 1);
});

test('of more than 16 pairs signs are drawn, always the same, close to the share of all', () => {
  const differences = normals(3)(17).map((value) => value + 0.4);
  const { p, isExact } = permutationTest(differences);
  assert.not(isExact);
  assert.is(permutationTest(differences).p, p);
  const all = counted(differences);
  close(p, all, 4 * Math.sqrt((all * (1 - all)) / 1e5));
  // Not even the most unlikely differences have p = 0.
  assert.is(permutationTest(Array(60).fill(1)).p, 1e-5);
});

test.run();
