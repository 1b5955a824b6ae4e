import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type CompareOptions, compare, type RunProgress, resume } from '../../experiments/index.ts';
import { UserError } from '../../kernels/index.ts';
import {
  type ComparisonDocument,
  readExperiment,
  type Trial,
  type TuningRecord,
} from '../../results/index.ts';
import { defineRule, RULES } from '../../rules/index.ts';
import { TASKS } from '../../training/index.ts';
import { writeTinyIdx } from '../cli/tiny-idx.ts';

/** Comparisons whose values are tuned first: the trials, what is chosen from them, and how they go on when they were stopped. */
const test = suite('tuning');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-tuning-'));
test.after(() => rmSync(folder, { recursive: true }));
const data = writeTinyIdx(join(folder, 'tiny'));

const find = (rule: string) => RULES.find(({ name }) => name === rule)!;
/** In memory, so that all runs beside them are in this thread too: a worker thread takes longer to start than these take to train. */
const own = defineRule({ ...find('feedback-alignment'), name: 'own' });
const bare = defineRule({ ...find('shallow'), name: 'bare' });
const exact = defineRule({ ...find('backprop'), name: 'exact' });

let number = 0;
const tuned = (options: Partial<CompareOptions> = {}): CompareOptions => ({
  dataset: `idx:${data}`,
  rules: ['backprop', own],
  seeds: [1, 2],
  settings: { layers: [64, 5, 3], batch: 12, epochs: 27, learningRate: 0.003 },
  tune: { trials: 9, seed: 5 },
  out: join(folder, String(number++)),
  jobs: 2,
  device: { device: 'cpu', blas: 'none' },
  ...options,
});

/** The same, undisturbed. */
let whole: Promise<ComparisonDocument> | null = null;
const undisturbed = (): Promise<ComparisonDocument> => {
  whole ??= compare(tuned());
  return whole;
};

/** Folder of a comparison's document. */
const folderOf = ({ runs }: ComparisonDocument) => dirname(runs[0]!.folder);
const rungOf = (at: string, rung: number) => readExperiment(join(at, 'tuning', `rung-${rung}`)).document;

/** What does not depend on the clock. */
const withoutTimes = (tuning: TuningRecord | undefined) =>
  JSON.parse(JSON.stringify(tuning, (key, value) => (key === 'seconds' ? undefined : value)));
const outcomes = ({ runs }: ComparisonDocument) =>
  runs.map(({ condition, seed, status, statesHash, epochs }) => ({
    ...{ condition, seed, status, statesHash },
    epochs: epochs.map(({ seconds, evaluationSeconds, examplesPerSecond, ...rest }) => rest),
  }));

test('every condition has the same trials and rungs, and the runs have the values of its best trial', async () => {
  const document = await undisturbed();
  const tuning = document.tuning!;
  assert.equal(
    tuning.rungs.map(({ fraction, trials }) => [Math.round(1 / fraction), trials]),
    [
      [9, 9],
      [3, 4],
      [1, 2],
    ],
  );
  assert.is(tuning.seed, 5);
  assert.is(tuning.validation, 12);
  const at = folderOf(document);
  for (const { condition, trials, chosen } of tuning.conditions) {
    assert.equal(
      [1, 2, 3].map((rung) => trials.filter((trial) => trial.outcomes.length >= rung).length),
      [9, 4, 2],
    );
    // The rungs are comparisons of their own, with a part of the budget.
    for (const [rung, epochs] of [3, 9, 27].entries()) {
      const of = rungOf(at, rung + 1);
      assert.is(of.experiment.scored, 'validation');
      assert.equal(of.experiment.seeds, [5]);
      for (const trial of trials.filter(({ outcomes }) => outcomes.length > rung)) {
        const run = of.runs.find((one) => one.condition === `${condition}-trial-${trial.trial}`)!;
        assert.is(run.epochs.length, epochs);
        assert.is(trial.outcomes[rung]!.score, run.epochs.at(-1)!.validationScore);
        assert.is(trial.outcomes[rung]!.examples, 48 * epochs);
        assert.ok(run.epochs.every(({ testScore }) => testScore === null));
      }
    }
    // The own values are in every rung; of the others, one that went on was at least as good as any that did not.
    assert.is(trials[0]!.outcomes.length, 3);
    for (const rung of [0, 1]) {
      const scores = (went: boolean) =>
        trials
          .slice(1)
          .filter(({ outcomes }) => outcomes.length > rung && outcomes.length > rung + 1 === went)
          .map(({ outcomes }) => outcomes[rung]!.score!);
      assert.ok(Math.max(...scores(true)) <= Math.min(...scores(false)));
    }
    const [best] = trials
      .filter(({ outcomes }) => outcomes.length === 3)
      .sort((a, b) => a.outcomes[2]!.score! - b.outcomes[2]!.score!) as [Trial];
    assert.is(chosen, best.trial);
    const { settings, options } = document.conditions.find(({ id }) => id === condition)!;
    for (const [name, value] of Object.entries(best.values))
      assert.equal(
        name === 'learningRate' ? settings.learningRate : options[name],
        name === 'learningRate' ? [value] : value,
      );
    assert.is(settings.epochs, 27);
  }
  // Trials of a rate that hardly learns are not the last word; of trials that are equally good the own values stay.
  assert.ok(tuning.conditions.some(({ chosen }) => chosen !== 1));
  // The runs are trained on all training examples, from their own seeds.
  assert.equal(
    document.runs.map(({ condition, seed, epochs }) => [condition, seed, epochs.at(-1)!.examples]),
    ['backprop', 'own'].flatMap((condition) => [1, 2].map((seed) => [condition, seed, 27 * 60])),
  );
  assert.ok(document.runs.every(({ epochs }) => epochs.every(({ testScore }) => testScore !== null)));
  // Everything is in the folder too.
  const read = readExperiment(at);
  assert.equal(read.document, document);
  assert.equal(read.experiment.tuning, tuning);
  assert.equal(read.experiment.conditions, document.conditions);
});

test('the first trial has the own values of its condition, and no two are the same', async () => {
  const { tuning } = await undisturbed();
  for (const { condition, trials } of tuning!.conditions) {
    assert.equal(
      trials[0]!.values,
      condition === 'own' ? { learningRate: 0.003, feedbackScale: 0.5 } : { learningRate: 0.003 },
    );
    assert.is(new Set(trials.map(({ values }) => JSON.stringify(values))).size, 9);
  }
});

test('another condition moves no trial of the others', async () => {
  const both = await undisturbed();
  const alone = await compare(tuned({ rules: [own] }));
  const of = ({ tuning }: ComparisonDocument) =>
    withoutTimes(tuning).conditions.find(({ condition }: { condition: string }) => condition === 'own');
  assert.equal(of(alone), of(both));
  const other = await compare(tuned({ rules: [own], tune: { trials: 9, seed: 6 } }));
  assert.not.equal(of(other), of(alone));
});

/** The same images, with test labels that say nothing of them. */
function poisoned(): string {
  const at = writeTinyIdx(join(folder, 'poisoned'));
  const file = join(at, 't10k-labels-idx1-ubyte');
  const bytes = readFileSync(file);
  for (let i = 8; i < bytes.length; i++) bytes[i] = (bytes[i]! + 1 + (i % 2)) % 3;
  writeFileSync(file, bytes);
  return at;
}

test('the test labels have no part in a choice', async () => {
  const sound = await undisturbed();
  const document = await compare(tuned({ dataset: `idx:${poisoned()}` }));
  assert.equal(withoutTimes(document.tuning), withoutTimes(sound.tuning));
  for (const rung of [1, 2, 3]) {
    const trials = rungOf(folderOf(document), rung);
    assert.equal(outcomes(trials), outcomes(rungOf(folderOf(sound), rung)));
    assert.ok(trials.runs.every(({ testScore }) => testScore.last === null && testScore.best === null));
  }
  const test = ({ runs }: ComparisonDocument) => runs.map(({ testScore }) => testScore.last);
  assert.equal(
    document.runs.map(({ statesHash }) => statesHash),
    sound.runs.map(({ statesHash }) => statesHash),
  );
  // The labels were poisoned: only the table tells.
  assert.ok(test(document).every((score, i) => score! > test(sound)[i]!));
});

/** Stops when it is told to, and says where the comparison is. */
async function stopped(
  options: CompareOptions,
  when: (progress: RunProgress, rung: number | null) => boolean,
): Promise<{ document: ComparisonDocument; at: string }> {
  const stop = new AbortController();
  let at = '';
  let rung: number | null = null;
  const document = await compare(options, {
    started: (started) => {
      at = started.whole;
      rung = started.rung?.[0] ?? null;
    },
    progress: (progress) => {
      if (when(progress, rung)) stop.abort(new Error('enough'));
    },
    signal: stop.signal,
  });
  return { document, at };
}

for (const [where, when] of [
  ['within the first rung', ({ condition }, rung) => rung === 1 && condition.startsWith('own')],
  ['within the second rung', ({ epoch }, rung) => rung === 2 && epoch === 2],
  ['within the last rung', ({ epoch }, rung) => rung === 3 && epoch >= 5],
  ['within the runs', ({ epoch }, rung) => rung === null && epoch >= 5],
] as [string, Parameters<typeof stopped>[1]][])
  test(`a tuning that is stopped ${where} comes to the same choices and bits`, async () => {
    const wanted = await undisturbed();
    const { at, document } = await stopped(tuned(), when);
    assert.ok(document.summary.some(({ unfinished }) => unfinished > 0));
    assert.ok(existsSync(join(at, 'comparison.json')));
    const started: (number | null)[] = [];
    const resumed = await resume(
      at,
      { rules: [own] },
      { started: ({ rung }) => void started.push(rung?.[0] ?? null) },
    );
    assert.equal(withoutTimes(resumed.tuning), withoutTimes(wanted.tuning));
    assert.equal(outcomes(resumed), outcomes(wanted));
    for (const rung of [1, 2, 3])
      assert.equal(outcomes(rungOf(at, rung)), outcomes(rungOf(folderOf(wanted), rung)));
    // A rung that is over is not looked at again.
    assert.is(
      started.length,
      {
        'within the first rung': 4,
        'within the second rung': 3,
        'within the last rung': 2,
        'within the runs': 1,
      }[where],
    );
    assert.equal(
      readdirSync(at, { recursive: true, encoding: 'utf8' }).filter((name) => /lock-|\.tmp$/.test(name)),
      [],
    );
    // There is nothing to do the next time.
    assert.equal(outcomes(await resume(at, { rules: [own] })), outcomes(wanted));
  });

test('a rung is an ordinary comparison, which can be gone on with alone', async () => {
  const wanted = await undisturbed();
  const { at } = await stopped(tuned(), (_, rung) => rung === 2);
  const rung = await resume(join(at, 'tuning', 'rung-2'), { rules: [own] });
  assert.equal(outcomes(rung), outcomes(rungOf(folderOf(wanted), 2)));
  assert.equal(outcomes(await resume(at, { rules: [own] })), outcomes(wanted));
});

test('the summary of a rung is of validation scores', async () => {
  const rung = rungOf(folderOf(await undisturbed()), 1);
  assert.is(rung.experiment.score.label, 'Validation error');
  assert.equal(
    rung.summary.map(({ mean }) => mean),
    rung.runs.map(({ validationScore }) => validationScore!.last),
  );
});

const DIVERGING = {
  rule: exact,
  settings: { loss: 'squared-error', outputActivation: 'linear', activation: 'relu', learningRate: 0.01 },
} as const;

test('trials that diverge lose, and stay in the record', async () => {
  const rules = [{ ...DIVERGING, search: { learningRate: { logUniform: [1e-3, 1e30] } } }] as const;
  const { tuning, runs } = await compare(tuned({ rules }));
  const { trials, chosen } = tuning!.conditions[0]!;
  const diverged = trials.filter(({ outcomes }) => outcomes[0]!.status === 'diverged');
  assert.ok(diverged.length >= 3);
  for (const { outcomes } of diverged) {
    assert.is(outcomes.length, 1);
    assert.is(outcomes[0]!.score, null);
    assert.match(outcomes[0]!.reason!, /training loss became/);
  }
  assert.ok(!diverged.some(({ trial }) => trial === chosen));
  assert.ok(runs.every(({ status }) => status === 'finished'));
});

test('a condition without a trial that is left stops the comparison in one sentence, and what is recorded stays', async () => {
  const rules = [{ ...DIVERGING, settings: { ...DIVERGING.settings, learningRate: 1e29 } }, own] as const;
  const out = join(folder, 'none-left');
  await assertRejects(
    () => compare(tuned({ rules, out })),
    /^of the 9 trials of the condition 'exact' none is left, the first diverged as the training loss became .*: give it another search space/,
  );
  const at = join(out, readdirSync(out)[0]!);
  assert.is(rungOf(at, 1).runs.length, 18);
  await assertRejects(() => resume(at, { rules: [exact, own] }), /of the condition 'exact' none is left/);
});

test('trials that failed are tried again where that is asked for', async () => {
  let broken = true;
  const flaky = defineRule({
    ...own,
    name: 'flaky',
    build(context) {
      if (broken) throw new Error('the first time it fails');
      return own.build(context);
    },
  });
  const out = join(folder, 'flaky');
  const options = tuned({ rules: [flaky], out });
  await assertRejects(
    () => compare(options),
    /the first failed as the first time it fails: `dendrite resume --retry-failed`/,
  );
  broken = false;
  const at = join(out, readdirSync(out)[0]!);
  await assertRejects(() => resume(at, { rules: [flaky] }), /none is left/);
  const document = await resume(at, { rules: [flaky], retryFailed: true });
  assert.ok(document.tuning!.conditions[0]!.chosen !== null);
  assert.ok(document.runs.every(({ status }) => status === 'finished'));
});

test('a larger score wins where larger is better', async () => {
  const classify = TASKS.find(({ name }) => name === 'classify')!;
  const accuracy = {
    ...classify,
    name: 'accuracy',
    score: { ...classify.score, label: 'Test accuracy', better: 'higher' },
  };
  const plugins = { files: [], rules: [], tasks: [accuracy], diagnostics: [], datasets: [] } as never;
  const { tuning } = await compare(tuned({ rules: [own], task: 'accuracy', plugins }));
  const [first] = tuning!.conditions;
  const scores = first!.trials.map(({ outcomes }) => outcomes[0]!.score!);
  const on = first!.trials
    .filter(({ outcomes }) => outcomes.length > 1)
    .map(({ outcomes }) => outcomes[0]!.score!);
  assert.is(Math.max(...on), Math.max(...scores));
  assert.ok(Math.max(...scores) > Math.min(...scores));
});

test('small budgets and few trials make fewer rungs, down to plain random search', async () => {
  const rungs = async (trials: number, settings: CompareOptions['settings']) => {
    const document = await compare(
      tuned({
        rules: [bare],
        seeds: [1],
        tune: trials,
        settings: { layers: [64, 5, 3], batch: 4, ...settings },
      }),
    );
    return document.tuning!.rungs.map(({ fraction, trials }) => `${trials} x 1/${Math.round(1 / fraction)}`);
  };
  assert.equal(await rungs(2, { epochs: 27 }), ['2 x 1/1']);
  assert.equal(await rungs(4, { epochs: 27 }), ['4 x 1/3', '2 x 1/1']);
  assert.equal(await rungs(12, { epochs: 7 }), ['12 x 1/1']);
  assert.equal(await rungs(12, { epochs: 8 }), ['12 x 1/3', '5 x 1/1']);
  assert.equal(await rungs(10, { epochs: 25 }), ['10 x 1/9', '4 x 1/3', '2 x 1/1']);
  assert.equal(await rungs(10, { examples: 60 * 27 }), ['10 x 1/9', '4 x 1/3', '2 x 1/1']);
  assert.equal(await rungs(10, { examples: 120 }), ['10 x 1/1']);
  assert.equal(await rungs(10, { multiplyAccumulates: 100_000 }), ['10 x 1/9', '4 x 1/3', '2 x 1/1']);
  assert.equal(await rungs(3, { seconds: 0.02 }), ['3 x 1/3', '2 x 1/1']);
});

test('the validation split is the one asked for, that of the experiment, or a part of the training set', async () => {
  const sizes = async (options: Partial<CompareOptions>) => {
    const document = await compare(
      tuned({
        rules: [bare],
        seeds: [1],
        tune: 2,
        settings: { layers: [64, 5, 3], batch: 4, epochs: 1 },
        ...options,
      }),
    );
    return [document.tuning!.validation, document.experiment.validation, document.experiment.trainExamples];
  };
  assert.equal(await sizes({}), [12, 0, 60]);
  assert.equal(await sizes({ validation: 21 }), [21, 21, 39]);
  assert.equal(await sizes({ tune: { trials: 2, validation: 30 } }), [30, 0, 60]);
});

test('the trials have a seed of their own', async () => {
  const seedOf = async (seeds: number[], tune: CompareOptions['tune']) =>
    (
      await compare(
        tuned({
          rules: [bare],
          seeds,
          tune: tune!,
          settings: { layers: [64, 5, 3], batch: 4, epochs: 1 },
        }),
      )
    ).tuning!.seed;
  assert.is(await seedOf([1], 2), 0);
  assert.is(await seedOf([0, 2], 2), 1);
  await assertRejects(
    () => seedOf([1, 2], { trials: 2, seed: 2 }),
    /the seed 2 of the tuning is one of the seeds of the runs, which must be fresh/,
  );
});

for (const [what, options, pattern] of [
  ['one trial', { tune: 1 }, /tune: must be at least 2, but is '1'/],
  ['half a trial', { tune: 2.5 }, /tune: must be a whole number/],
  [
    'more validation than there is',
    { tune: { trials: 2, validation: 60 } },
    /leaves nothing of the 60 training examples .* at most 59/,
  ],
  [
    'too few left for a minibatch',
    { settings: { layers: [64, 5, 3], batch: 50 } },
    /batch: 50 is more than the 48 training examples/,
  ],
  [
    'a space that is too small',
    { rules: [{ rule: 'backprop', search: { learningRate: { choices: [0.1, 0.2] } } }] },
    /has room for 3 different trials, not for 9/,
  ],
  [
    'nothing to search',
    { rules: [{ rule: 'backprop', search: { learningRate: null } }] },
    /nothing of the condition 'backprop' is searched/,
  ],
  [
    'a wrong search, tuned or not',
    { tune: undefined, rules: [{ rule: 'backprop', search: { momentum: { uniform: [0, 2] } } }] },
    /reaches 2, but it must be below 1/,
  ],
  [
    'values that do not go together',
    {
      rules: [
        {
          rule: 'equilibrium-propagation',
          search: { continual: { choices: [true, false] }, variant: { choices: ['centred', 'positive'] } },
        },
      ],
    },
    /the search space of the condition 'equilibrium-propagation' holds .*"centred".* which does not go together: /,
  ],
  [
    'validation scores without a split',
    { tune: undefined, scored: 'validation' },
    /validation: must be above 0/,
  ],
] as [string, Partial<CompareOptions>, RegExp][])
  test(`${what}: refused before anything is written`, async () => {
    const asked = tuned(options);
    await assertRejects(() => compare(asked), pattern);
    assert.is(existsSync(asked.out!), false);
  });

async function assertRejects(work: () => Promise<unknown>, pattern: RegExp): Promise<void> {
  try {
    await work();
  } catch (error) {
    assert.instance(error, UserError);
    assert.match((error as Error).message, pattern);
    assert.not.match((error as Error).message, /\n/);
    return;
  }
  assert.unreachable('nothing was refused');
}

test.run();
