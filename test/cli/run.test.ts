import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { readExperimentFile } from '../../experiments/index.ts';
import { UserError } from '../../kernels/index.ts';
import { type ComparisonDocument, readExperiment } from '../../results/index.ts';
import { AT_WORK, type CommandResult, dendrite, inThisProcess, ROOT } from './dendrite.ts';
import { onTiny, writeTinyIdx } from './tiny-idx.ts';

const test = suite('run');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-run-'));
test.after(() => rmSync(folder, { recursive: true }));
const tiny = writeTinyIdx(join(folder, 'tiny'));
writeTinyIdx(join(folder, 'other'));

const write = (name: string, text: string): string => {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
/** On the tiny dataset, whose folder starts at that of the file. */
const SMALL = `dataset: idx:tiny
seeds: 2
settings: { layers: [64, 5, 3], batch: 10, examples: 20 }
device: cpu
blas: none
`;
const run = (file: string, ...args: string[]) =>
  inThisProcess(['run', file, '--out', join(folder, 'runs'), '--jobs', '1', ...args]);
async function documentsOf(file: string, ...args: string[]): Promise<ComparisonDocument[]> {
  const { code, stdout, stderr } = await run(file, ...args, '--json');
  assert.is(code, 0, stderr);
  return JSON.parse(stdout);
}
function expectSentence({ code, stdout, stderr }: CommandResult, pattern: RegExp, exit = 1): void {
  assert.match(stderr, pattern);
  assert.is(stderr.trim().split('\n').length, 1, stderr);
  assert.is(stdout, '');
  assert.is(code, exit);
}
/** All that must be the same when a run is repeated. */
const bitsOf = ({ conditions, runs }: ComparisonDocument) => [
  conditions,
  runs.map(({ condition, seed, status, statesHash }) => [condition, seed, status, statesHash]),
];

test('runs an experiment file, and leaves a folder with what it says', async () => {
  const file = write('small.yaml', `title: Two rates\nsource: nowhere\nrules: [backprop]\n${SMALL}`);
  const rates = ['--override', 'settings.learningRate=[0.1, 0.2]'];
  const [document, ...rest] = await documentsOf(file, ...rates);
  assert.is(rest.length, 0);
  assert.equal(
    document!.runs.map(({ condition, seed, status }) => [condition, seed, status]),
    ['0.1', '0.2'].flatMap((rate) =>
      [1, 2].map((seed) => [`backprop-learning-rate-${rate}`, seed, 'finished']),
    ),
  );
  const { experiment } = readExperiment(dirname(document!.runs[0]!.folder));
  assert.is((experiment.given as { title: string }).title, 'Two rates');
  const { stdout } = await run(file, ...rates);
  assert.match(stdout, /^Two rates\nafter nowhere\n/);
  assert.match(stdout, /^backprop learningRate=0\.2 /m);
});

test('each dataset and task has a comparison of its own, in one folder', async () => {
  const file = write('several.yaml', `rules: [backprop]\n${SMALL}`);
  const several = ['--override', 'dataset=["idx:tiny", "idx:other"]', '--override', 'seeds=1'];
  const documents = await documentsOf(file, ...several);
  assert.equal(
    documents.map(({ experiment }) => experiment.dataset),
    ['tiny', 'other'].map((name) => `idx:${relative(process.cwd(), join(folder, name))}`),
  );
  const folders = documents.map(({ runs }) => dirname(runs[0]!.folder));
  assert.is(dirname(folders[0]!), dirname(folders[1]!));
  assert.match(dirname(folders[0]!), /-experiment$/);
  const { stdout } = await run(file, ...several);
  assert.is(stdout.match(/^Rule /gm)?.length, 2, stdout);
  assert.match(stdout, /^idx:\S+other, classify:$/m);
});

test('a file in TypeScript is typed by defineExperiment', async () => {
  const file = write(
    'typed.ts',
    `import { defineExperiment } from 'dendrite';
const rates: number[] = [0.1, 0.2];
export default defineExperiment({ rules: ['backprop'], dataset: 'idx:tiny', seeds: [3], device: 'cpu', blas: 'none',
  settings: { layers: [64, 5, 3], batch: 10, examples: 20, learningRate: rates } });`,
  );
  const [document] = await documentsOf(file, '--override', 'settings.learningRate.1=0.5');
  assert.equal(
    document!.conditions.map(({ settings }) => settings.learningRate),
    [[0.1], [0.5]],
  );
  const broken = write('broken.ts', `export default { rules: ['backprop'], settings: { epoch: 1 } };`);
  expectSentence(await run(broken), /broken\.ts: settings\.epoch: .*did you mean 'epochs'\?/);
  expectSentence(await run(write('none.ts', 'export const x = 1;')), /none\.ts has no default export; write/);
  expectSentence(
    await run(write('throws.ts', "throw new Error('no');")),
    /throws\.ts could not be loaded: no/,
  );
});

test('plug-ins lie where the file says', async () => {
  write(
    'deep/own.ts',
    `import { defineRule, RULES } from 'dendrite';
export const own = defineRule({ ...RULES.find((rule) => rule.name === 'backprop'), name: 'own' });`,
  );
  const file = write(
    'deep/plugin.yaml',
    `rules: [own]\nplugins: [own.ts]\n${SMALL.replace('idx:tiny', 'idx:../tiny')}`,
  );
  assert.equal(
    (await documentsOf(file))[0]!.runs.map(({ condition }) => condition),
    ['own', 'own'],
  );
  expectSentence(
    await run(file, '--override', 'plugins=[none.ts]'),
    /--override '.*': plugins: the plug-in .*none\.ts/,
  );
});

const at = (line: number, text: string) => new RegExp(`^dendrite: \\S+mistake\\.yaml:${line}: ${text}`);
const MISTAKES: [what: string, text: string, pattern: RegExp][] = [
  [
    'an option out of range',
    'rules:\n  - backprop\n  - rule: equilibrium-propagation\n    options:\n      beta: [0.1,\n             -1]\n',
    at(6, "rules\\[1\\]\\.options\\.beta\\[1\\]: .*above 0, not '-1'"),
  ],
  [
    'an unknown key',
    'rules: [backprop]\n\nseed: 3\n',
    at(3, "seed: there is no key 'seed'; did you mean 'seeds'\\?"),
  ],
  [
    'a setting in kebab case',
    'rules: [drtp]\nsettings:\n  weight-decay: 1\n',
    at(3, "settings\\.weight-decay: .*'weightDecay'"),
  ],
  ['an unknown rule', 'rules:\n  - drtp\n  - bakprop\n', at(3, "rules\\[1\\]: .*did you mean 'backprop'")],
  ['a missing key', '# nothing\nseeds: 3\n', at(2, 'rules: is missing')],
  [
    'an unknown dataset',
    'rules: [drtp]\ndataset:\n  - mnist\n  - mnits\n',
    at(4, "dataset\\[1\\]: .*did you mean 'mnist'"),
  ],
  [
    'a setting that does not fit the dataset',
    'rules: [drtp]\nsettings:\n  batch: 9000\n',
    at(3, 'settings\\.batch: 9000 is more than'),
  ],
  [
    'a setting of a rule that does not fit the dataset',
    'rules:\n  - rule: drtp\n    settings:\n      layers: [785, 10]\n',
    at(4, 'rules\\[0\\]\\.settings\\.layers: the first size is 785'),
  ],
  ['a device that is not there', 'rules: [drtp]\nblas: /no/blas.so\n', at(2, 'blas: .*/no/blas\\.so')],
  [
    'an unknown diagnostic',
    'rules: [drtp]\ndiagnostics: angel\n',
    at(2, "diagnostics: .*did you mean 'angle'"),
  ],
  ['a key twice', 'rules: [drtp]\nseeds: 1\nseeds: 2\n', at(3, 'Map keys must be unique; correct the YAML')],
  ['a list without an end', 'rules: [drtp\n', at(2, '.*; correct the YAML')],
  ['an unknown alias', 'rules: [drtp]\nseeds: *x\n', at(2, '.*; correct the YAML')],
  ['an empty file', '', at(1, 'must be keys with values, but is null')],
];
for (const [what, text, pattern] of MISTAKES)
  test(`${what} is one sentence with its line`, async () => {
    expectSentence(await run(write('mistake.yaml', text)), pattern);
    assert.not(existsSync(join(folder, 'runs', 'none')));
  });

const GOOD = write('good.yaml', `rules: [backprop, drtp]\n${SMALL}`);
const COMMANDS: [what: string, args: string[], pattern: RegExp][] = [
  ['no experiment', ['run'], /name an experiment file/],
  ['an unknown built-in experiment', ['run', 'familes'], /did you mean 'families'\?/],
  ['a file that is not there', ['run', 'none.yaml'], /none\.yaml does not exist/],
  ['a folder', ['run', `${folder}/`], /is no file/],
  ['an ending that says nothing', ['run', write('experiment.txt', 'x')], /must end in one of \.yaml/],
  ['an override without a value', ['run', GOOD, '--override', 'seeds'], /must have the form key=value/],
  [
    'an override of nothing',
    ['run', GOOD, '--override', 'seting.x=1'],
    /'seting\.x=1': seting: there is no key/,
  ],
  [
    'a value out of range',
    ['run', GOOD, '--override', 'settings.epochs=0'],
    /'settings\.epochs=0': settings\.epochs: must/,
  ],
  [
    'an entry that there is not',
    ['run', GOOD, '--override', 'rules.7.id=x'],
    /rules is a list without an entry '7'/,
  ],
  ['a key of a number', ['run', GOOD, '--override', 'seeds.x=1'], /seeds is a single value without 'x'/],
  ['a value that is no YAML', ['run', GOOD, '--override', 'seeds=[1'], /the value is no YAML/],
  ['no jobs', ['run', GOOD, '--jobs', '0'], /--jobs '0'/],
  [
    'an option of a rule',
    ['run', GOOD, '--override', 'rules.drtp.options.x=1'],
    /rules\[1\]\.options\.x: .*no option 'x'/,
  ],
];
for (const [what, args, pattern] of COMMANDS)
  test(`${what} is one sentence`, async () => expectSentence(await inThisProcess(args), pattern));

test('overrides take the place of what the file says', async () => {
  const [document] = await documentsOf(
    GOOD,
    ...[
      '--override',
      'seeds=[7]',
      '--override',
      'rules.1.settings.batch=20',
      '--override',
      'rules.backprop.id=mine',
    ],
  );
  assert.equal(
    document!.conditions.map(({ id, settings }) => [id, settings.batch]),
    [
      ['mine', 10],
      ['drtp', 20],
    ],
  );
  assert.equal(document!.experiment.seeds, [7]);
});

test('whatever bytes a file holds, it is read or one sentence', async () => {
  const file = join(folder, 'bytes.yaml');
  const pieces = fc.constantFrom(
    ...[
      'rules:',
      ' - backprop',
      'rules: [drtp]',
      'seeds: 3',
      'settings: {',
      '}',
      '[',
      ']',
      '\n',
      '  ',
      '- ',
      '? ',
      ': ',
    ],
    ...[
      '&a',
      '*a',
      '!x',
      '<<: ',
      '"',
      "'",
      '|',
      '>',
      '#',
      '---',
      '...',
      '%YAML 1.1',
      '\t',
      '__proto__: 1',
      'null',
      '.nan',
      '1e999',
    ],
  );
  const texts = fc.array(pieces, { maxLength: 20 }).map((list) => Buffer.from(list.join('')));
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array(), texts, fc.string().map(Buffer.from)), async (bytes) => {
      writeFileSync(file, bytes);
      try {
        await readExperimentFile(file);
      } catch (error) {
        assert.instance(error, UserError, `${(error as Error).stack}`);
        assert.is((error as Error).message.split('\n').length, 1, (error as Error).message);
      }
    }),
    { numRuns: 500 },
  );
  writeFileSync(file, '['.repeat(20_000));
  expectSentence(await run(file), /bytes\.yaml.*correct the YAML/);
});

test('--save-as writes the file that gives the same conditions and the same bits', async () => {
  const CASES: string[][] = [
    ['--rules', 'backprop', '--seeds', '2'],
    [
      ...[
        '--rules',
        'equilibrium-propagation,backprop',
        '--seeds',
        '3,',
        '--validation',
        '6',
        '--diagnostics',
        'none',
      ],
      ...['--vary', 'epochs=1|2', '--vary', 'equilibrium-propagation.beta=0.1,0.5'],
      ...['--vary', 'equilibrium-propagation.recipe=scellier-2017,ernoult-2019'],
      ...['--set', 'backprop.learning-rate=0.2,0.1', 'equilibrium-propagation.persistent=false'],
    ],
    [
      '--rules',
      'backprop',
      '--seeds',
      '1',
      '--epochs',
      '1',
      '--vary',
      'learningRate=0.1,0.2|0.3',
      '--task',
      'probe:hidden 1',
    ],
  ];
  for (const [i, args] of CASES.entries()) {
    const saved = join(folder, 'saved', `${i}.yaml`);
    mkdirSync(dirname(saved), { recursive: true });
    const compared = await inThisProcess([
      ...['compare', '--out', join(folder, 'runs'), ...onTiny(tiny), ...args, '--save-as', saved, '--json'],
    ]);
    assert.is(compared.code, 0, compared.stderr);
    const [document] = await documentsOf(saved);
    assert.equal(bitsOf(document!), bitsOf(JSON.parse(compared.stdout)));
    // Commas stand between the rates of the connections, and vary nothing.
    if (i === 1) assert.equal(document!.conditions.at(-1)!.settings.learningRate, [0.2, 0.1]);
  }
});

test('--save-as takes the place of no file, and goes not with --dry-run', async () => {
  const compare = ['compare', '--out', join(folder, 'unused'), ...onTiny(tiny), '--rules', 'backprop'];
  expectSentence(await inThisProcess([...compare, '--save-as', GOOD]), /good\.yaml exists already/);
  expectSentence(await inThisProcess([...compare, '--save-as', 'x.json']), /does not end in \.yaml/);
  expectSentence(
    await inThisProcess([...compare, '--save-as', join(folder, 'no', 'x.yaml')]),
    /cannot be written/,
  );
  expectSentence(await inThisProcess([...compare, '--save-as', 'x.yaml', '--dry-run']), /writes nothing/);
  assert.not(existsSync(join(folder, 'unused')));
});

test('--dry-run says what would be run, and writes nothing', async () => {
  const before = readdirSync(folder);
  const out = join(folder, 'nothing');
  const args = ['--override', 'seeds=[1,2,3,4,9]', '--override', 'settings.batch=[10,20]'];
  const { code, stdout, stderr } = await inThisProcess(['run', GOOD, '--out', out, ...args, '--dry-run']);
  assert.is(code, 0, stderr);
  assert.match(stdout, /^idx:\S+, classify: 4 conditions x 5 seeds = 20 runs$/m);
  for (const label of ['backprop batch=10', 'backprop batch=20', 'drtp batch=10', 'drtp batch=20'])
    assert.match(stdout, new RegExp(`^ +${label} +1-4, 9 +1 +\\S.*s +\\S`, 'm'));
  assert.match(stdout, /^In all .*: 20 runs, /m);
  assert.match(stdout, /Nothing was written\.$/m);
  const compared = await inThisProcess([
    ...['compare', '--out', out, ...onTiny(tiny), '--rules', 'drtp', '--seeds', '3', '--dry-run'],
  ]);
  assert.match(compared.stdout, /1 condition x 3 seeds = 3 runs/);
  assert.equal(readdirSync(folder), before);
});

test('the schema for editors takes what is right, and refuses what is wrong', async () => {
  const { stdout, code } = await inThisProcess(['run', '--schema']);
  assert.is(code, 0);
  const validate = new Ajv2020({ allowUnionTypes: true }).compile(JSON.parse(stdout));
  assert.ok(validate(parse(readFileSync(GOOD, 'utf8'))), JSON.stringify(validate.errors));
  for (const wrong of [
    'rules: []',
    'seeds: 3',
    'rules: [drtp]\nseed: 1',
    'rules: [drtp]\nsettings: {epochs: 0}',
  ])
    assert.not(validate(parse(wrong)), wrong);
});

test('the built-in experiments are listed with the command that runs each, and all resolve', async () => {
  const { stdout, code } = await inThisProcess(['experiments']);
  assert.is(code, 0);
  const names = readdirSync(new URL('../../experiments/built-in', import.meta.url)).map((name) =>
    name.slice(0, -5),
  );
  assert.ok(names.length > 4);
  const validate = new Ajv2020({ allowUnionTypes: true }).compile(
    JSON.parse((await inThisProcess(['run', '--schema'])).stdout),
  );
  for (const name of names) {
    const text = readFileSync(new URL(`../../experiments/built-in/${name}.yaml`, import.meta.url), 'utf8');
    const { title, source, cost } = parse(text);
    const after = source === undefined ? '' : `    after ${source}\n`;
    assert.ok(stdout.includes(`${name}\n    ${title}\n${after}    dendrite run ${name}  (${cost})\n`), name);
    assert.ok(validate(parse(text)), `${name}: ${JSON.stringify(validate.errors)}`);
    // A mistake in all that the override does not replace would come first.
    const overrides = ['--override', 'dataset=nowhere'];
    expectSentence(
      await inThisProcess(['run', name, ...overrides]),
      /dataset=nowhere': dataset: unknown dataset/,
    );
  }
});

test('the help names what there is', async () => {
  const { stdout } = await dendrite('run', '--help');
  for (const option of ['override', 'dry-run', 'out', 'jobs', 'json', 'schema'])
    assert.match(stdout, new RegExp(`^ +--${option} `, 'm'));
  for (const line of stdout.split('\n')) assert.ok([...line].length <= 110, line);
});

test('Ctrl-C in the first of two comparisons prints the commands that go on with both', async () => {
  const file = write(
    'long.yaml',
    `rules: [backprop]\n${SMALL}task: [classify, 'probe:hidden-1']\n`.replace('examples: 20', 'epochs: 3000'),
  );
  const args = ['--import', 'tsx', 'cli/main.ts', 'run', file, '--out', join(folder, 'stopped')];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (!AT_WORK.test(stderr) && AT_WORK.test(`${stderr}${text}`)) child.kill('SIGINT');
    stderr += text;
  });
  assert.is(await new Promise((done) => child.on('close', done)), 130, stderr);
  const [first, second] = [...stderr.matchAll(/^ {2}dendrite resume (\S+)$/gm)].map(([, at]) => at!);
  assert.is(readExperiment(first!).experiment.experiment.task, 'classify');
  assert.ok(readExperiment(first!).runs.some(({ epochs }) => epochs.length >= 2));
  const untouched = readExperiment(second!);
  assert.is(untouched.experiment.experiment.task, 'probe:hidden-1');
  assert.is(untouched.runs.length, 0);
});

test.run();
