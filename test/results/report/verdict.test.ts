import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { verdictSentences } from '../../../results/report/index.ts';
import { condition, experiment, run } from '../example.ts';
import { comparisonOf } from './example.ts';

const test = suite('verdict of a report');

/** Errors by condition and seed, of rules a, b and c. */
function sentences(
  errors: Readonly<Record<string, readonly number[]>>,
  contrasts = [
    { condition: 'b', to: 'a' },
    { condition: 'c', to: 'a' },
  ],
  changes: Partial<typeof experiment> = {},
): string[] {
  const runs = Object.entries(errors).flatMap(([rule, own]) =>
    own.map((error, i) => run(rule, i + 1, [error])),
  );
  const seeds = Array.from(
    { length: Math.max(...Object.values(errors).map((own) => own.length)) },
    (_, i) => i + 1,
  );
  const conditions = Object.keys(errors).map((rule) => condition(rule));
  const { document } = comparisonOf(runs, {
    conditions,
    experiment: { ...experiment, seeds, contrasts, ...changes },
  });
  return verdictSentences(document);
}

test('one sentence for all that is compared with the same condition', () => {
  assert.equal(sentences({ a: [5, 5.1, 5.2], b: [5.2, 5, 5.3], c: [8, 8.2, 8.3] }), [
    'Against a over 3 seeds: b is not distinguishable (a difference of 0.71 or more would have been shown); c is worse by 3.07 [2.92, 3.21].',
  ]);
});

test('what is better is better by a positive amount', () => {
  assert.equal(sentences({ a: [8, 8.2, 8.3], b: [5, 5.1, 5.2] }, [{ condition: 'b', to: 'a' }]), [
    'Against a over 3 seeds: b is better by 3.07 [2.92, 3.21].',
  ]);
});

test('a sentence for each condition that others are compared with', () => {
  const found = sentences({ a: [5, 5.1, 5.2], b: [8, 8.2, 8.3], c: [9, 9.3, 9.2] }, [
    { condition: 'b', to: 'a' },
    { condition: 'c', to: 'b' },
  ]);
  assert.is(found.length, 2);
  assert.match(found[0]!, /^Against a over 3 seeds: b is worse by /);
  assert.match(found[1]!, /^Against b over 3 seeds: c is worse by /);
});

test('seeds that are missing are told with each', () => {
  const [sentence] = sentences({ a: [5, 5.1, 5.2, 5], b: [8, 8.2, 8.3, 8.4], c: [8, 8.3] });
  assert.match(
    sentence!,
    /^Against a over 4 seeds: b is worse by [^;]*; c is worse by [^;]*, over 2 of them\.$/,
  );
});

test('one seed, nothing in common, no scatter and nothing to compare give no verdict, and say why', () => {
  assert.equal(sentences({ a: [5], b: [8] }, [{ condition: 'b', to: 'a' }]), [
    'There is no verdict against a: one seed has no spread, and a difference may be chance.',
  ]);
  assert.equal(sentences({ a: [5, 6], b: [] }, [{ condition: 'b', to: 'a' }]), [
    'There is no verdict against a: no seed has finished with both.',
  ]);
  assert.equal(sentences({ a: [5, 6], b: [7, 8] }, [{ condition: 'b', to: 'a' }]), [
    'Against a over 2 seeds: b has no verdict, since all differences are the same.',
  ]);
  assert.equal(sentences({ a: [5, 6] }, []), ['There is one condition, a, and nothing to compare it with.']);
});

test('equivalence is told where it is shown', () => {
  const errors = { a: [5, 5.1, 5.2], b: [5.01, 5.1, 5.19] };
  const contrasts = [{ condition: 'b', to: 'a' }];
  assert.match(sentences(errors, contrasts, { equivalence: 0.5 })[0]!, /, and equivalent within ±0\.5\.$/);
  assert.not.match(sentences(errors, contrasts, { equivalence: 0.01 })[0]!, /equivalent/);
});

test.run();
