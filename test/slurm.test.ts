import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { newestCheckpoint, ownersOf, readExperiment, type StoredRun } from '../results/index.ts';
import { dendrite, inThisProcess } from './cli/dendrite.ts';
import { onTiny, writeTinyIdx } from './cli/tiny-idx.ts';
import { type Cluster, pause, startSlurm, untilQueueIsEmpty, whyNoSlurm } from './slurm-cluster.ts';

/** The launcher for Slurm with a real one, on this machine. */
const test = suite('Slurm');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-slurm-'));
/** Paths that a shell and sbatch would both read as something else. */
const out = join(folder, "it's 100 % #1");
const data = writeTinyIdx(join(folder, 'tiny'));

const why = whyNoSlurm();
let cluster: Cluster | undefined;
test.before(async () => {
  if (why !== null) return;
  cluster = await startSlurm(folder);
  process.env.SLURM_CONF = cluster.config;
});
test.after(async () => {
  delete process.env.SLURM_CONF;
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const LONGEST = 120_000;

/** As many epochs as it takes to be killed in the middle of. */
const sweep = [
  ...['compare', ...onTiny(data).slice(0, -2), '--rules', 'backprop,equilibrium-propagation'],
  ...['--seeds', '2', '--epochs', '300'],
];

const outcome = ({ condition, seed, status, statesHash, epochs, notes }: StoredRun) => ({
  ...{ condition, seed, status, statesHash, notes },
  epochs: epochs.map(({ seconds, evaluationSeconds, examplesPerSecond, ...rest }) => rest),
});
const outcomes = (at: string) => readExperiment(at).runs.map(outcome);

/** Submits the sweep. @returns its folder */
async function submit(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await inThisProcess([
    ...[...sweep, '--launcher', 'slurm', '--out', out],
    ...args,
  ]);
  assert.is(code, 0, stderr);
  return /^submitted job \d+: 4 runs in \d tasks?, in (.*)$/m.exec(stdout)![1]!;
}

/** Waits until a process works on a run that has recorded some epochs and not all. @returns its number */
async function inTheMiddleOf(at: string, run: string): Promise<number> {
  const end = performance.now() + LONGEST;
  while (performance.now() < end) {
    const owner = ownersOf(at).find(({ runs }) => runs?.includes(run));
    const metrics = join(at, run, 'metrics.jsonl');
    if (owner && existsSync(metrics) && readFileSync(metrics, 'utf8').split('\n').length > 10)
      return owner.pid;
    await pause(10);
  }
  throw new Error(`nothing works on ${run}: ${logs(at)}`);
}

const logs = (at: string): string =>
  readdirSync(join(at, 'slurm'))
    .filter((name) => name.endsWith('.log'))
    .map((name) => `${name}: ${readFileSync(join(at, 'slurm', name), 'utf8')}`)
    .join('\n');

const statuses = (at: string) =>
  Object.fromEntries(readExperiment(at).runs.map((run) => [basename(run.folder), run.status]));

let local: ReturnType<typeof outcomes>;

const middle =
  'an array of which a task is killed in the middle comes, with what is missing submitted again, to what the local launcher comes to';
const cancelled =
  'jobs that are cancelled write checkpoints, from which this machine goes on to the same bits';
if (why === null) {
  test(middle, async () => {
    const at = await submit('--at-once', '2');
    const pid = await inTheMiddleOf(at, 'backprop-seed-1');
    const refused = await inThisProcess(['resume', at]);
    assert.is(refused.code, 1);
    assert.match(
      refused.stderr,
      /^dendrite: job \d+ \([^)]*running[^)]*\) of Slurm works on .* stop it with 'dendrite cancel '.*''$/m,
    );
    const during = await inThisProcess(['status', at]);
    assert.match(during.stdout, /^Slurm: job \d+ \(.*running/m);
    assert.match(during.stdout, new RegExp(`^process ${pid} on \\S+ works on it, since `, 'm'));
    process.kill(pid, 'SIGKILL');
    await untilQueueIsEmpty(LONGEST);
    assert.equal(
      statuses(at),
      {
        'backprop-seed-1': 'unfinished',
        'backprop-seed-2': 'finished',
        'equilibrium-propagation-seed-1': 'finished',
        'equilibrium-propagation-seed-2': 'finished',
      },
      logs(at),
    );
    assert.not(existsSync(join(at, 'comparison.json')));
    const lost = await inThisProcess(['status', at]);
    assert.match(lost.stdout, /^Slurm has no job of it that is pending or running/m);
    assert.match(lost.stdout, /^ {2}\S+ \S+ UTC {2}slurm\/submission-1-1\.log: /m);

    const again = await inThisProcess(['resume', at, '--launcher', 'slurm']);
    assert.match(again.stdout, /^submitted job \d+: 1 run in 1 task, /m, again.stderr);
    await untilQueueIsEmpty(LONGEST);
    const run = await dendrite(...sweep, '--json', '--out', join(folder, 'local'));
    assert.is(run.code, 0, run.stderr);
    local = outcomes(join(folder, 'local', readdirSync(join(folder, 'local'))[0]!));
    assert.ok(local.every(({ status, epochs }) => status === 'finished' && epochs.length === 300));
    assert.equal(outcomes(at), local, logs(at));
    const table = await inThisProcess(['table', at, '--json']);
    assert.is(readFileSync(join(at, 'comparison.json'), 'utf8'), table.stdout);
    assert.equal(
      readdirSync(at).filter((name) => /^lock|\.tmp$/.test(name)),
      [],
    );
  });

  test(cancelled, async () => {
    const at = await submit('--runs-per-task', '4', '--cpus-per-task', '2');
    await inTheMiddleOf(at, 'backprop-seed-1');
    const { code, stdout, stderr } = await inThisProcess(['cancel', at]);
    assert.is(code, 0, stderr);
    assert.match(stdout, /^cancelled job \d+ \(1 running\); /);
    await untilQueueIsEmpty(LONGEST);
    const unfinished = readExperiment(at).runs.filter(({ status }) => status === 'unfinished');
    assert.ok(unfinished.length > 0, logs(at));
    // A run that was stopped before its first epoch has none.
    const saved = unfinished.map(({ folder }) => newestCheckpoint(folder).found?.checkpoint.epochs ?? 0);
    for (const [i, { epochs }] of unfinished.entries()) assert.ok(saved[i]! >= epochs.length, logs(at));
    assert.ok(Math.max(...saved) > 0, logs(at));
    assert.match(logs(at), /^dendrite: stopped after \d of 4 runs; /m);
    const resumed = await inThisProcess(['resume', at]);
    assert.is(resumed.code, 0, resumed.stderr);
    assert.equal(outcomes(at), local);
  });

  test('what sbatch refuses is told in its words', async () => {
    const { code, stderr } = await inThisProcess([
      ...sweep,
      '--launcher',
      'slurm',
      '--partition',
      'none',
      '--out',
      out,
    ]);
    assert.is(code, 1);
    assert.match(
      stderr,
      /^dendrite: sbatch failed: .*invalid partition specified: none.*; the folder .* stays/m,
    );
  });
} else
  for (const title of [middle, cancelled]) {
    console.log(`skipped, ${title}: ${why}`);
    test.skip(title);
  }

test.run();
