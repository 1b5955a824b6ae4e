import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  comparisonDocument,
  comparisonJsonSchema,
  comparisonTable,
  type RunResult,
  type TuningRecord,
} from '../../results/index.ts';
import { condition, conditions, epochRecord, experiment, run } from './example.ts';

const test = suite('table of a tuning');

const outcome = (score: number | null, examples: number, changes = {}) => ({
  status: 'finished' as const,
  score,
  examples,
  multiplyAccumulates: 1000 * examples,
  seconds: 2.4,
  ...changes,
});

/** Four trials of 1 epoch, of which one goes on to 3. */
const tuning: TuningRecord = {
  seed: 7,
  validation: 1000,
  rungs: [
    { fraction: 1 / 3, trials: 4 },
    { fraction: 1, trials: 1 },
  ],
  conditions: [
    {
      condition: 'backprop',
      space: { learningRate: { factor: [0.1, 10] } },
      trials: [
        { trial: 1, values: { learningRate: 0.1 }, outcomes: [outcome(9.5, 8000), outcome(6.25, 24000)] },
        {
          trial: 2,
          values: { learningRate: 0.9 },
          outcomes: [outcome(null, 100, { status: 'diverged', reason: 'x' })],
        },
        { trial: 3, values: { learningRate: 0.02 }, outcomes: [outcome(20, 8000)] },
        { trial: 4, values: { learningRate: 0.03 }, outcomes: [outcome(15, 8000)] },
      ],
      chosen: 1,
    },
    {
      condition: 'feedback-alignment',
      space: { learningRate: { factor: [0.1, 10] }, feedbackScale: { logUniform: [0.05, 1] } },
      trials: [
        {
          trial: 1,
          values: { learningRate: [0.1, 0.05], feedbackScale: 0.5 },
          outcomes: [outcome(9.5, 8000)],
        },
        {
          trial: 2,
          values: { learningRate: [0.21, 0.1], feedbackScale: 0.3 },
          outcomes: [outcome(8, 8000), outcome(5, 24000)],
        },
        {
          trial: 3,
          values: { learningRate: [0.2, 0.1], feedbackScale: 0.1 },
          outcomes: [outcome(null, 0, { status: 'failed', reason: 'no room' })],
        },
        {
          trial: 4,
          values: { learningRate: [0.3, 0.15], feedbackScale: 0.2 },
          outcomes: [outcome(10, 8000)],
        },
      ],
      chosen: 2,
    },
  ],
};

const text = (
  record: TuningRecord,
  compared = conditions.map((one) => ({ ...one, settings: { ...one.settings, epochs: 3 } })),
  runs: RunResult[] = [],
) => {
  const document = comparisonDocument({
    dendrite: '1',
    experiment,
    tuning: record,
    conditions: compared,
    runs,
  });
  return comparisonTable(document, { colour: false, width: 1000 });
};

test('below the table stand the trials, what they took, and what was chosen', () => {
  const lines = text(tuning).split('\n');
  const at = lines.findIndex((line) => line.startsWith('Tuning'));
  assert.equal(lines.slice(at, at + 4), [
    'Tuning    4 trials of each condition (4 for 1 epoch and 1 for 3 epochs), chosen on 1,000 validation examples of the training set, with seed 7; the test set had no part in it',
    '          spent 10 trainings, 96,100 examples shown in 24 s',
    '          backprop: learning rate 0.1 (trial 1, its own values: validation error 6.25 %); 1 of 4 trials diverged',
    '          feedback-alignment: learning rate 0.21, 0.1, feedback scale 0.3 (trial 2: validation error 5.00 %)',
  ]);
  assert.match(
    text(tuning),
    /^Note +feedback-alignment: 1 of 4 trials of the tuning failed, and could not be chosen \(no room\)$/m,
  );
  assert.not.match(text(tuning), /has not ended/);
});

test('budgets that differ are shown as parts', () => {
  const other = [conditions[0]!, condition('feedback-alignment', { epochs: 6 })];
  assert.match(text(tuning, other), /\(4 for 1\/3 of the training and 1 for the whole training\)/);
});

test('a tuning that goes on says so', () => {
  const record = { ...tuning, conditions: tuning.conditions.map((one) => ({ ...one, chosen: null })) };
  assert.match(
    text(record),
    /^Note +the tuning has not ended, and the values below are those that it starts from$/m,
  );
  assert.match(text(record), /backprop: not chosen yet; 1 of 4 trials diverged$/m);
});

test('a comparison that scores validation examples alone has their statistics and their name', () => {
  const scored = {
    ...experiment,
    scored: 'validation' as const,
    validation: 1000,
    score: { ...experiment.score, label: 'Validation error' },
  };
  const runs = [1, 2, 3].map((seed) =>
    run('backprop', seed, [], {
      epochs: [9, 5].map((validationScore, i) => ({
        ...epochRecord(i + 1, 0),
        testScore: null,
        validationScore: validationScore + seed,
      })),
    }),
  );
  const document = comparisonDocument({ dendrite: '1', experiment: scored, conditions, runs });
  assert.equal(document.runs[0]!.testScore, { last: null, best: null });
  assert.equal(document.runs[0]!.validationScore, { last: 6, best: 6 });
  assert.is(document.summary[0]!.mean, 7);
  assert.is(document.summary[0]!.best.mean, 7);
  const table = comparisonTable(document, { colour: false, width: 100 });
  assert.match(table, /Validation error, %/);
  assert.match(table, /8,000 training and 1,000 validation examples/);
});

test('a run with both has the last and the best of both', () => {
  const both = { ...experiment, validation: 1000 };
  const epochs = [4, 6].map((score, i) => ({ ...epochRecord(i + 1, score), validationScore: score + 1 }));
  const { runs, summary } = comparisonDocument({
    dendrite: '1',
    experiment: both,
    conditions,
    runs: [run('backprop', 1, [], { epochs })],
  });
  assert.equal(runs[0]!.testScore, { last: 6, best: 4 });
  assert.equal(runs[0]!.validationScore, { last: 7, best: 5 });
  assert.is(summary[0]!.mean, 6);
});

test('the JSON schema has the tuning', () => {
  assert.match(JSON.stringify(comparisonJsonSchema()), /"chosen"/);
});

test.run();
