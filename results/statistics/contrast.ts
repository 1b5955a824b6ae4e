import type { ContrastStatistics } from '../contrast.schema.ts';
import { cohensDz, detectableDifference } from './effect.ts';
import { equivalenceTest } from './equivalence.ts';
import { holm } from './holm.ts';
import { permutationTest } from './permutation.ts';
import { type Spread, summarize } from './spread.ts';
import { twoSidedP } from './student.ts';

/** Level of all tests. */
export const ALPHA = 0.05;

/** How differences are judged. */
export interface Judgement {
  /** Which scores are better. */
  readonly better: 'lower' | 'higher';
  /** Differences below it count as none, where equivalence is asked for. */
  readonly margin?: number | undefined;
}

/**
 * The statistics and verdicts of all contrasts that were declared. The verdict is that of the paired t test at 5 %, adjusted by Holm for
 * the number of contrasts: a permutation test of fewer than six pairs cannot reach 5 % whatever the scores are, so its p stands beside.
 * Without a spread (one pair, or differences that are all the same) there is no test and no verdict.
 *
 * @param family the differences of each contrast, seed by seed; a contrast without any counts in the number too
 */
export function contrastStatistics(
  family: readonly (readonly number[])[],
  { better, margin }: Judgement,
): ContrastStatistics[] {
  const spreads = family.map(summarize);
  const tests = spreads.map(tTest);
  const adjusted = holm(tests.map(({ p }) => p));
  const permutations = adjustedAll(family.map((pairs) => (pairs.length > 0 ? permutationTest(pairs) : null)));
  const equivalences = margin === undefined ? null : equivalencesOf(spreads, margin);
  return spreads.map((spread, i) => ({
    ...spread,
    dz: cohensDz(spread),
    ...tests[i]!,
    pHolm: adjusted[i]!,
    permutation: permutations[i]!,
    detectable: hasSpread(spread) ? detectableDifference(spread.n, spread.sd, ALPHA / family.length) : null,
    ...(equivalences && { equivalence: equivalences[i]! }),
    verdict: verdictOf(spread.mean, adjusted[i]!, better),
  }));
}

type WithSpread = Spread & { readonly mean: number; readonly sd: number };

const hasSpread = (spread: Spread): spread is WithSpread => spread.sd !== null && spread.sd > 0;

function tTest(spread: Spread): { t: number | null; p: number | null } {
  if (!hasSpread(spread)) return { t: null, p: null };
  const t = (spread.mean * Math.sqrt(spread.n)) / spread.sd;
  return { t, p: twoSidedP(t, spread.n - 1) };
}

function verdictOf(
  mean: number | null,
  pHolm: number | null,
  better: Judgement['better'],
): ContrastStatistics['verdict'] {
  if (pHolm === null) return null;
  if (pHolm > ALPHA) return 'not distinguishable';
  return mean! < 0 === (better === 'lower') ? 'better' : 'worse';
}

function equivalencesOf(spreads: readonly Spread[], margin: number) {
  const tests = spreads.map((spread) => (hasSpread(spread) ? equivalenceTest(spread, margin) : null));
  return adjustedAll(tests).map((test) => ({
    margin,
    ci90: test?.ci90 ?? null,
    p: test?.p ?? null,
    pHolm: test?.pHolm ?? null,
    isShown: test && test.pHolm <= ALPHA,
  }));
}

/** Tests with their p adjusted beside it. */
function adjustedAll<T extends { readonly p: number }>(
  tests: readonly (T | null)[],
): ((T & { pHolm: number }) | null)[] {
  const adjusted = holm(tests.map((test) => test?.p ?? null));
  return tests.map((test, i) => test && { ...test, pHolm: adjusted[i]! });
}

/**
 * Differences of the pairs, over the seeds that both hold: value minus reference. Runs of one seed share initial weights and batch
 * order, so their differences scatter less than the runs do.
 */
export function pairedDifferences(
  values: ReadonlyMap<number, number>,
  reference: ReadonlyMap<number, number>,
): number[] {
  const pairs = [...values].flatMap(([seed, value]) => {
    const other = reference.get(seed);
    return other === undefined ? [] : [[value, other] as const];
  });
  // 5.1 - 4.1 and 6.1 - 5.1 are not the same double, and would be a spread where there is none.
  const largest = Math.max(0, ...pairs.flat().map(Math.abs));
  const places = Math.min(100, Math.max(0, DIGITS - Math.ceil(Math.log10(largest || 1))));
  return pairs.map(([value, other]) => Number((value - other).toFixed(places)));
}

/** Of a difference that are kept, counted from the first of the largest score. */
const DIGITS = 12;
