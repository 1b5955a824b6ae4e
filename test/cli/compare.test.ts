import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type CompareDocument, compareJsonSchema } from '../../results/index.ts';
import { dendrite } from './dendrite.ts';

const test = suite('compare');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-compare-'));
test.after(() => rmSync(folder, { recursive: true }));

const SMALL = [
  'compare',
  '--out',
  folder,
  '--layers',
  '784,30,10',
  '--blas',
  'none',
  '--device',
  'cpu',
  '--json',
];
const documentOf = async (...args: string[]): Promise<CompareDocument> => {
  const { stdout, stderr, code } = await dendrite(...SMALL, ...args);
  assert.is(code, 0, stderr);
  return JSON.parse(stdout);
};
/** All that must be the same when a run is repeated: every metric but the times. */
const metrics = ({ runs }: CompareDocument) =>
  runs.map(({ rule, seed, status, epochs }) => ({
    rule,
    seed,
    status,
    epochs: epochs.map(({ seconds, evaluationSeconds, examplesPerSecond, ...rest }) => rest),
  }));

test('prints one JSON document that fits its schema, and leaves a folder for each run', async () => {
  const document = await documentOf(
    '--rules',
    'backprop,feedback-alignment',
    '--seeds',
    '2',
    '--epochs',
    '2',
  );
  const validate = new Ajv2020().compile(compareJsonSchema());
  assert.ok(validate(document), JSON.stringify(validate.errors));
  assert.equal(
    document.runs.map(({ rule, seed, status }) => [rule, seed, status]),
    [
      ['backprop', 1, 'finished'],
      ['backprop', 2, 'finished'],
      ['feedback-alignment', 1, 'finished'],
      ['feedback-alignment', 2, 'finished'],
    ],
  );
  for (const run of document.runs) {
    assert.equal(readdirSync(run.folder).sort(), [
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
  assert.ok(backprop.testError! < 20);
  assert.ok(Math.abs(backprop.diagnostics!.angle!['input to hidden 1']!) < 0.1);
  const alignment = document.runs[2]!.epochs.at(-1)!;
  const angle = alignment.diagnostics!.angle!['input to hidden 1']!;
  assert.ok(angle > 20 && angle < 90);
});

test('the same command gives the same metrics, with one worker and with three', async () => {
  const args = ['--rules', 'backprop,direct-feedback-alignment', '--seeds', '2', '--epochs', '1'];
  const [one, three] = await Promise.all([
    documentOf(...args, '--jobs', '1'),
    documentOf(...args, '--jobs', '3'),
  ]);
  assert.equal(metrics(one!), metrics(three!));
});

test('a run that diverges is recorded and does not stop the others', async () => {
  const document = await documentOf(
    ...['--activation', 'relu', '--initial', 'he-normal', '--rate', '3e4', '--seeds', '1', '--epochs', '2'],
    ...['--rules', 'backprop,feedback-alignment', '--loss', 'squared-error', '--output-activation', 'linear'],
  );
  assert.equal(
    document.runs.map(({ status }) => status),
    ['diverged', 'diverged'],
  );
  assert.match(document.runs[0]!.reason!, /the training loss became (NaN|Infinity) in epoch 1/);
  assert.is(document.summary[0]!.diverged, 1);
  assert.is(document.summary[0]!.mean, null);
});

test('an optional validation split is measured too, and the budget can be counted in examples', async () => {
  const document = await documentOf(
    '--rules',
    'backprop',
    '--seeds',
    '5,',
    '--validation',
    '1000',
    '--examples',
    '7510',
  );
  assert.is(document.experiment.trainExamples, 7000);
  const { epochs, seed } = document.runs[0]!;
  assert.is(seed, 5);
  assert.equal(
    epochs.map(({ examples }) => examples),
    [7000, 7550],
  );
  assert.ok(
    epochs.every(({ validationError }) => typeof validationError === 'number' && validationError < 60),
  );
});

test('prints a table with the context of its numbers', async () => {
  const { stdout, stderr, code } = await dendrite(
    ...SMALL.slice(0, -1),
    '--rules',
    'backprop',
    '--seeds',
    '2',
    '--epochs',
    '1',
  );
  assert.is(code, 0, stderr);
  for (const text of [/backprop/, /±/, /8,?000/, /2,?000/, /not.*comparable/i, /784.30.10/])
    assert.match(stdout, text);
  assert.match(stderr, /backprop seed 2 finished, test error/);
});

test.run();
