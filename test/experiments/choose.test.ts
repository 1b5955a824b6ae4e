import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { choose, entrantsOf, isTuned, rungsDone, withOutcomes } from '../../experiments/tuning/choose.ts';
import { comparisonDocument, type TrialOutcome, type TuningRecord } from '../../results/index.ts';
import { condition, epochRecord, experiment, run } from '../results/example.ts';

/** Made-up trials of one condition. */
const test = suite('choice of trials');

const LOST = 'lost';
/** Of one epoch of a made-up run. */
const MACS = 6e9;
const outcome = (score: number | typeof LOST): TrialOutcome =>
  score === LOST
    ? { status: 'diverged', score: null, examples: 10, multiplyAccumulates: 5, seconds: 1 }
    : { status: 'finished', score, examples: 10, multiplyAccumulates: 5, seconds: 1 };

/** @param scores of each trial, in each rung that it was in */
const record = (...scores: (number | typeof LOST)[][]): TuningRecord => ({
  seed: 0,
  validation: 10,
  rungs: [9, 4, 2].map((trials, rung) => ({ fraction: 3 ** (rung - 2), trials })),
  conditions: [
    {
      condition: 'backprop',
      space: {},
      trials: scores.map((own, i) => ({
        trial: i + 1,
        values: { learningRate: i },
        outcomes: own.map(outcome),
      })),
      chosen: null,
    },
  ],
});
const entrants = (given: TuningRecord, better: 'lower' | 'higher' = 'lower') =>
  entrantsOf(given, better).get('backprop');
const chosen = (given: TuningRecord, better: 'lower' | 'higher' = 'lower') =>
  choose(given, better).conditions[0]!.chosen;

test('all trials begin, and of those that ended a rung the first goes on, and the best of the others', () => {
  assert.equal(entrants(record([], [], [], [])), [1, 2, 3, 4]);
  const first = record([9], [2], [5], [4], [3]);
  assert.is(rungsDone(first), 1);
  assert.equal(entrants(first), [1, 2, 4, 5]);
  assert.equal(entrants(first, 'higher'), [1, 3, 4, 5]);
});

test('trials that were left behind do not come back', () => {
  // The score of a rung says nothing of another one.
  assert.equal(entrants(record([9], [2, 8], [5, 7], [4, 6], [6])), [3, 4]);
  assert.equal(entrants(record([9, 9], [2, 8], [5, 7], [4, 6], [6])), [1, 4]);
});

test('of equals the first drawn goes on', () => {
  assert.equal(entrants(record([5], [5], [5], [5], [5])), [1, 2, 3, 4]);
  assert.is(chosen(record([5], [5])), 1);
});

test('trials that diverged are left behind, though fewer go on', () => {
  assert.equal(entrants(record([LOST], [2], [LOST], [4], [LOST])), [2, 4]);
});

test('the trial that came furthest is chosen, and of several the best', () => {
  assert.is(chosen(record([1], [2, 8], [3, 7], [0.5])), 3);
  assert.is(chosen(record([1], [2, 8], [3, 7], [0.5]), 'higher'), 2);
  assert.is(chosen(record([1], [2, 8, 9], [3, 7], [0.5])), 2);
});

test('one that diverged at last is not chosen, but the best of those that came as far as any other', () => {
  assert.is(chosen(record([1], [2, 8, LOST], [3, 7], [4, 6])), 4);
  assert.is(chosen(record([9], [2, LOST], [3, LOST], [4, LOST], [5])), 5);
});

const documentOf = (scores: Record<number, number | typeof LOST>) =>
  comparisonDocument({
    dendrite: '1',
    experiment: { ...experiment, scored: 'validation', validation: 10, seeds: [0] },
    conditions: Object.keys(scores).map((trial) => condition('backprop', {}, `backprop-trial-${trial}`)),
    runs: Object.entries(scores).map(([trial, score]) =>
      run('backprop', 0, [], {
        condition: `backprop-trial-${trial}`,
        status: score === LOST ? 'diverged' : 'finished',
        ...(score === LOST && { reason: 'the loss became NaN' }),
        // A test score that is better than any: it must not be looked at.
        epochs: [{ ...epochRecord(1, 0), validationScore: score === LOST ? null : score }],
      }),
    ),
  });

test('what a trial came to is its validation score, with what it took', () => {
  const after = withOutcomes(record([], []), documentOf({ 1: 7, 2: LOST }));
  const [first, second] = after.conditions[0]!.trials;
  assert.equal(first!.outcomes, [
    { status: 'finished', score: 7, examples: 8000, multiplyAccumulates: MACS, seconds: 2 },
  ]);
  assert.equal(second!.outcomes, [
    {
      status: 'diverged',
      reason: 'the loss became NaN',
      score: null,
      examples: 8000,
      multiplyAccumulates: MACS,
      seconds: 2,
    },
  ]);
  const further = withOutcomes(record([7], [8]), documentOf({ 1: 6 }));
  assert.equal(
    further.conditions[0]!.trials.map(({ outcomes }) => outcomes.map(({ score }) => score)),
    [[7, 6], [8]],
  );
});

test('a condition is out only when none of its trials is left', () => {
  withOutcomes(record([5], [6]), documentOf({ 1: LOST }));
  assert.throws(
    () => withOutcomes(record([], []), documentOf({ 1: LOST, 2: LOST })),
    /^of the 2 trials of the condition 'backprop' none is left, the first diverged as the loss became NaN: give it/,
  );
});

test('a record is complete when every condition has its trial', () => {
  assert.is(isTuned(record([1])), false);
  assert.is(isTuned(choose(record([1]), 'lower')), true);
});

test.run();
