import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ComparisonDiff, ComparisonDocument, PivotDocument } from '../../results/index.ts';
import { inThisProcess } from './dendrite.ts';
import { onTiny, writeTinyIdx } from './tiny-idx.ts';

const test = suite('table and diff');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-table-'));
test.after(() => rmSync(folder, { recursive: true }));

async function compared(...args: string[]): Promise<ComparisonDocument> {
  const { code, stdout, stderr } = await inThisProcess([
    ...['compare', '--out', join(folder, 'runs'), ...onTiny(writeTinyIdx(join(folder, 'tiny')))],
    ...['--seeds', '2', '--examples', '60', '--json', ...args],
  ]);
  assert.is(code, 0, stderr);
  return JSON.parse(stdout);
}
const placeOf = ({ runs }: ComparisonDocument): string => dirname(runs[0]!.folder);

let first: ComparisonDocument;
let [a, b] = ['', ''];
test.before(async () => {
  first = await compared('--rules', 'backprop,equilibrium-propagation', '--vary', 'momentum=0.5|0.9');
  a = placeOf(first);
  b = placeOf(await compared('--rules', 'backprop', '--optimizer', 'sgd'));
});

const table = (...args: string[]) => inThisProcess(['table', ...args]);
async function documentOf(...args: string[]): Promise<PivotDocument> {
  const { code, stdout, stderr } = await table(...args, '--format', 'json');
  assert.is(code, 0, stderr);
  return JSON.parse(stdout);
}
const meanOf = ({ cells }: PivotDocument, measure: string, row: number): number | null =>
  cells.find((cell) => cell.measure === measure && cell.row === row)!.mean;

test('the costs are those that the runs recorded', async () => {
  const document = await documentOf(a, '--costs');
  const rows = document.rows.map(({ axes }) => axes.condition);
  assert.equal(
    rows,
    first.conditions.map(({ id }) => id),
  );
  const backprop = rows.indexOf('backprop-momentum-0.5');
  const settling = rows.indexOf('equilibrium-propagation-momentum-0.5');
  const { options } = first.conditions[settling]!;
  // Free and nudged phase of one variant; the centred one has two nudged phases.
  const nudged = Number(options.nudgedIterations) * (options.variant === 'centred' ? 2 : 1);
  assert.is(meanOf(document, 'settling-steps', settling), 60 * (Number(options.freeIterations) + nudged));
  assert.is(meanOf(document, 'settling-steps', backprop), null);
  assert.is(meanOf(document, 'examples', settling), 60);
  // Weights and biases of 64-5-3, their moments, and the sums of loss and score: float32.
  assert.is(meanOf(document, 'state-bytes', backprop), 4 * (2 * (64 * 5 + 5 + 5 * 3 + 3) + 2));
  // And the particles of 60 examples.
  assert.ok(meanOf(document, 'state-bytes', settling)! > 4 * 60 * 5);
  assert.is(
    meanOf(document, 'multiply-accumulates', backprop),
    first.runs[0]!.epochs.at(-1)!.multiplyAccumulates,
  );
  assert.ok(meanOf(document, 'seconds', settling)! > 0);
});

test('rules stand against a setting, of several comparisons too', async () => {
  const { stdout } = await table(a, '--rows', 'rule', '--columns', 'momentum');
  assert.match(stdout, /^Rule +momentum 0\.5 +momentum 0\.9$/m);
  assert.match(stdout, /^equilibrium-propagation +\d/m);
  const document = await documentOf(a, b, '--rows', 'condition', '--show', 'score');
  assert.equal(
    document.rows.map(({ axes }) => axes.condition),
    [...first.conditions.map(({ id }) => id), 'backprop'],
  );
  assert.equal(document.folders, [a, b]);
});

test('a mixture and what does not go together are one sentence', async () => {
  const refused = async (pattern: RegExp, ...args: string[]) => {
    const { code, stdout, stderr } = await table(...args);
    assert.equal([code, stdout], [1, '']);
    assert.match(stderr, /^dendrite: [^\n]+\n$/);
    assert.match(stderr, pattern);
  };
  await refused(
    /the cell backprop would mix runs that differ in momentum \(0\.5 and 0\.9\)/,
    a,
    '--rows',
    'rule',
  );
  await refused(/is named twice; name it once/, a, `${a}/`);
  await refused(/--costs is short for a list/, a, '--costs', '--show', 'score');
  await refused(
    /--json prints the document of a comparison, of which --rows changes nothing/,
    a,
    '--json',
    '--rows',
    'rule',
  );
  await refused(/--json prints the document of one comparison/, a, b, '--json');
  await refused(
    /--explain prints text; leave out --format csv/,
    a,
    '--explain',
    'backprop,score',
    '--format',
    'csv',
  );
  await refused(/--show 'score,' has an empty entry/, a, '--show', 'score,');
});

test('--explain lists the runs of a cell, and fails when comparison.json says otherwise', async () => {
  const cell = [a, '--explain', 'backprop-momentum-0.9,score'];
  const fine = await table(...cell);
  assert.is(fine.code, 0, fine.stdout);
  const own = first.runs.filter(({ condition }) => condition === 'backprop-momentum-0.9');
  for (const { folder, statesHash } of own) {
    assert.ok(fine.stdout.includes(folder));
    assert.ok(fine.stdout.includes(statesHash!.slice(0, 12)));
  }
  const file = join(own[1]!.folder, 'metrics.jsonl');
  const before = readFileSync(file, 'utf8');
  const lines = before.trim().split('\n');
  const last = { ...JSON.parse(lines.at(-1)!), testScore: 99 };
  writeFileSync(file, `${[...lines.slice(0, -1), JSON.stringify(last)].join('\n')}\n`);
  const other = await table(...cell);
  writeFileSync(file, before);
  assert.is(other.code, 1);
  assert.match(
    other.stdout,
    /the score of backprop-momentum-0.9-seed-2 is 99 in its folder and [\d.]+ in comparison\.json/,
  );
});

test('diff tells configuration, results and bits', async () => {
  const same = await inThisProcess(['diff', b, b]);
  assert.is(same.code, 0, same.stderr);
  assert.match(same.stdout, /Nothing differs in the configuration/);
  assert.match(same.stdout, /^backprop +2 +0\.00 ± 0\.00 \[0\.00, 0\.00\] +2 of 2$/m);
  const other = placeOf(await compared('--rules', 'backprop,shallow', '--optimizer', 'adam'));
  const { stdout } = await inThisProcess(['diff', b, other, '--json']);
  const diff = JSON.parse(stdout) as ComparisonDiff;
  assert.equal(diff.onlyB, ['shallow']);
  assert.equal(
    diff.configuration.find(({ key }) => key === 'conditions.backprop.settings.optimizer'),
    { key: 'conditions.backprop.settings.optimizer', a: 'sgd', b: 'adam' },
  );
  assert.equal(diff.conditions[0]!.otherBits, [1, 2]);
});

test('diff of what is no comparison is refused', async () => {
  const { code, stderr } = await inThisProcess(['diff', b, folder]);
  assert.is(code, 1);
  assert.match(stderr, /holds no experiment\.json/);
});

test.run();
