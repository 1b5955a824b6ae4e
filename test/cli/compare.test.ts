import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ComparisonDocument, comparisonJsonSchema } from '../../results/index.ts';
import { RULES } from '../../rules/index.ts';
import { DIAGNOSTICS, optionName, SETTING_NAMES, TASKS } from '../../training/index.ts';
import { dendrite, inThisProcess } from './dendrite.ts';
import { onTiny, writeTinyIdx } from './tiny-idx.ts';

const test = suite('compare');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-compare-'));
test.after(() => rmSync(folder, { recursive: true }));

const tiny = ['compare', '--out', join(folder, 'runs'), ...onTiny(writeTinyIdx(join(folder, 'tiny')))];
/** `tiny` without an option and its value. */
const tinyWithout = (option: string): string[] => {
  const at = tiny.indexOf(option);
  return tiny.filter((_, i) => i !== at && i !== at + 1);
};
const onMnist = [
  ...['compare', '--out', join(folder, 'runs'), '--layers', '784,30,10'],
  ...['--blas', 'none', '--device', 'cpu'],
];

async function documentOf(start: readonly string[], ...args: string[]): Promise<ComparisonDocument> {
  const { stdout, stderr, code } = await inThisProcess([...start, ...args, '--json']);
  assert.is(code, 0, stderr);
  return JSON.parse(stdout);
}

async function tableOf(...args: string[]): Promise<string> {
  const { stdout, stderr, code } = await inThisProcess([...tiny, ...args]);
  assert.is(code, 0, stderr);
  // Long lines are broken.
  return stdout.replaceAll(/\n {10}/g, ' ');
}

/** All that must be the same when a run is repeated: every metric but the times. */
const metrics = ({ runs }: ComparisonDocument) =>
  runs.map(({ condition, seed, status, epochs, statesHash }) => ({
    condition,
    seed,
    status,
    statesHash,
    epochs: epochs.map(({ seconds, evaluationSeconds, examplesPerSecond, ...rest }) => rest),
  }));

test('prints one JSON document that fits its schema, and leaves a folder for each run', async () => {
  const document = await documentOf(
    onMnist,
    ...['--rules', 'backprop,feedback-alignment', '--seeds', '2', '--epochs', '2'],
  );
  const validate = new Ajv2020().compile(comparisonJsonSchema());
  assert.ok(validate(document), JSON.stringify(validate.errors));
  assert.equal(
    document.runs.map(({ condition, seed, status }) => [condition, seed, status]),
    [
      ['backprop', 1, 'finished'],
      ['backprop', 2, 'finished'],
      ['feedback-alignment', 1, 'finished'],
      ['feedback-alignment', 2, 'finished'],
    ],
  );
  for (const run of document.runs) {
    assert.equal(readdirSync(run.folder).sort(), [
      'checkpoints',
      'config.json',
      'metrics.jsonl',
      'provenance.json',
      'status.json',
    ]);
    const lines = readFileSync(join(run.folder, 'metrics.jsonl'), 'utf8').trim().split('\n');
    assert.equal(
      lines.map((line) => JSON.parse(line)),
      run.epochs,
    );
    assert.is(run.device?.name, 'cpu');
    assert.is(run.device?.blas, null);
  }
  const backprop = document.runs[0]!.epochs.at(-1)!;
  // Chance is 90 %.
  assert.ok(backprop.testScore! < 20);
  assert.ok(Math.abs(backprop.diagnostics!.angle!['input to hidden 1']!) < 0.1);
  const alignment = document.runs[2]!.epochs.at(-1)!;
  const angle = alignment.diagnostics!.angle!['input to hidden 1']!;
  assert.ok(angle > 20 && angle < 90);
});

test('the same command gives the same bits, with one worker and with three', async () => {
  const args = ['--rules', 'backprop,direct-feedback-alignment', '--seeds', '2', '--epochs', '2'];
  const one = await documentOf(tiny, ...args);
  const three = await documentOf(tinyWithout('--jobs'), ...args, '--jobs', '3');
  assert.equal(metrics(one), metrics(three));
});

test('a run that diverges is recorded and does not stop the others', async () => {
  const document = await documentOf(
    tiny,
    ...['--activation', 'relu', '--initial', 'he-normal', '--learning-rate', '3e4', '--seeds', '1'],
    ...['--rules', 'backprop,feedback-alignment', '--loss', 'squared-error', '--output-activation', 'linear'],
    ...['--epochs', '2'],
  );
  assert.equal(
    document.runs.map(({ status }) => status),
    ['diverged', 'diverged'],
  );
  assert.match(document.runs[0]!.reason!, /the training loss became (NaN|Infinity) in epoch 1/);
  assert.is(document.summary[0]!.diverged, 1);
  assert.is(document.summary[0]!.mean, null);
});

test('a run that fails is in the table with its reason, and in the exit code', async () => {
  const failing = join(folder, 'failing.ts');
  writeFileSync(
    failing,
    `import { defineRule, RULES } from 'dendrite';
export const failing = defineRule({ ...RULES.find((r) => r.name === 'backprop'), name: 'failing', build() { throw new Error('out of order'); } });`,
  );
  const { stdout, code } = await inThisProcess([
    ...tiny,
    ...['--plugin', failing, '--rules', 'backprop,failing', '--seeds', '1', '--epochs', '1'],
  ]);
  assert.is(code, 1);
  assert.match(stdout, /failing: 1 of 1 run failed, not in the mean \(seed 1: out of order\)/);
});

test('a validation split is measured too, and the budget can be counted in examples', async () => {
  const document = await documentOf(
    tiny,
    ...['--rules', 'backprop', '--seeds', '5,', '--validation', '6', '--examples', '75'],
  );
  assert.is(document.experiment.trainExamples, 54);
  const { epochs, seed } = document.runs[0]!;
  assert.is(seed, 5);
  // 75 examples are shown in 8 whole minibatches, the first 5 of them in the first epoch.
  assert.equal(
    epochs.map(({ examples }) => examples),
    [50, 80],
  );
  assert.ok(epochs.every(({ validationScore }) => typeof validationScore === 'number'));
});

test('--vary makes conditions of options, settings and recipes, and several form the grid', async () => {
  const { conditions, runs, summary } = await documentOf(
    tinyWithout('--layers'),
    ...['--rules', 'backprop,equilibrium-propagation', '--seeds', '1', '--examples', '10'],
    ...['--vary', 'equilibrium-propagation.beta=0.1,0.5', '--vary', 'layers=64,5,3|64,7,3'],
    ...['--vary', 'backprop.learningRate=0.1,0.2|0.3'],
  );
  const shown = conditions.map(({ rule, settings, options }) => [
    rule,
    settings.layers[1],
    rule === 'backprop' ? settings.learningRate : options.beta,
  ]);
  assert.equal(shown, [
    ['backprop', 5, [0.1, 0.2]],
    ['backprop', 5, [0.3]],
    ['backprop', 7, [0.1, 0.2]],
    ['backprop', 7, [0.3]],
    ['equilibrium-propagation', 5, 0.1],
    ['equilibrium-propagation', 7, 0.1],
    ['equilibrium-propagation', 5, 0.5],
    ['equilibrium-propagation', 7, 0.5],
  ]);
  const ids = conditions.map(({ id }) => id);
  assert.is(new Set(ids).size, 8);
  assert.equal(
    runs.map(({ condition }) => condition),
    ids,
  );
  assert.equal(
    summary.map(({ condition }) => condition),
    ids,
  );
});

test('--recipe chooses one, and --vary rule.recipe compares several', async () => {
  const { name, recipes = [] } = RULES.find((rule) => rule.name === 'equilibrium-propagation')!;
  const [first, second] = recipes.map((recipe) => recipe.name) as [string, string];
  const args = ['--rules', name, '--seeds', '1', '--examples', '10'];
  const recipesOf = ({ conditions }: ComparisonDocument) => conditions.map(({ recipe }) => recipe);
  assert.equal(recipesOf(await documentOf(tiny, ...args)), [first]);
  assert.equal(recipesOf(await documentOf(tiny, ...args, '--recipe', `${name}=${second}`)), [second]);
  const both = await documentOf(tiny, ...args, '--vary', `${name}.recipe=${first},${second}`);
  assert.equal(recipesOf(both), [first, second]);
  assert.not.equal(both.conditions[0]!.settings, both.conditions[1]!.settings);
});

test('--set takes options of a rule and settings for it alone, in either spelling', async () => {
  const { conditions } = await documentOf(
    tiny,
    ...[
      '--rules',
      'backprop,feedback-alignment',
      '--seeds',
      '1',
      '--examples',
      '10',
      '--weight-decay',
      '0.1',
    ],
    ...['--set', 'backprop.weight-decay=0.2', 'backprop.learningRate=0.3'],
    ...['--set', 'feedback-alignment.feedbackScale=0.5'],
  );
  const [backprop, alignment] = conditions;
  assert.is(backprop!.settings.weightDecay, 0.2);
  assert.equal(backprop!.settings.learningRate, [0.3]);
  assert.is(alignment!.settings.weightDecay, 0.1);
  assert.is(alignment!.options.feedbackScale, 0.5);
});

test('--task says what is learned and scored', async () => {
  const probed = await documentOf(
    tiny,
    ...['--rules', 'backprop', '--seeds', '1', '--epochs', '1', '--task', 'probe:hidden 1'],
  );
  assert.is(probed.experiment.task, 'probe:hidden 1');
  const autoencoder = await documentOf(
    tinyWithout('--layers'),
    ...['--rules', 'backprop', '--seeds', '1', '--epochs', '1', '--task', 'reconstruct'],
    ...['--layers', '64,5,64'],
  );
  assert.is(autoencoder.experiment.score.unit, 'squared error per pixel');
  assert.ok(autoencoder.runs[0]!.testScore.last! < 0.5);
});

test('the help lists every setting, task and diagnostic, within 110 columns', async () => {
  const { stdout, code } = await dendrite('compare', '--help');
  assert.is(code, 0);
  for (const setting of SETTING_NAMES) assert.match(stdout, new RegExp(`^ +--${optionName(setting)} `, 'm'));
  for (const { name, description } of [...TASKS, ...DIAGNOSTICS]) {
    assert.match(stdout, new RegExp(`^ +${name}(:<[a-z-]+>)?: `, 'm'));
    assert.ok(stdout.replaceAll(/\s+/g, ' ').includes(description.replaceAll(/\s+/g, ' ')), name);
  }
  for (const line of stdout.split('\n')) assert.ok([...line].length <= 110, line);
});

test('--no-diagnostics and --no-blas mean none', async () => {
  const { experiment, runs } = await documentOf(
    tinyWithout('--blas'),
    ...['--rules', 'backprop', '--seeds', '1', '--epochs', '1', '--no-diagnostics', '--no-blas'],
  );
  assert.equal(experiment.diagnostics, []);
  assert.is(runs[0]!.device!.blas, null);
});

test('prints a table with the context of its numbers', async () => {
  const { stdout, stderr, code } = await inThisProcess([
    ...onMnist,
    ...['--rules', 'backprop', '--seeds', '2', '--epochs', '1'],
  ]);
  assert.is(code, 0, stderr);
  for (const text of [/backprop/, /±/, /8,?000/, /2,?000/, /not.*comparable/i, /784.30.10/])
    assert.match(stdout, text);
  assert.match(stderr, /backprop seed 2 finished, test error \d/);
});

test('the table says what was trained', async () => {
  const one = ['--rules', 'backprop', '--seeds', '1'];
  // A minibatch is shown whole.
  const rounded = await tableOf(...one, '--examples', '5', '--momentum', '0.8');
  assert.match(rounded, /^Training {2}10 examples, batches of 10, momentum 0\.8, learning rate 0\.1/m);
  assert.match(
    await tableOf(...one, '--epochs', '1', '--optimizer', 'sgd'),
    /batches of 10, sgd, learning rate/,
  );
  const other = await tableOf(
    ...['--rules', 'backprop,feedback-alignment', '--seeds', '1', '--epochs', '2'],
    ...['--set', 'feedback-alignment.batch=20', 'feedback-alignment.epochs=1'],
  );
  assert.match(
    other,
    /feedback-alignment was trained for 1 epoch, not for 2 epochs, and in batches of 20, not of 10/,
  );
});

test('conditions go by their labels in the table and the progress', async () => {
  const { stdout, stderr } = await inThisProcess([
    ...tiny,
    ...['--rules', 'backprop', '--seeds', '1', '--examples', '10', '--vary', 'momentum=0.5|0.9'],
  ]);
  assert.match(stdout, /^backprop momentum=0\.5 /m);
  assert.match(stderr, /\bbackprop momentum=0\.9 seed 1 finished/);
});

test.run();
