import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';
import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  comparisonDocument,
  comparisonTable,
  defaultContrasts,
  type RunResult,
} from '../../results/index.ts';
import type { Condition } from '../../training/index.ts';
import { condition, conditions, device, experiment, run } from './example.ts';

const test: Test<{ noColour: string | undefined }> = suite('table', { noColour: undefined });
test.before.each((context) => {
  context.noColour = process.env.NO_COLOR;
  delete process.env.NO_COLOR;
});
test.after.each(({ noColour }) => {
  delete process.env.NO_COLOR;
  if (noColour !== undefined) process.env.NO_COLOR = noColour;
});

const finished = [
  run('backprop', 1, [9, 5]),
  run('backprop', 2, [4, 6]),
  run('backprop', 3, [9, 7]),
  run('feedback-alignment', 1, [9, 6]),
  run('feedback-alignment', 2, [9, 8]),
  run('feedback-alignment', 3, [9, 10]),
];

const table = (runs: RunResult[], options = {}, changes = {}, compared: readonly Condition[] = conditions) =>
  comparisonTable(
    comparisonDocument({
      dendrite: '1.2.3',
      experiment: { ...experiment, contrasts: defaultContrasts(compared), ...changes },
      conditions: compared,
      runs,
    }),
    { colour: false, width: 100, ...options },
  );

/** The example's conditions with other settings. */
const trained = (settings: Partial<Condition['settings']>) =>
  conditions.map(({ rule, settings: own }) => condition(rule, { ...own, ...settings }));

/** The first line that starts so, of the conditions; or of the contrasts below them. */
const lineOf = (text: string, start: string, part = 0) =>
  text
    .split('\n\n')
    [part]!.split('\n')
    .find((line) => line.startsWith(start)) ?? '';

/** The row of a condition in the contrasts, whatever the line breaks in it. */
const contrastOf = (text: string, label: string) => {
  const lines = text.split('\n\n')[1]!.split('\n');
  const first = lines.findIndex((line) => line.startsWith(label));
  const next = lines.findIndex((line, i) => i > first && /^\S/.test(line));
  const row = lines.slice(first, next < 0 ? undefined : next);
  // The verdict is the last column, and the only one with several lines in a wide table.
  return squeezed(row.join(' '));
};

const { green } = pc.createColors(true);

/** The words of a text, for comparison whatever the spaces and line breaks. */
const squeezed = (text: string) => text.replaceAll(/\s+/g, ' ');

test('a row shows mean, sd, interval and speed, and below them difference, interval, p and verdict', () => {
  const text = table(finished);
  // 5, 6, 7: half an interval is 4.3027 / √3 = 2.484.
  assert.is(squeezed(lineOf(text, 'backprop')), 'backprop 3 6.00 ± 1.00 [3.52, 8.48] 4,000');
  // 6, 8, 10: half is 4.968.
  assert.is(
    squeezed(lineOf(text, 'feedback-alignment')),
    'feedback-alignment 3 8.00 ± 2.00 [3.03, 12.97] 4,000',
  );
  // Differences 1, 2, 3: half is 2.484; t = 3.46, p = 0.074. 80 % power needs 5.47 / √3 for two degrees of freedom.
  assert.match(
    contrastOf(text, 'feedback-alignment'),
    /^feedback-alignment \+2\.00 \[-0\.48, \+4\.48\] 0\.074 not distinguishable at n = 3; a difference of 3\.\d\d or more would have been shown$/,
  );
  assert.match(squeezed(text), 'Difference to backprop mean [95 % interval] p Verdict');
});

test('a verdict is a word, and a line says what it is taken from', () => {
  const worse = finished.map((entry) =>
    entry.condition === 'backprop' ? entry : run(entry.condition, entry.seed, [20 + 1.1 * entry.seed]),
  );
  const text = table(worse);
  assert.match(contrastOf(text, 'feedback-alignment'), / < 0\.001 worse$/);
  const higher = table(worse, {}, { score: { ...experiment.score, better: 'higher' } });
  assert.match(contrastOf(higher, 'feedback-alignment'), / better$/);
  assert.match(
    squeezed(text),
    'Contrasts differences of runs with the same seed, below zero is better; verdicts of paired t tests at 5 % Runs',
  );
  assert.match(squeezed(higher), 'above zero is better');
});

test('several contrasts are named and adjusted for', () => {
  const contrasts = [
    { condition: 'feedback-alignment', to: 'backprop' },
    { condition: 'dfa', to: 'feedback-alignment' },
  ];
  const compared = [...conditions, { ...condition('dfa'), label: 'direct' }];
  const runs = [...finished, ...[1, 2, 3].map((seed) => run('dfa', seed, [1 + seed]))];
  const text = table(runs, {}, { contrasts }, compared);
  assert.match(contrastOf(text, 'feedback-alignment to backprop'), ' 0.074 not distinguishable');
  assert.match(contrastOf(text, 'direct to feedback-alignment'), '-5.00 [-7.48, -2.52] 0.026 better');
  assert.match(squeezed(text), 'adjusted by Holm for 2 contrasts');
  assert.match(text, 'p (Holm)');
  assert.match(squeezed(table(runs, { width: 60 }, { contrasts }, compared)), 'direct');
});

test('equivalence is said beside the verdict', () => {
  assert.match(
    contrastOf(table(finished, {}, { equivalence: 9.5 }), 'feedback-alignment'),
    /would have been shown; equivalent within ±9\.5$/,
  );
  const text = table(finished, {}, { equivalence: 2 });
  assert.match(contrastOf(text, 'feedback-alignment'), /; not shown to be within ±2$/);
  assert.match(squeezed(text), 'equivalence by two one-sided t tests at 5 %');
});

test('without contrasts there is no such table', () => {
  const text = table(finished, {}, { contrasts: [] });
  assert.not.match(text, 'Difference');
  assert.not.match(text, 'Contrasts');
});

test('the best epoch is shown when it is asked for, and labelled', () => {
  const text = squeezed(table(finished, { best: true }));
  assert.match(text, 'best epoch, chosen by');
  assert.match(text, 'test score: optimistic');
  assert.match(text, 'backprop 3 6.00 ± 1.00 [3.52, 8.48] 5.33 ± 1.53 4,000');
  assert.not.match(table(finished), 'optimistic');
});

test('a brief table has scores, verdicts and notes, and nothing of the machine', () => {
  const noted = { note: 'not comparable' };
  const text = squeezed(table(finished, { brief: true }, noted));
  assert.match(text, 'backprop 3 6.00 ± 1.00 [3.52, 8.48] feedback-alignment');
  assert.match(text, 'Difference to backprop');
  assert.match(text, 'Note not comparable');
  for (const absent of ['Examples/s', 'Dataset', 'Device']) assert.not.match(text, absent);
  const whole = squeezed(table(finished, {}, noted));
  for (const there of ['Examples/s', 'Dataset', 'Device']) assert.match(whole, there);
});

test('a verdict that the permutation test does not bear out has a note', () => {
  // One outlier each way: with seven seeds the signs could reach 2 / 128.
  const differences = [1, 1.2, 1.1, 0.9, 1, 1.3, -0.2];
  const seeds = differences.map((_, i) => i + 1);
  const runs = differences.flatMap((difference, i) => [
    run('backprop', i + 1, [5]),
    run('feedback-alignment', i + 1, [5 + difference]),
  ]);
  assert.not.match(table(runs, {}, { seeds }), 'bear out');
  const doubtful = [4, 4.5, 5, 4, -1, 5, -1.2].flatMap((difference, i) => [
    run('backprop', i + 1, [5]),
    run('feedback-alignment', i + 1, [5 + difference]),
  ]);
  const text = squeezed(table(doubtful, {}, { seeds }));
  assert.match(text, 'feedback-alignment: the permutation test, which does not assume');
});

test('the context is below', () => {
  const text = squeezed(table(finished));
  for (const part of [
    'Note Not comparable with published figures.',
    'Dataset mnist, 8,000 training and 2,000 test examples',
    'Network 784-500-10, tanh, cross-entropy',
    'Training 2 epochs, batches of 100, sgd, learning rate 0.1, seeds 1, 2, 3',
    'Device cpu: wasm-simd, OpenBLAS 0.3.21 on An example processor',
    'Runs runs/example (6 folders)',
  ]) {
    assert.ok(text.includes(part), part);
  }
});

test('a budget of examples, rates by connection and a schedule are named', () => {
  const text = table(
    finished,
    { width: 200 },
    {},
    trained({ examples: 40_000, learningRate: [0.1, 0.05], schedule: 'cosine', weightDecay: 1e-4 }),
  );
  assert.match(
    text,
    '40,000 examples, batches of 100, sgd, learning rates 0.1, 0.05 (cosine schedule), weight decay 0.0001, seeds 1, 2, 3',
  );
  const epochs = table(finished, { width: 200 }, {}, trained({ optimizer: 'momentum', momentum: 0.8 }));
  assert.match(epochs, '2 epochs, batches of 100, momentum 0.8, learning rate 0.1, seeds 1, 2, 3');
});

test('other budgets are named, and what a run by the clock is', () => {
  const operations = table(finished, { width: 200 }, {}, trained({ multiplyAccumulates: 2e11 }));
  assert.match(operations, /^Training +200,000,000,000 multiply-accumulates, batches of 100/m);
  assert.not.match(operations, 'to the bit');
  const seconds = squeezed(
    table(finished, {}, {}, [condition('backprop'), condition('feedback-alignment', { seconds: 2.5 })]),
  );
  assert.match(seconds, 'feedback-alignment was trained for 2.5 seconds, not for 2 epochs');
  assert.is(
    seconds.match(/gets as far as the machine lets it, and cannot be repeated to the bit/g)?.length,
    1,
  );
});

test('runs that stopped early say after how many epochs', () => {
  const stopped = finished.map((entry) => {
    if (entry.condition !== 'feedback-alignment' || entry.seed === 2) return entry;
    const [first, last] = entry.epochs;
    return {
      ...entry,
      epochs: [first!, { ...last!, stoppedEarly: 'no better validation score in 1 epoch' }],
    };
  });
  const text = (settings: Partial<Condition['settings']>) =>
    squeezed(table(stopped, { width: 200 }, {}, trained({ patience: 1, ...settings })));
  assert.match(
    text({ epochs: 9 }),
    'Note feedback-alignment: stopped early after 2, 2 of 9 epochs (seeds 1, 3: no better validation score in 1 epoch)',
  );
  assert.match(text({ examples: 40_000 }), 'after 2, 2 epochs of a budget of 40,000 examples (seeds 1, 3:');
  assert.not.match(text({}), 'backprop: stopped');
});

test('complete runs without a note give no note', () => {
  assert.not.match(table(finished, {}, { note: undefined }), 'Note');
});

test('each device that ran is named once, and a fall-back is a note', () => {
  const reason = 'no adapter was found';
  const gpu = {
    ...device,
    name: 'gpu',
    backend: 'webasm',
    blas: null,
    executorKind: 'generic',
    fallbackReason: reason,
  };
  const text = table(finished.map((entry) => (entry.seed === 1 ? { ...entry, device: gpu } : entry)));
  assert.is(text.match(/^Device/gm)?.length, 2);
  assert.match(text, 'gpu: webasm, generic on An example processor');
  assert.is(text.match(/the device fell back: no adapter was found$/gm)?.length, 1);
});

test('missing runs are counted, explained and grouped by reason', () => {
  const diverged = { status: 'diverged', reason: 'the loss became NaN in epoch 1' } as const;
  const runs = [
    ...finished.slice(0, 3),
    run('feedback-alignment', 1, [], diverged),
    run('feedback-alignment', 2, [], diverged),
    run('feedback-alignment', 3, [], { status: 'failed', reason: 'out of memory' }),
  ];
  const text = squeezed(table(runs));
  assert.match(text, 'feedback-alignment 0 of 3 – – – 2 diverged 1 failed');
  assert.match(text, 'feedback-alignment – – – none: no seed finished with both');
  assert.match(
    text,
    'feedback-alignment: 2 of 3 runs diverged, not in the mean (seeds 1, 2: the loss became NaN in epoch 1)',
  );
  assert.match(text, 'feedback-alignment: 1 of 3 runs failed, not in the mean (seed 3: out of memory)');
});

test('a verdict over fewer seeds than there are says so', () => {
  const runs = [run('backprop', 1, [], { status: 'failed', reason: 'out of memory' }), ...finished.slice(1)];
  assert.match(contrastOf(table(runs), 'feedback-alignment'), /would have been shown; over 2 of 3 seeds$/);
  assert.not.match(table(finished), 'over 3');
});

test('one seed is said to have no spread', () => {
  const text = table([finished[0]!, finished[3]!], {}, { seeds: [1] });
  assert.is(squeezed(lineOf(text, 'feedback-alignment')), 'feedback-alignment 1 6.00 – 4,000');
  assert.is(contrastOf(text, 'feedback-alignment'), 'feedback-alignment +1.00 – – none from one seed');
  assert.match(text, 'one run has no spread, no interval and no verdict');
  assert.not.match(text, 't tests');
  assert.not.match(table(finished), 'no spread');
});

test('a difference that rounds to zero has no sign', () => {
  const text = table([run('backprop', 1, [5]), run('feedback-alignment', 1, [4.999])], {}, { seeds: [1] });
  assert.is(squeezed(lineOf(text, 'feedback-alignment')), 'feedback-alignment 1 5.00 – 4,000');
  assert.match(contrastOf(text, 'feedback-alignment'), 'feedback-alignment 0.00 –');
});

test('a rule that was trained for less or in other minibatches says so', () => {
  const text = squeezed(
    table(finished, {}, {}, [
      condition('backprop'),
      condition('feedback-alignment', { epochs: 1, batch: 1 }),
    ]),
  );
  assert.match(
    text,
    'Note feedback-alignment was trained for 1 epoch, not for 2 epochs, and in batches of 1, not of 100',
  );
  assert.match(text, 'but feedback-alignment: epochs 1; batch 1');
  assert.not.match(text, 'backprop was trained');
});

test('no line is wider than the terminal, down to 80 columns', () => {
  const rules = ['backprop', 'direct-feedback-alignment'];
  const runs = [1, 2, 3].flatMap((seed) => [
    run('backprop', seed, [10 + seed]),
    run('direct-feedback-alignment', seed, [12.5 + 2 * seed]),
  ]);
  for (const width of [80, 100, 120]) {
    for (const line of table(
      runs,
      { width },
      { note: 'word '.repeat(60).trim() },
      rules.map((rule) => condition(rule)),
    ).split('\n')) {
      assert.ok(line.length <= width, `${width}: ${line}`);
      assert.is(line, line.trimEnd());
    }
  }
});

test('a narrow table says the same as a wide one', () => {
  const words = (text: string) => text.split(/\s+|─+/).sort();
  assert.equal(words(table(finished, { width: 72 })), words(table(finished, { width: 200 })));
});

test('conditions are named by their labels, and a score by its unit', () => {
  const compared = [
    condition('backprop', {}, 'backprop-batch-10'),
    { ...condition('backprop', { batch: 20 }, 'backprop-batch-20'), label: 'backprop batch=20' },
  ];
  const runs = [
    run('backprop', 1, [0.0123], { condition: 'backprop-batch-10' }),
    run('backprop', 1, [0.02], { condition: 'backprop-batch-20' }),
  ];
  const score = { label: 'Test error', unit: 'squared error per pixel', better: 'lower', digits: 4 };
  const text = table(runs, { width: 200 }, { seeds: [1], score, task: 'reconstruct' }, compared);
  assert.match(text, /^Condition/m);
  assert.match(text, 'Test error, squared error per pixel');
  assert.match(text, /^backprop batch=20 +1 +0\.0200/m);
  assert.match(text, /^backprop batch=20 +\+0\.0077/m);
  assert.match(text, /^Task +reconstruct$/m);
});

test('runs that have not ended are noted', () => {
  assert.match(
    squeezed(table(finished.slice(0, 5))),
    'feedback-alignment: 1 of 3 runs not finished, not in the mean',
  );
});

test('a terminal without columns does not get one word a line', () => {
  const longest = Math.max(
    ...table(finished, { width: 0 })
      .split('\n')
      .map((line) => line.length),
  );
  assert.ok(longest > 40);
});

test('a path is not broken', () => {
  const folder = `${'a-long-folder-name/'.repeat(8)}runs`;
  const text = table([run('backprop', 1, [5], { folder: `${folder}/one` })], {}, { seeds: [1] }, [
    conditions[0]!,
  ]);
  assert.match(text, folder);
});

test('the folder named is the deepest that holds all runs', () => {
  const runs = ['/data/runs/a/1', '/data/runs/ab/2'].map((folder, index) =>
    run('backprop', index + 1, [5], { folder }),
  );
  assert.match(table(runs, {}, { seeds: [1, 2] }, [conditions[0]!]), /^Runs +\/data\/runs \(2 folders\)$/m);
});

test('colour changes no text, marks the verdict, and NO_COLOR turns it off', () => {
  const better = [1, 2, 3].flatMap((seed) => [
    run('backprop', seed, [5 + seed]),
    run('feedback-alignment', seed, [4 + seed + 0.01 * seed]),
  ]);
  const coloured = table(better, { colour: true });
  assert.is(stripVTControlCharacters(coloured), table(better));
  assert.is.not(coloured, table(better));
  assert.match(coloured, green('-0.98 [-1.00, -0.96]'));
  assert.match(coloured, green('better'));
  assert.match(table(finished, { colour: true }), ' +2.00 [-0.48, +4.48] ');
  // All differences equal: an interval without width decides nothing.
  const equal = [1, 2, 3].flatMap((seed) => [
    run('backprop', seed, [5 + seed]),
    run('feedback-alignment', seed, [4 + seed]),
  ]);
  assert.match(table(equal, { colour: true }), ' -1.00 [-1.00, -1.00] ');
  assert.match(table(equal), 'none: all differences are the same');
  process.env.NO_COLOR = '1';
  assert.is(table(better, { colour: true }), table(better));
});

test.run();
