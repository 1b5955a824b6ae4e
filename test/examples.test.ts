import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dendrite } from './cli/dendrite.ts';

const test = suite('examples');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-examples-'));
test.after(() => rmSync(folder, { recursive: true }));
const RULE = 'examples/own-rule/sign-symmetry.ts';

test('own-rule: the rule passes the checks', async () => {
  const { stdout, code } = await dendrite('check', RULE);
  assert.match(stdout, /my-sign-symmetry/);
  assert.match(stdout, /ok {3}learns a tiny task/);
  assert.not.match(stdout, /FAIL/);
  assert.is(code, 0);
});

test('own-rule: the rule is compared with a built-in one', async () => {
  const { stdout, stderr, code } = await dendrite(
    ...['compare', '--plugin', RULE, '--rules', 'backprop,my-sign-symmetry', '--layers', '784,30,10'],
    ...['--epochs', '2', '--seeds', '2', '--out', folder, '--json'],
  );
  assert.is(code, 0, stderr);
  const { summary } = JSON.parse(stdout);
  assert.is(summary[1].rule, 'my-sign-symmetry');
  assert.is(summary[1].n, 2);
  // Chance is 90 %; sign-symmetric feedback does about as well as backprop.
  assert.ok(summary[1].mean < 20);
});

test('own-task: outputs that know nothing are surprised by the logarithm of the number of classes', async () => {
  const { stdout, stderr, code } = await dendrite(
    ...['compare', '--plugin', 'examples/own-task/log-loss.ts', '--task', 'log-loss', '--rules', 'backprop'],
    ...[
      '--initial',
      'zero',
      '--learning-rate',
      '1e-9',
      '--examples',
      '100',
      '--seeds',
      '1',
      '--out',
      folder,
      '--json',
    ],
  );
  assert.is(code, 0, stderr);
  const { experiment, runs } = JSON.parse(stdout);
  assert.is(experiment.score.unit, 'nats');
  const [{ testScore, trainScore }] = runs[0].epochs;
  for (const score of [testScore, trainScore]) assert.ok(Math.abs(score - Math.log(10)) < 1e-4, `${score}`);
});

test('own-task: what has no probabilities is refused', async () => {
  const { stderr, code } = await dendrite(
    ...['compare', '--plugin', 'examples/own-task/log-loss.ts', '--task', 'log-loss', '--rules', 'backprop'],
    ...['--loss', 'squared-error', '--out', folder],
  );
  assert.is(code, 1);
  assert.match(stderr, /log-loss needs outputs that are probabilities/);
});

test.run();
