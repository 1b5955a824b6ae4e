import { Ajv2020 } from 'ajv/dist/2020.js';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type ComparisonDocument,
  comparisonDocument,
  comparisonJsonSchema,
  defaultContrasts,
  type RunResult,
} from '../../results/index.ts';
import { condition, conditions, epochRecord, experiment, run } from './example.ts';

const document = (runs: RunResult[], changes = {}, compared = conditions) =>
  comparisonDocument({
    dendrite: '1.2.3',
    experiment: { ...experiment, contrasts: defaultContrasts(compared), ...changes },
    conditions: compared,
    runs,
  });

const finished = [
  run('backprop', 1, [9, 5]),
  run('backprop', 2, [4, 6]),
  run('backprop', 3, [9, 7]),
  run('feedback-alignment', 1, [9, 6]),
  run('feedback-alignment', 2, [9, 8]),
  run('feedback-alignment', 3, [9, 10]),
];
const reason = 'the loss became NaN in epoch 2';
const withDiverged = [
  ...finished.slice(0, 4),
  run('feedback-alignment', 2, [9, Number.NaN], { status: 'diverged', reason }),
  run('feedback-alignment', 3, [], { status: 'failed', reason: 'out of memory', device: null }),
];

const close = (actual: number | null | undefined, expected: number) =>
  assert.ok(Math.abs(actual! - expected) < 5e-4, `${actual} is not ${expected}`);

const validate = new Ajv2020({ strict: true, strictTuples: false, allowUnionTypes: true }).compile(
  comparisonJsonSchema(),
);

/** Checks the text that a reader of `--json` gets. */
function assertValid(value: ComparisonDocument) {
  assert.ok(validate(JSON.parse(JSON.stringify(value))), JSON.stringify(validate.errors));
}

test('a run has its last and its best test error, and examples per second of training', () => {
  const { runs } = document(finished);
  assert.equal(runs[1]!.testScore, { last: 6, best: 4 });
  assert.is(runs[1]!.examplesPerSecond, 16000 / 4);
  assert.equal(runs[1]!.epochs[1], epochRecord(2, 6));
});

test('a summary is over the test errors of the last epoch', () => {
  const { summary, contrasts } = document(finished);
  const [backprop] = summary;
  // 5, 6, 7: mean 6, sd 1, t(0.975, 2) = 4.3027; lowest errors 5, 4, 7.
  assert.is(backprop!.n, 3);
  close(backprop!.mean, 6);
  close(backprop!.sd, 1);
  close(backprop!.ci95?.[0], 6 - 4.3027 / Math.sqrt(3));
  close(backprop!.ci95?.[1], 6 + 4.3027 / Math.sqrt(3));
  close(backprop!.best.mean, 16 / 3);
  close(backprop!.best.sd, Math.sqrt(7 / 3));
  close(backprop!.examplesPerSecond, 4000);
  assert.is(contrasts.length, 1);
  const [alignment] = contrasts;
  // Differences by seed 1, 2, 3: t = 2 √3.
  assert.is(alignment!.condition, 'feedback-alignment');
  assert.is(alignment!.to, 'backprop');
  assert.is(alignment!.n, 3);
  close(alignment!.mean, 2);
  close(alignment!.ci95?.[1], 2 + 4.3027 / Math.sqrt(3));
  close(alignment!.t, 2 * Math.sqrt(3));
  close(alignment!.dz, 2);
  assert.is(alignment!.verdict, 'not distinguishable');
});

test('diverged and failed runs are counted and not averaged', () => {
  const { runs, summary, contrasts } = document(withDiverged);
  const alignment = summary[1]!;
  assert.is(alignment.n, 1);
  assert.is(alignment.mean, 6);
  assert.is(alignment.sd, null);
  assert.is(alignment.ci95, null);
  assert.is(alignment.diverged, 1);
  assert.is(alignment.failed, 1);
  assert.is(contrasts[0]!.n, 1);
  assert.is(contrasts[0]!.mean, 1);
  assert.is(contrasts[0]!.verdict, null);
  assert.is(runs[4]!.reason, reason);
  assert.is(runs[4]!.epochs[1]!.testScore, null);
  assert.equal(runs[4]!.testScore, { last: null, best: 9 });
  assert.equal(runs[5]!.testScore, { last: null, best: null });
  assert.is(runs[5]!.examplesPerSecond, null);
});

test('a diverged run is left out even if it has a test error', () => {
  const runs = [
    ...finished.slice(0, 5),
    run('feedback-alignment', 3, [9, 90], { status: 'diverged', reason }),
  ];
  close(document(runs).summary[1]!.mean, 7);
  close(document(runs).contrasts[0]!.mean, 1.5);
});

test('without backprop the others are compared with the first condition', () => {
  const runs = [run('dfa', 1, [4]), run('feedback-alignment', 1, [6])];
  const compared = [condition('dfa'), condition('feedback-alignment')];
  const { contrasts } = document(runs, { seeds: [1] }, compared);
  assert.equal(
    contrasts.map(({ condition: id, to, mean }) => [id, to, mean]),
    [['feedback-alignment', 'dfa', 2]],
  );
});

test('the same rule may be compared under several conditions, with the first of backprop', () => {
  const compared = [
    condition('dfa'),
    condition('backprop', { batch: 10 }, 'backprop-batch-10'),
    condition('backprop', { batch: 20 }, 'backprop-batch-20'),
  ];
  const runs = [
    run('dfa', 1, [9]),
    run('backprop', 1, [4], { condition: 'backprop-batch-10' }),
    run('backprop', 1, [6], { condition: 'backprop-batch-20' }),
  ];
  const { summary, contrasts } = document(runs, { seeds: [1] }, compared);
  assert.equal(
    summary.map(({ condition: id, rule, mean }) => [id, rule, mean]),
    [
      ['dfa', 'dfa', 9],
      ['backprop-batch-10', 'backprop', 4],
      ['backprop-batch-20', 'backprop', 6],
    ],
  );
  assert.equal(
    contrasts.map(({ condition: id, to, mean }) => [id, to, mean]),
    [
      ['dfa', 'backprop-batch-10', 5],
      ['backprop-batch-20', 'backprop-batch-10', 2],
    ],
  );
});

test('contrasts are those that were declared, in their order, and equivalence is tested where a margin is', () => {
  const contrasts = [
    { condition: 'backprop', to: 'feedback-alignment' },
    { condition: 'feedback-alignment', to: 'missing' },
  ];
  const [turned, missing] = document(finished, { contrasts, equivalence: 10 }).contrasts;
  close(turned!.mean, -2);
  close(turned!.pHolm, 2 * turned!.p!);
  assert.is(turned!.equivalence!.margin, 10);
  assert.is(turned!.equivalence!.isShown, true);
  assert.is(missing!.n, 0);
  assert.is(missing!.verdict, null);
  assert.equal(document(finished, { contrasts: [] }).contrasts, []);
  assert.is(document(finished).contrasts[0]!.equivalence, undefined);
});

test('contrasts are of the validation scores where they alone are measured', () => {
  const runs = finished.map((entry) => ({
    ...entry,
    epochs: entry.epochs.map((epoch) => ({
      ...epoch,
      testScore: null,
      validationScore: 2 * epoch.testScore!,
    })),
  }));
  const { summary, contrasts } = document(runs, { scored: 'validation', validation: 10 });
  close(summary[0]!.mean, 12);
  close(contrasts[0]!.mean, 4);
});

test('runs that have not begun or not ended are counted and not averaged', () => {
  const runs = [...finished.slice(0, 4), run('feedback-alignment', 2, [7], { status: 'unfinished' })];
  const [backprop, alignment] = document(runs).summary;
  assert.is(backprop!.unfinished, 0);
  assert.is(alignment!.unfinished, 2);
  assert.is(alignment!.n, 1);
  assert.is(alignment!.mean, 6);
});

test('the best score is the highest where higher is better', () => {
  const score = { ...experiment.score, better: 'higher' };
  assert.equal(document(finished, { score }).runs[1]!.testScore, { last: 6, best: 6 });
});

test('the order in which the runs ended does not matter', () => {
  assert.equal(document([...withDiverged].reverse()), document(withDiverged));
  assert.equal(
    document([...finished].reverse(), { seeds: [3, 1, 2] }).runs.map(({ rule, seed }) => `${rule} ${seed}`),
    [
      'backprop 3',
      'backprop 1',
      'backprop 2',
      'feedback-alignment 3',
      'feedback-alignment 1',
      'feedback-alignment 2',
    ],
  );
});

test('documents are valid against the schema', () => {
  assertValid(document(finished));
  assertValid(document(withDiverged));
  assertValid(document(finished, { equivalence: 1 }));
  assertValid(document([run('backprop', 1, [5])], { seeds: [1] }, [conditions[0]!]));
  const diagnostics = { angle: { 'hidden1.weights': 45.2, 'output.weights': Number.NaN } };
  const epochs = [{ ...epochRecord(1, 5), diagnostics, trainLoss: Number.POSITIVE_INFINITY }];
  assertValid(document([run('backprop', 1, [], { epochs })], { seeds: [1] }, [conditions[0]!]));
});

test('numbers that are not finite become null', () => {
  const epochs = [
    {
      ...epochRecord(1, Number.NaN),
      trainLoss: Number.POSITIVE_INFINITY,
      diagnostics: { angle: { w: Number.NaN } },
    },
  ];
  const { runs } = document([run('backprop', 1, [], { epochs, status: 'diverged' })]);
  assert.is(runs[0]!.epochs[0]!.trainLoss, null);
  assert.equal(runs[0]!.epochs[0]!.diagnostics, { angle: { w: null } });
});

test('the schema is of draft 2020-12 and refuses what is not a comparison', () => {
  assert.is(comparisonJsonSchema().$schema, 'https://json-schema.org/draft/2020-12/schema');
  const spoilt: ((copy: ComparisonDocument) => void)[] = [
    (copy) => Object.assign(copy.runs[0]!, { status: 'done' }),
    (copy) => Object.assign(copy.runs[0]!.testScore, { last: '5 %' }),
    (copy) => Object.assign(copy.summary[0]!, { ci95: [1] }),
    (copy) => Object.assign(copy.summary[0]!, { ci95: [1, 2, 3] }),
    (copy) => Object.assign(copy.summary[0]!, { n: -1 }),
    (copy) => Object.assign(copy.contrasts[0]!, { verdict: 'the same' }),
    (copy) => Reflect.deleteProperty(copy, 'contrasts'),
    (copy) => Object.assign(copy, { results: [] }),
    (copy) => Reflect.deleteProperty(copy.runs[0]!.epochs[0]!, 'testScore'),
    (copy) => Reflect.deleteProperty(copy.runs[0]!.device!, 'blas'),
    (copy) => Reflect.deleteProperty(copy, 'dendrite'),
  ];
  for (const spoil of spoilt) {
    const copy = structuredClone(document(finished));
    spoil(copy);
    assert.not(validate(copy), spoil.toString());
  }
});

test.run();
