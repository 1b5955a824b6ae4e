import { RandomStream } from '../../kernels/index.ts';

/** p of a permutation test. */
export interface PermutationTest {
  p: number;
  /** Whether all permutations were counted; else it is from 99,999 that were drawn. */
  isExact: boolean;
}

/** With more differences, permutations are drawn: 2^16 take less than a millisecond. */
const MOST_FOR_ALL = 16;
const DRAWN = 99_999;

/**
 * Two-sided paired permutation test of a mean difference of zero (Fisher 1935, The Design of Experiments, section 21). Without an
 * effect, the two values of a pair could as well stand the other way round: p is the share of all 2^n choices of signs with a mean
 * at least as far from zero. It assumes no form of the scatter. It cannot be below 2 / 2^n: 0.25 for three pairs, 0.0625 for five.
 * Of more than 16 pairs, signs are drawn, always the same ones, and those of the data count as one of them (Phipson & Smyth 2010,
 * Statistical Applications in Genetics and Molecular Biology 9:39).
 *
 * @param differences of the pairs; one or more
 */
export function permutationTest(differences: readonly number[]): PermutationTest {
  const observed = Math.abs(differences.reduce((sum, difference) => sum + difference, 0));
  const size = differences.reduce((sum, difference) => sum + Math.abs(difference), 0);
  // The order in which they are summed must not tell equal sums apart.
  const least = observed - 1e-9 * size;
  return differences.length <= MOST_FOR_ALL
    ? { p: shareOfAll(differences, least), isExact: true }
    : { p: shareOfDrawn(differences, least), isExact: false };
}

/** In the order of a Gray code, in which each choice differs from the one before in one sign. */
function shareOfAll(differences: readonly number[], least: number): number {
  const signed = [...differences];
  let sum = signed.reduce((total, value) => total + value, 0);
  // With all signs turned, the sum is as far from zero: the first difference keeps its sign.
  const choices = 2 ** (signed.length - 1);
  let far = 1;
  for (let choice = 1; choice < choices; choice++) {
    const turned = 1 + lowestBit(choice);
    signed[turned] = -signed[turned]!;
    sum += 2 * signed[turned]!;
    if (Math.abs(sum) >= least) far++;
  }
  return far / choices;
}

const lowestBit = (value: number): number => 31 - Math.clz32(value & -value);

function shareOfDrawn(differences: readonly number[], least: number): number {
  const stream = new RandomStream(0, 'permutation');
  let far = 1;
  for (let draw = 0; draw < DRAWN; draw++) {
    let sum = 0;
    let word = 0;
    for (const [i, difference] of differences.entries()) {
      word = i % 32 === 0 ? stream.word() : word >>> 1;
      sum += word & 1 ? difference : -difference;
    }
    if (Math.abs(sum) >= least) far++;
  }
  return far / (DRAWN + 1);
}
