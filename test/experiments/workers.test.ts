import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type CompareOptions, compare, resume } from '../../experiments/index.ts';
import { type ComparisonDocument, readExperiment, readRun } from '../../results/index.ts';
import { ROOT } from '../cli/dendrite.ts';
import { writeTinyIdx } from '../cli/tiny-idx.ts';

/** Worker threads and child processes: what they share, and what happens when one dies. */
const test = suite('workers');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-workers-'));
test.after(() => rmSync(folder, { recursive: true }));
const data = writeTinyIdx(join(folder, 'tiny'));

/** While this file is there, the rule `crashing` ends its thread or process in its third epoch, as the file says. */
const crash = join(folder, 'crash');
/** A line for each time that the plug-in was loaded. */
const loads = join(folder, 'loads');
const plugin = join(folder, 'crashing.ts');
writeFileSync(
  plugin,
  `import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { defineRule, RULES } from 'dendrite';
appendFileSync(${JSON.stringify(loads)}, 'loaded\\n');
const backprop = RULES.find(({ name }) => name === 'backprop');
function end(step) {
  if (step < 12 || !existsSync(${JSON.stringify(crash)})) return 0;
  const how = readFileSync(${JSON.stringify(crash)}, 'utf8');
  return how === 'exit' ? process.exit(3) : process.kill(process.pid, how);
}
export const crashing = defineRule({ ...backprop, name: 'crashing', build(context) {
  const rule = backprop.build(context);
  return { ...rule, learn(minibatch) {
    context.kernels.hostScalar('end', ({ step }) => end(step));
    return rule.learn(minibatch);
  } };
} });`,
);

const ON_GPU = { device: 'gpu', backend: 'webasm' } as const;
let number = 0;
const compared = (options: Partial<CompareOptions>): CompareOptions => ({
  dataset: `idx:${data}`,
  rules: ['crashing', 'backprop'],
  seeds: [1, 2],
  settings: { layers: [64, 5, 3], batch: 10, epochs: 4 },
  device: { device: 'cpu', blas: 'none' },
  plugins: [plugin],
  out: join(folder, String(number++)),
  jobs: 1,
  ...options,
});

const outcomes = ({ runs }: ComparisonDocument) =>
  runs.map(({ condition, seed, status, statesHash, epochs }) => ({
    ...{ condition, seed, status, statesHash },
    epochs: epochs.map(({ seconds, evaluationSeconds, examplesPerSecond, ...rest }) => rest),
  }));

for (const [where, device, how, reason] of [
  ['thread', { device: 'cpu', blas: 'none' }, 'exit', 'its thread ended with code 3'],
  ['process', ON_GPU, 'SIGSEGV', 'its process was ended by SIGSEGV'],
] as const)
  test(`a ${where} that dies (${how}) costs the runs that it had at hand, and they can be gone on with`, async () => {
    writeFileSync(crash, how);
    const { runs } = await compare(compared({ device }));
    rmSync(crash);
    assert.equal(
      runs.map(({ condition, status }) => `${condition} ${status}`),
      ['crashing failed', 'crashing failed', 'backprop finished', 'backprop finished'],
    );
    for (const run of runs.slice(0, 2)) {
      assert.is(
        run.reason,
        `${reason}; 'dendrite resume --retry-failed' tries the run again, from its last checkpoint`,
      );
      assert.is(run.epochs.length, 2);
      const stored = readRun(run.folder);
      assert.is(stored.status, 'failed');
      assert.is(stored.reason, run.reason);
    }
    const resumed = await resume(dirname(runs[0]!.folder), { retryFailed: true });
    const wanted = await compare(compared({ device, seeds: [1] }));
    assert.equal(
      outcomes(resumed).filter(({ seed }) => seed === 1),
      outcomes(wanted),
    );
  });

test('a worker loads the plug-ins once for all of its runs', async () => {
  rmSync(loads, { force: true });
  const { runs } = await compare(compared({ seeds: [1, 2, 3] }));
  assert.ok(runs.every(({ status }) => status === 'finished'));
  // In this thread, and in the one worker.
  assert.is(readFileSync(loads, 'utf8'), 'loaded\n'.repeat(2));
});

test('a comparison that cannot go on leaves the runs at hand as a kill would', async () => {
  let at = '';
  try {
    await compare(
      compared({ jobs: 2, seeds: [1, 2, 3], settings: { layers: [64, 5, 3], batch: 10, epochs: 200 } }),
      {
        started: (started) => {
          at = started.folder;
        },
        runEnded: () => {
          throw new Error('the disk is full');
        },
      },
    );
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /the disk is full/);
  }
  const statuses = readExperiment(at).runs.map(({ status }) => status);
  assert.ok(statuses.includes('finished'));
  assert.not.ok(statuses.includes('failed'), statuses.join());
});

/** Processes that a process has started, and theirs. */
function childrenOf(pid: number): number[] {
  const own = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return own === '' ? [] : own.split(' ').flatMap((child) => [Number(child), ...childrenOf(Number(child))]);
}

const orphans = 'a process that is killed leaves none behind that trains on';
if (existsSync(`/proc/${process.pid}/task/${process.pid}/children`))
  test(orphans, async () => {
    const args = [
      'compare',
      '--dataset',
      `idx:${data}`,
      '--rules',
      'backprop',
      '--seeds',
      '2',
      '--layers',
      '64,5,3',
    ];
    const long = [
      '--epochs',
      '1000000',
      '--device',
      'gpu',
      '--backend',
      'webasm',
      '--out',
      join(folder, 'killed'),
    ];
    const parent = spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', ...args, ...long], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    // It trains.
    await new Promise<void>((resolve) =>
      parent.stderr.setEncoding('utf8').on('data', (text) => {
        if (/epoch \d+/.test(text)) resolve();
      }),
    );
    const children = childrenOf(parent.pid!).filter((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('worker'),
    );
    assert.is(children.length, 1);
    parent.kill('SIGKILL');
    const isThere = (pid: number) =>
      existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    for (let i = 0; i < 600 && children.some(isThere); i++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(children.filter(isThere), []);
  });
else {
  console.log(`skipped, ${orphans}: there is no /proc with children`);
  test.skip(orphans);
}

test.run();
