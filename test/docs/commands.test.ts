import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { COMMANDS } from '../../cli/commands/index.ts';
import { type CommandResult, inThisProcess, ROOT } from '../cli/dendrite.ts';
import { writeTinyIdx } from '../cli/tiny-idx.ts';
import { type CommandLine, commandsIn, PAGES, quotedIn } from './command-lines.ts';

/**
 * Every command line of the documentation is run as it stands there, in a folder that holds what the pages speak of. What would train
 * networks is planned and measured for a moment (`--dry-run`). A command that no check below is for fails.
 */
const test = suite('commands of the documentation');

const folder = mkdtempSync(join(tmpdir(), 'dendrite-commands-'));
const home = process.cwd();
test.after(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

/** What a reader's folder holds: copied for each page, whose commands may change it. */
const model = join(folder, 'model');

/** Comparisons that the pages speak of, and what they are here: quickly trained, of images as large as those of MNIST. */
const COMPARISONS: Readonly<Record<string, readonly string[]>> = {
  'runs/2026-01-31-17-05-09-compare': ['--seeds', '1'],
  'runs/2026-11-29-23-12-17-compare': ['--seeds', '2'],
  'runs/widths': ['--seeds', '2', '--vary', 'layers=784,30,10|784,100,10'],
  'runs/longer': ['--seeds', '2', '--epochs', '3', '--vary', 'layers=784,30,10|784,100,10'],
};
/** Of the comparison in Slurm one run is missing. */
const MISSING = 'runs/2026-11-29-23-12-17-compare/feedback-alignment-seed-2';

test.before(async () => {
  mkdirSync(model);
  // As where Dendrite is installed; worker threads look for tsx from here.
  symlinkSync(join(ROOT, 'node_modules'), join(model, 'node_modules'));
  const rule = readFileSync(join(ROOT, 'examples/own-rule/sign-symmetry.ts'), 'utf8');
  writeFileSync(join(model, 'sign-symmetry.ts'), rule);
  writeFileSync(join(model, 'my-rule.ts'), rule.replace('my-sign-symmetry', 'my-rule'));
  copyFileSync(join(ROOT, 'examples/own-task/log-loss.ts'), join(model, 'log-loss.ts'));
  const [, experiment] = /^```yaml\n(.*?)^```$/ms.exec(
    readFileSync(join(ROOT, 'docs/experiments.md'), 'utf8'),
  )!;
  writeFileSync(join(model, 'experiment.yaml'), experiment!);
  writeTinyIdx(join(model, 'fashion-mnist'), { side: 28, classes: 10 });
  copyFileSync(join(model, 'fashion-mnist/t10k-images-idx3-ubyte'), join(model, 't10k-images-idx3-ubyte'));
  process.chdir(model);
  for (const [name, options] of Object.entries(COMPARISONS)) {
    const result = await inThisProcess([
      ...[
        'compare',
        '--rules',
        'backprop,feedback-alignment',
        '--dataset',
        'idx:fashion-mnist',
        '--batch',
        '10',
      ],
      ...['--device', 'cpu', '--blas', 'none', '--jobs', '1', '--out', 'made', '--json'],
      ...(options.includes('--epochs') ? [] : ['--epochs', '2']),
      ...(options.includes('--vary') ? [] : ['--layers', '784,30,10']),
      ...options,
    ]);
    assert.is(result.code, 0, result.stderr);
    mkdirSync(dirname(name), { recursive: true });
    renameSync(join('made', readdirSync('made')[0]!), name);
  }
  rmSync(MISSING, { recursive: true });
});

/** Goes to the folder of the reader of a page. */
function enter({ page, inCheckout }: CommandLine): void {
  const own = join(folder, page.replaceAll('/', '-'));
  if (!existsSync(own)) cpSync(model, own, { recursive: true, verbatimSymlinks: true });
  process.chdir(inCheckout ? ROOT : own);
}

/** How many times as fast time goes by in a dry run, so that it measures for less. */
const HASTE = 20;

async function inHaste(args: readonly string[]): Promise<CommandResult> {
  const { now } = performance;
  performance.now = () => HASTE * now.call(performance);
  try {
    return await inThisProcess(args);
  } finally {
    performance.now = now;
  }
}

function expectDone({ code, stdout, stderr }: CommandResult): void {
  assert.is(code, 0, stderr);
  assert.ok(stdout.length > 0);
}

const run = async (args: readonly string[]): Promise<void> => expectDone(await inThisProcess(args));

/** The value of an option; undefined: it is not given. */
const given = (args: readonly string[], option: string): string | undefined =>
  args.includes(option) ? args[args.indexOf(option) + 1] : undefined;

/** Not in full: that would take minutes to hours. */
async function train(args: readonly string[]): Promise<void> {
  if (given(args, '--launcher') === 'slurm') return printScript(args);
  const saved = given(args, '--save-as');
  if (saved !== undefined) return save(args, saved);
  const result = await inHaste([...args, ...(args.includes('--dry-run') ? [] : ['--dry-run'])]);
  // A GPU, its driver and a display are not there everywhere.
  if (given(args, '--device') === 'gpu' && result.code === 1)
    return assert.match(result.stderr, /^dendrite: (WebGPU|the gpu backend headlessgl) is not available: /);
  expectDone(result);
  assert.match(result.stdout, 'Nothing was written.');
}

/** The jobs are planned, and their script is printed: there need not be a cluster. */
async function printScript(args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await inThisProcess([...args, '--print-script']);
  assert.is(code, 0, stderr);
  assert.match(stdout, /^#!\/bin\/bash\n#SBATCH /);
}

/** The file is written; training does not begin, since there can be no folder in a file. */
async function save(args: readonly string[], saved: string): Promise<void> {
  rmSync(saved, { force: true });
  const { code, stderr } = await inThisProcess([...args, '--out', 'my-rule.ts']);
  assert.match(stderr, /^dendrite: the folder my-rule\.ts\S* cannot be made because /);
  assert.is(code, 1);
  assert.ok(existsSync(saved));
}

/** Published tables take hours; paper, parts and seeds are read before the number of workers is found to be none. */
async function reproduce(args: readonly string[]): Promise<void> {
  if (args[1] === undefined || args[1].startsWith('--')) return run(args);
  const { code, stderr } = await inThisProcess([...args, '--jobs', '0']);
  assert.is(stderr, "dendrite: --jobs '0' must be a whole number, 1 or more\n");
  assert.is(code, 1);
}

/** Ended as by Ctrl-C, once it listens at a port that is free. */
async function serve(args: readonly string[]): Promise<void> {
  const own = args.filter((word, i) => word !== '--port' && args[i - 1] !== '--port');
  const before = process.listenerCount('SIGINT');
  const done = inThisProcess([...own, '--port', '0']);
  while (process.listenerCount('SIGINT') === before) {
    const ended = await Promise.race([done, new Promise<null>((resolve) => setTimeout(resolve, 20, null))]);
    if (ended) return expectDone(ended);
  }
  process.emit('SIGINT');
  expectDone(await done);
}

/** There need not be a cluster, and it has no job of this folder. */
async function cancel(args: readonly string[]): Promise<void> {
  const { code, stderr } = await inThisProcess(args);
  assert.match(stderr, /^dendrite: (there is no squeue|squeue failed|no job of )/);
  assert.is(code, 1);
}

/** What is done to check a command, by its name; all others are unknown. */
const CHECKS: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  ...{ compare: train, run: train, reproduce, cancel, serve },
  resume: (args) => (args.includes('--launcher') ? printScript(args) : run(args)),
  ...Object.fromEntries(
    [
      'status',
      'table',
      'diff',
      'plot',
      'report',
      'repeat',
      'export',
      'predict',
      'probe',
      'forecast',
      'rule',
      'rules',
      'check',
    ].map((name) => [name, run]),
  ),
};

/** Trained in full by another test, which takes the first command of each page. */
const IN_FULL = { folder: 'docs/rules/', by: 'test/docs/rules.test.ts' };

for (const page of PAGES) {
  const commands = commandsIn(page);
  if (page.startsWith(IN_FULL.folder)) {
    test(`${page} has no command beside the one that ${IN_FULL.by} runs`, () => {
      assert.is(commands.length, page.endsWith('README.md') ? 0 : 1);
    });
    continue;
  }
  for (const command of commands)
    test(`${page}:${command.line}: dendrite ${command.args.join(' ')}`, async () => {
      const check = CHECKS[command.args[0]!];
      assert.ok(check, 'no check is for this command: add one');
      enter(command);
      await check(command.args);
    });
}
test('a command that is wrong fails its check', async () => {
  process.chdir(model);
  for (const args of [
    ['compare', '--rules', 'bakprop'],
    ['compare', '--epoch', '3'],
    ['compare', '--rules', 'bakprop', '--save-as', 'saved.yaml'],
    ['compare', '--rules', 'bakprop', '--launcher', 'slurm'],
    ['compare', '--rules', 'bakprop', '--device', 'gpu'],
    ['run', 'famillies'],
    ['reproduce', 'nobody1999'],
    ['reproduce', 'scellier2017', '--part', 'none'],
    ['resume', 'runs/none', '--launcher', 'slurm'],
    ['cancel', 'runs/none'],
    ['table', 'runs/none'],
  ]) {
    const hasFailed = await CHECKS[args[0]!]!(args).then(
      () => false,
      () => true,
    );
    assert.ok(hasFailed, args.join(' '));
  }
});

const NAMES = [...COMMANDS.map(({ command }) => String(command).split(' ')[0]!), 'completion'];

/** The options of a command, as its help has them. */
async function optionsOf(name: string): Promise<string[]> {
  const { code, stdout } = await inThisProcess([name, '--help']);
  assert.is(code, 0);
  return [...stdout.matchAll(/--[a-z][a-z-]*/g)].map(([option]) => option);
}

test('commands that are quoted in sentences exist, and so do the options that they are given', async () => {
  const quoted = PAGES.flatMap((page) => quotedIn(page)).filter(({ args: [name] }) => name !== undefined);
  assert.ok(quoted.length > 50);
  const options = new Map<string, string[]>();
  for (const { page, line, args } of quoted) {
    const [name] = args as [string];
    const where = `${page}:${line}: dendrite ${args.join(' ')}`;
    if (name === '<command>' || name.startsWith('-')) continue;
    assert.ok(NAMES.includes(name), where);
    if (!options.has(name)) options.set(name, await optionsOf(name));
    for (const option of args.filter((word) => word.startsWith('--')))
      assert.ok(options.get(name)!.includes(option.split('=')[0]!), `${where} has no ${option}`);
  }
});

const EXAMPLE = `
Text with \`dendrite rules --plugin <file>\` in it.

    $ VARIABLE=1 xvfb-run -s '-ac' npx dendrite compare --vary 'batch=10|50' --json > out.json   # dendrite run x
      dendrite table runs/a && npx dendrite diff runs/a runs/b | head -1
    npm ci && npm start
    npm run -s dendrite -- rules

\`\`\`js
import { compare } from 'dendrite';
// dendrite no command
\`\`\`
\`\`\`
dendrite status runs/a
\`\`\`
`;

test('calls of dendrite are found whatever stands around them', () => {
  assert.equal(
    commandsIn('page.md', EXAMPLE).map(({ args }) => args),
    [
      ['compare', '--vary', 'batch=10|50', '--json'],
      ['table', 'runs/a'],
      ['diff', 'runs/a', 'runs/b'],
      ['run', 'families'],
      ['rules'],
      ['status', 'runs/a'],
    ],
  );
  assert.equal(
    quotedIn('page.md', EXAMPLE).map(({ args }) => args),
    [['rules', '--plugin', '<file>']],
  );
});

test.run();
