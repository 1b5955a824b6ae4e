import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ComparisonDocument } from '../../results/index.ts';
import { type CommandResult, dendrite, execute, inThisProcess, ROOT } from './dendrite.ts';
import { onTiny, writeTinyIdx } from './tiny-idx.ts';

const test = suite('export');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-export-'));
test.after(() => rmSync(folder, { recursive: true }));

const compare = (...args: string[]): Promise<CommandResult> =>
  inThisProcess([
    ...['compare', '--out', join(folder, 'runs'), ...onTiny(writeTinyIdx(join(folder, 'tiny')))],
    ...['--seeds', '2', '--epochs', '3', '--json', ...args],
  ]);
const documentOf = ({ code, stdout, stderr }: CommandResult): ComparisonDocument => {
  assert.is(code, 0, stderr);
  return JSON.parse(stdout);
};
const exported = (...args: string[]) => inThisProcess(['export', ...args]);

let run = '';
let comparison = '';
test.before(async () => {
  const { runs } = documentOf(await compare('--rules', 'backprop,feedback-alignment', '--tensorboard'));
  run = runs[0]!.folder;
  comparison = dirname(run);
});

/** Every file in a folder, by its path in it. */
const filesIn = (path: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .sort()
      .map((file) => [file.slice(path.length), readFileSync(file, 'base64')]),
  );

test('--tensorboard leaves the event files that an export writes afterwards', async () => {
  const out = join(folder, 'logs');
  const { code, stdout } = await exported(comparison, '--format', 'tensorboard', '--out', out);
  assert.is(code, 0);
  assert.is(stdout, `${out} holds 12 epochs of 4 runs\n`);
  const files = filesIn(out);
  assert.is(Object.keys(files).length, 4);
  assert.equal(files, filesIn(join(comparison, 'tensorboard')));
});

test('event files that cannot be written do not stop the runs, and are an error in the end', async () => {
  // A rule that puts a file where the logs should be, as its first run begins.
  const plugin = join(folder, 'in-the-way.ts');
  writeFileSync(
    plugin,
    `import { defineRule, RULES } from 'dendrite';
import { readdirSync, writeFileSync } from 'node:fs';
const backprop = RULES.find((rule) => rule.name === 'backprop');
export const inTheWay = defineRule({ ...backprop, name: 'in-the-way', build(context) {
  const runs = ${JSON.stringify(join(folder, 'runs'))};
  for (const name of readdirSync(runs)) try { writeFileSync(runs + '/' + name + '/tensorboard', '', { flag: 'wx' }); } catch {}
  return backprop.build(context);
} });`,
  );
  const { code, stdout, stderr } = await compare(
    '--rules',
    'in-the-way',
    '--plugin',
    plugin,
    '--tensorboard',
  );
  assert.is(code, 1);
  assert.equal(
    (JSON.parse(stdout) as ComparisonDocument).runs.map(({ status }) => status),
    ['finished', 'finished'],
  );
  assert.match(stderr, /\ndendrite: the folder \S+ cannot be made because [^\n]+\n$/);
});

test('a resumed comparison goes on in the same event files', async () => {
  const out = join(folder, 'resumed');
  const { runs } = documentOf(await compare('--rules', 'backprop', '--tensorboard'));
  const stopped = dirname(runs[0]!.folder);
  const whole = filesIn(join(stopped, 'tensorboard'));
  rmSync(join(runs[1]!.folder, 'status.json'));
  rmSync(join(stopped, 'tensorboard', 'backprop-seed-2'), { recursive: true });
  const { code, stderr } = await inThisProcess(['resume', stopped, '--jobs', '1', '--tensorboard']);
  assert.is(code, 0, stderr);
  assert.equal(filesIn(join(stopped, 'tensorboard')), whole);
  assert.is((await exported(stopped, '--format', 'tensorboard', '--out', out)).code, 0);
  assert.equal(filesIn(out), whole);
});

test('each format has a name of its own in the current folder', async () => {
  const here = join(folder, 'here');
  const program = `import { mkdirSync } from 'node:fs';
    import { exportFolder } from ${JSON.stringify(join(ROOT, 'index.ts'))};
    mkdirSync(${JSON.stringify(here)});
    process.chdir(${JSON.stringify(here)});
    for (const format of ['safetensors', 'npz', 'csv', 'tensorboard', 'parquet'])
      await exportFolder(${JSON.stringify(`${run}/`)}, { format });`;
  const { code, stderr } = await execute(process.execPath, [
    ...['--import', 'tsx', '--input-type=module', '-e', program],
  ]);
  assert.is(code, 0, stderr);
  const name = 'backprop-seed-1';
  assert.equal(readdirSync(here).sort(), [
    `${name}-csv`,
    `${name}-tensorboard`,
    ...[`${name}.npz`, `${name}.parquet`, `${name}.safetensors`],
  ]);
});

test('--all adds what is kept of each training example', async () => {
  const { runs } = documentOf(
    await compare(
      '--rules',
      'equilibrium-propagation',
      '--vary',
      'equilibrium-propagation.persistent=true,false',
    ),
  );
  const tensors = async (path: string, ...args: string[]): Promise<string[]> => {
    const out = join(folder, `particles-${args.length}`);
    await exported(path, '--format', 'csv', '--force', '--out', out, ...args);
    return Object.keys(filesIn(out)).map((file) => decodeURIComponent(file));
  };
  const persistent = runs[0]!.folder;
  assert.not(
    existsSync(join(dirname(persistent), 'tensorboard')),
    'no event files unless they are asked for',
  );
  assert.not((await tensors(persistent)).some((file) => file.startsWith('/rows/')));
  const [particles, ...others] = (await tensors(persistent, '--all')).filter((file) =>
    file.startsWith('/rows/'),
  );
  assert.match(particles!, /^\/rows\/particles of /);
  assert.is(others.length, 1);
});

test('the packages of formats are not loaded with the command line', async () => {
  const hook = `export function resolve(name, context, next) {
    if (/^(crc-32|fflate|hyparquet|pngjs)/.test(name)) throw new Error('loads ' + name);
    return next(name, context);
  }`;
  const load = (module: string): Promise<CommandResult> =>
    execute(process.execPath, [
      ...['--import', 'tsx', '--input-type=module', '-e'],
      `import { register } from 'node:module';
       register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hook)}`)});
       await import(${JSON.stringify(module)});`,
    ]);
  const commands = await load(join(ROOT, 'cli/commands/index.ts'));
  assert.is(commands.code, 0, commands.stderr);
  assert.match((await load('fflate')).stderr, /loads fflate/);
});

const MISTAKES: [what: string, args: string[], code: number, pattern: RegExp][] = [
  ['no format', [], 2, /format/],
  ['a format that is none', ['--format', 'hdf5'], 2, /--format 'hdf5' must be one of safetensors, npz, csv/],
  ['an empty --out', ['--format', 'npz', '--out='], 1, /--out '' is empty/],
  ['--all with records', ['--format', 'parquet', '--all'], 1, /--all means nothing for parquet/],
];
for (const [what, args, code, pattern] of MISTAKES)
  test(`${what} is one sentence and exit code ${code}`, async () => {
    const result = await exported(run, ...args);
    assert.is(result.code, code);
    assert.is(result.stdout, '');
    assert.match(result.stderr, pattern);
    assert.match(result.stderr, /^dendrite: [^\n]+\n$/);
  });

test('weights of a comparison are refused, with what to name', async () => {
  const { code, stderr } = await dendrite('export', comparison, '--format', 'npz');
  assert.is(code, 1);
  assert.match(
    stderr,
    /^dendrite: \S+ is the folder of a comparison, .*; name the folder of one of its runs\n$/,
  );
});

test.run();
