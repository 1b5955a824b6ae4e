import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { experimentSchema } from '../../experiments/experiment.schema.ts';
import { planExperiment, readExperimentFile } from '../../experiments/index.ts';
import type { Condition } from '../../training/index.ts';
import { inThisProcess } from '../cli/dendrite.ts';

/** Every example of the page, as a user would have it in a file. */
const test = suite('docs/experiments.md');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-page-'));
test.after(() => rmSync(folder, { recursive: true }));

const page = readFileSync(new URL('../../docs/experiments.md', import.meta.url), 'utf8');
for (const [file, language] of [
  ['experiment.yaml', 'yaml'],
  ['experiment.ts', 'ts'],
] as const)
  writeFileSync(join(folder, file), new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'ms').exec(page)![1]!);

async function conditionsOf(file: string, ...overrides: string[]): Promise<readonly Condition[]> {
  const source = await readExperimentFile(join(folder, file), [...overrides, 'device=cpu']);
  const { parts } = await planExperiment(source, {});
  assert.is(parts.length, 1);
  return parts[0]!.plan.setup.experiment.conditions;
}

test('the example in YAML has the conditions that the page says', async () => {
  const conditions = await conditionsOf('experiment.yaml');
  assert.is(conditions.length, 6);
  assert.ok(conditions.some(({ id }) => page.includes(`\`${id}\``)));
  assert.equal(
    conditions.filter(({ rule }) => rule === 'backprop').map(({ settings }) => settings.learningRate),
    [[0.05], [0.1]],
  );
});

test('the example in TypeScript resolves', async () => {
  const rates = (await conditionsOf('experiment.ts')).map(({ settings }) => settings.learningRate);
  assert.is(rates.length, 6);
});

test('the overrides of the page fit the example', async () => {
  const commands = [...page.matchAll(/^ {4}npx dendrite run experiment\.yaml (.*)$/gm)].map(
    ([, args]) => args!,
  );
  const given = commands.map((args) =>
    [...args.matchAll(/--override (?:'([^']*)'|(\S+))/g)].map(([, quoted, bare]) => quoted ?? bare!),
  );
  assert.ok(given.flat().length >= 5);
  for (const overrides of given) assert.ok((await conditionsOf('experiment.yaml', ...overrides)).length > 0);
});

test('the mistake of the page reads as it says', async () => {
  const [, said] = /^ {4}dendrite: (experiment\.yaml:7: .*)$/m.exec(page)!;
  const text = readFileSync(join(folder, 'experiment.yaml'), 'utf8').replace('[0.1, 0.5]', '[0.1, -1]');
  writeFileSync(join(folder, 'wrong.yaml'), text);
  const { stderr } = await inThisProcess(['run', join(folder, 'wrong.yaml')]);
  assert.is(stderr.trim(), `dendrite: ${join(folder, said!.replace('experiment', 'wrong'))}`);
});

test('the comparison that is saved is one', async () => {
  const [, args] = /^ {4}npx dendrite compare (.*) --save-as /m.exec(page)!;
  const words = args!.split(' ').map((word) => word.replaceAll("'", ''));
  const saved = join(folder, 'batches.yaml');
  const small = [
    '--examples',
    '50',
    '--layers',
    '784,5,10',
    '--out',
    join(folder, 'runs'),
    '--save-as',
    saved,
  ];
  const { code, stderr } = await inThisProcess(['compare', ...words, ...small]);
  assert.is(code, 0, stderr);
  assert.is((await conditionsOf('batches.yaml')).length, 4);
});

test('the table has every key', () => {
  const rows = [...page.matchAll(/^\| ((?:`\w+`(?:, )?)+) \| .* \| .* \|$/gm)].flatMap(([, keys]) =>
    [...keys!.matchAll(/\w+/g)].map(([key]) => key),
  );
  assert.equal(rows.sort(), Object.keys(experimentSchema.shape).sort());
});

test.run();
