import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ComparisonDocument } from '../../results/index.ts';
import { inThisProcess } from './dendrite.ts';
import { onTiny, writeTinyIdx } from './tiny-idx.ts';

const test = suite('repeat and table');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-repeat-'));
test.after(() => rmSync(folder, { recursive: true }));

const plugin = join(folder, 'own.ts');
writeFileSync(
  plugin,
  `import { defineRule, RULES } from 'dendrite';
export const own = defineRule({ ...RULES.find((rule) => rule.name === 'feedback-alignment'), name: 'own' });`,
);
const tiny = [
  ...['compare', '--out', join(folder, 'runs'), ...onTiny(writeTinyIdx(join(folder, 'tiny')))],
  ...['--rules', 'backprop,own', '--plugin', plugin, '--seeds', '2,', '--epochs', '2', '--validation', '6'],
  ...['--vary', 'own.feedbackScale=0.5,1', '--diagnostics', 'all'],
];
const again = (...args: string[]) => inThisProcess(['repeat', '--out', join(folder, 'again'), ...args]);

let printed = '';
let document: ComparisonDocument;
test.before(async () => {
  const { stdout, code, stderr } = await inThisProcess([...tiny, '--json']);
  assert.is(code, 0, stderr);
  printed = stdout;
  document = JSON.parse(stdout);
});
const runFolder = (condition: number): string => document.runs[condition]!.folder;

test('table prints from the folder what compare printed', async () => {
  const comparison = dirname(runFolder(0));
  const json = await inThisProcess(['table', comparison, '--json']);
  assert.is(json.stdout, printed);
  assert.is(json.stderr, '');
  const table = await inThisProcess(['table', comparison]);
  assert.is(table.code, 0);
  assert.match(table.stdout, /^own feedbackScale=0\.5 /m);
  const second = await inThisProcess(tiny);
  const [, made] = /^Runs +(\S+)/m.exec(second.stdout)!;
  assert.is((await inThisProcess(['table', `${made}/`])).stdout, second.stdout);
});

test('repeat gives the same bits and says so, in one sentence', async () => {
  const { code, stdout } = await again(runFolder(1), '--check');
  assert.is(code, 0);
  assert.match(
    stdout,
    /^own feedbackScale=0\.5 seed 2 of \S+ is repeated in \S+: finished, test error \d+\.\d\d %; all bits are the same\n$/,
  );
});

test('--check fails where the bits differ, and says where', async () => {
  const path = join(runFolder(2), 'metrics.jsonl');
  const [first, second] = readFileSync(path, 'utf8').trim().split('\n') as [string, string];
  const other = { ...JSON.parse(second), trainLoss: 0.125 };
  writeFileSync(path, `${first}\n${JSON.stringify(other)}\n`);
  const checked = await again(runFolder(2), '--check');
  assert.is(checked.code, 1);
  assert.match(checked.stdout, /not the same bits: trainLoss differs in epoch 2\n$/);
  // Without --check it is said, and no failure.
  const repeated = await again(runFolder(2));
  assert.is(repeated.code, 0);
  assert.match(repeated.stdout, /not the same bits/);
});

test('a plug-in that has changed is refused', async () => {
  writeFileSync(plugin, `${readFileSync(plugin, 'utf8')}\n`);
  const { code, stdout, stderr } = await again(runFolder(1));
  assert.is(code, 1);
  assert.is(stdout, '');
  assert.match(stderr, /^dendrite: the plug-in \S+ has changed since the run/);
});

test.run();
