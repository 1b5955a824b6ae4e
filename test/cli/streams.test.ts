import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { AT_WORK, type CommandResult, dendrite, ROOT } from './dendrite.ts';
import { inTerminal, missingTerminal } from './pseudo-terminal.ts';
import { onTiny, writeTinyIdx } from './tiny-idx.ts';

const test = suite('streams');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-streams-'));
test.after(() => rmSync(folder, { recursive: true }));

const data = writeTinyIdx(join(folder, 'tiny'));
const of = (seeds: number, out = join(folder, 'runs')): string[] => [
  ...['compare', '--out', out, ...onTiny(data), '--rules', 'backprop', '--seeds', String(seeds)],
];
const tiny = of(1);
/** Longer than any test waits. */
const endless = [...of(3), '--epochs', '1000000'];

/** Runs `dendrite` where nobody reads one of its outputs. */
function withClosed(closed: 'stdout' | 'stderr', ...args: string[]): Promise<CommandResult> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const result: CommandResult = { code: null, stdout: '', stderr: '' };
  child[closed].destroy();
  const open = closed === 'stdout' ? 'stderr' : 'stdout';
  child[open].setEncoding('utf8').on('data', (text) => {
    result[open] += text;
  });
  return new Promise((done) => child.on('close', (code) => done({ ...result, code })));
}

test('what plug-ins print goes to standard error, also from worker threads, and open timers end nothing', async () => {
  const noisy = join(folder, 'noisy.ts');
  writeFileSync(
    noisy,
    `import { defineRule, RULES } from 'dendrite';
console.log('console while loading');
process.stdout.write('stream while loading\\n');
setInterval(() => console.log('from a timer'), 20);
const backprop = RULES.find((rule) => rule.name === 'backprop');
export const noisy = defineRule({ ...backprop, name: 'noisy', build(context) {
  console.log('console while training');
  process.stdout.write('stream while training\\n');
  return backprop.build(context);
} });`,
  );
  const compared = await dendrite(
    ...tiny.map((one) => (one === 'backprop' ? 'noisy' : one)),
    ...['--plugin', noisy, '--epochs', '1', '--json'],
  );
  assert.is(compared.code, 0, compared.stderr);
  assert.is(JSON.parse(compared.stdout).runs[0].status, 'finished');
  for (const what of ['console', 'stream'])
    for (const when of ['loading', 'training'])
      assert.match(compared.stderr, new RegExp(`^${what} while ${when}$`, 'm'));
  const shown = await dendrite('rule', 'noisy', '--plugin', noisy);
  assert.is(shown.code, 0);
  assert.match(shown.stdout, /^\S.* \(noisy\)\n/);
  assert.not.match(shown.stdout, /while loading|timer/);
});

test('long output reaches a pipe whole', async () => {
  const { stdout, code } = await dendrite(...tiny, '--epochs', '600', '--json');
  assert.is(code, 0);
  assert.ok(stdout.length > 2 ** 17);
  assert.is(JSON.parse(stdout).runs[0].epochs.length, 600);
});

for (const args of [['rules'], ['compare', '--help'], [...tiny, '--epochs', '1', '--json']])
  test(`${args[0]} ${args.at(-1)}: a closed standard output ends it without a word`, async () => {
    const { code, stderr } = await withClosed('stdout', ...args);
    assert.is(code, 141);
    assert.not.match(stderr, /EPIPE|Error|dendrite:/);
  });

test('a closed standard error ends only the progress lines', async () => {
  const { code, stdout } = await withClosed('stderr', ...of(3), '--epochs', '20', '--json');
  assert.is(code, 0);
  assert.equal(
    JSON.parse(stdout).runs.map(({ status }: { status: string }) => status),
    ['finished', 'finished', 'finished'],
  );
});

const diskFull = 'a disk that is full ends in the sentence that says so';
const disk = join(folder, 'disk');
mkdirSync(disk);
if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status === 0)
  test(diskFull, async () => {
    try {
      const { code, stdout, stderr } = await dendrite(...of(1, disk), '--epochs', '600');
      assert.is(code, 1);
      assert.is(stdout, '');
      assert.match(
        stderr,
        /^backprop seed 1 failed: the folder \S+ cannot be written because the disk is full/m,
      );
      assert.match(stderr, /^dendrite: the folder \S+ cannot be written because the disk is full/m);
    } finally {
      spawnSync('umount', [disk]);
    }
  });
else {
  console.log(`skipped, ${diskFull}: only root can make a small disk`);
  test.skip(diskFull);
}

const full = 'output that cannot be written is one sentence';
if (existsSync('/dev/full'))
  test(full, async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', 'rules'], {
      cwd: ROOT,
      stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
    });
    let stderr = '';
    child.stderr!.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    const code = await new Promise((done) => child.on('close', done));
    assert.is(code, 1);
    assert.match(stderr, /^dendrite: standard output cannot be written: .*no space left.*\n$/);
  });
else {
  console.log(`skipped, ${full}: there is no /dev/full`);
  test.skip(full);
}

test('SIGTERM stops the runs at the next minibatch, and what is recorded can be printed', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', ...endless], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    if (!AT_WORK.test(stderr) && AT_WORK.test(`${stderr}${text}`)) child.kill('SIGTERM');
    stderr += text;
  });
  const code = await new Promise((done) => child.on('close', done));
  assert.is(code, 143, stderr);
  const [, made] = /^dendrite: stopped after 0 of 3 runs; 'dendrite table (.*)' prints/m.exec(stderr)!;
  const { stdout } = await dendrite('table', made!);
  assert.match(stdout, /backprop: 3 of 3 runs not finished, not in the mean/);
  // Only the first seed had begun.
  assert.match(stdout, /\(1 folder\)/);
});

/** Whether a terminal that has shown this shows its cursor and wraps lines. */
const isInOrder = (text: string): boolean =>
  text.lastIndexOf('\x1b[?25h') > text.lastIndexOf('\x1b[?25l') && !text.includes('\x1b[?7l');
const inOneTerminal: [string, () => Promise<void>][] = [
  [
    'Ctrl-C stops the runs under the live view, of which nothing is left',
    async () => {
      const { code, stdout } = await inTerminal(
        { columns: 100, ctrlC: { after: 'seed 1', times: 1 } },
        ...endless,
      );
      assert.is(code, 130, stdout);
      assert.ok(isInOrder(stdout));
      assert.match(stdout, /stopping after the minibatches at hand/);
      assert.ok(stdout.includes('\x1b[J\x1b[?25hdendrite: stopped after 0 of 3 runs'));
    },
  ],
  [
    'a second Ctrl-C ends at once',
    async () => {
      const { code, stdout } = await inTerminal(
        { columns: 100, ctrlC: { after: 'seed 1', times: 2 } },
        ...endless,
      );
      assert.is(code, 130, stdout);
      assert.ok(isInOrder(stdout));
    },
  ],
  [
    'a process that is killed leaves the terminal in order',
    async () => {
      const { code, stdout } = await inTerminal({ columns: 40, kill: 'seed 1' }, ...endless);
      assert.is(code, 128 + constants.signals.SIGKILL, stdout);
      assert.ok(isInOrder(stdout));
    },
  ],
  [
    'a terminal that does not know its width is taken for one of 80 columns',
    async () => {
      const { stdout } = await inTerminal({ columns: 0 }, 'compare', '--help');
      const widths = stdout.split(/\r?\n/).map((line) => line.length);
      assert.ok(Math.max(...widths) <= 80 && Math.max(...widths) > 60, String(Math.max(...widths)));
      const compared = await inTerminal({ columns: 0 }, ...tiny, '--epochs', '1');
      assert.is(compared.code, 0);
      assert.match(compared.stdout, /Dataset {3}idx:\S+, 60 training/);
    },
  ],
];
for (const [title, body] of inOneTerminal)
  if (missingTerminal === null) test(title, body);
  else {
    console.log(`skipped, ${title}: ${missingTerminal}`);
    test.skip(title);
  }

test.run();
