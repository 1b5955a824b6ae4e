import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { submitComparison } from '../../experiments/index.ts';
import { UserError } from '../../kernels/index.ts';
import { type ComparisonDocument, lockFolder, readSubmission } from '../../results/index.ts';
import { defineRule, RULES } from '../../rules/index.ts';
import { inThisProcess } from './dendrite.ts';
import { onTiny, writeTinyIdx } from './tiny-idx.ts';

/** The commands for Slurm, with programs in place of Slurm's that do what a test tells them. test/slurm.test.ts has the real ones. */
const test = suite('commands for Slurm');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-slurm-'));
const bin = join(folder, 'bin');
const data = writeTinyIdx(join(folder, 'tiny'));

const PATH = process.env.PATH!;
mkdirSync(bin);
/** What the programs print, and what they were called with. */
const said = (program: string) => join(bin, `${program}.out`);
const calls = (program: string): string[] =>
  existsSync(join(bin, `${program}.calls`))
    ? readFileSync(join(bin, `${program}.calls`), 'utf8')
        .trim()
        .split('\n')
    : [];
/** Each prints its file; a file with the ending .err makes it fail. In squeue's, NAME is the name of the newest job asked for. */
const program = (name: string): void => {
  const path = join(bin, name);
  writeFileSync(
    path,
    `#!/bin/sh
echo "$*" >> '${path}.calls'
[ "$1" = --version ] && exit 0
[ -f '${path}.err' ] && { cat '${path}.err' >&2; exit 1; }
for one in "$@"; do case $one in --name=*) job=\${one##*[=,]};; esac; done
sed "s/NAME/$job/" '${path}.out'
`,
  );
  chmodSync(path, 0o755);
};

test.before.each(() => {
  process.env.PATH = `${bin}${delimiter}${PATH}`;
  for (const name of readdirSync(bin)) rmSync(join(bin, name));
  for (const name of ['sbatch', 'squeue', 'scancel']) program(name);
  writeFileSync(said('sbatch'), '4711;cluster\n');
  writeFileSync(said('squeue'), '');
  writeFileSync(said('scancel'), '');
});
test.after.each(() => {
  process.env.PATH = PATH;
});
test.after(() => rmSync(folder, { recursive: true }));

/** Two rules from two seeds. */
const compare = (...args: string[]) => [
  ...['compare', ...onTiny(data).slice(0, -2), '--rules', 'backprop,drtp', '--seeds', '2'],
  ...(args.includes('--examples') ? [] : ['--epochs', '2']),
  ...args,
];

let number = 0;
/** Submits a comparison. @returns its folder */
async function submitted(...args: string[]): Promise<string> {
  const out = join(folder, `out-${++number}`);
  const { code, stderr, stdout } = await inThisProcess(compare('--launcher', 'slurm', '--out', out, ...args));
  assert.is(code, 0, stderr);
  const at = join(out, readdirSync(out)[0]!);
  assert.match(stdout, new RegExp(`^submitted job 4711: 4 runs in \\d tasks?, in ${at}\n`));
  for (const command of ['status', 'table', 'cancel', 'resume'])
    assert.match(stdout, new RegExp(`^  dendrite ${command} ${at} `, 'm'));
  return at;
}

async function refuses(args: readonly string[], pattern: RegExp, code = 1): Promise<void> {
  const result = await inThisProcess(args);
  assert.is(result.code, code, result.stdout);
  assert.match(result.stderr, pattern);
  assert.match(result.stderr, /^dendrite: [^\n]+\n$/);
  assert.is(result.stdout, '');
}

const work = (at: string, task: number, ...args: string[]) =>
  inThisProcess(['work', at, '--submission', '1', '--task', String(task), ...args]);

const outcomes = (json: string) =>
  (JSON.parse(json) as ComparisonDocument).runs.map(({ condition, seed, status, statesHash, epochs }) => ({
    ...{ condition, seed, status, statesHash },
    epochs: epochs.map(({ seconds, evaluationSeconds, examplesPerSecond, ...rest }) => rest),
  }));

test('a comparison is written down, submitted, and left to its job', async () => {
  const at = await submitted('--runs-per-task', '3', '--at-once', '2', '--time', '30');
  assert.equal(readdirSync(at).sort(), ['experiment.json', 'slurm']);
  assert.equal(calls('sbatch'), ['--version', `--parsable ${join(at, 'slurm/submission-1.sbatch')}`]);
  const { name, submittedAt, ...submission } = readSubmission(at, 1);
  assert.match(name, /^dendrite-[0-9a-f]{8}$/);
  assert.equal(submission, {
    format: 1,
    job: '4711',
    runs: ['backprop-seed-1', 'backprop-seed-2', 'drtp-seed-1', 'drtp-seed-2'],
    runsPerTask: 3,
    retryFailed: false,
  });
  const script = readFileSync(join(at, 'slurm/submission-1.sbatch'), 'utf8');
  assert.match(
    script,
    new RegExp(`^#SBATCH --job-name=${name}\n#SBATCH --array=1-2%2\n#SBATCH --time=30$`, 'm'),
  );
  assert.match(script, new RegExp(`^exec \\S+ --import \\S+tsx\\S+ \\S+cli/main\\.ts work ${at} `, 'm'));
});

test('its tasks do their runs, and the one that ends last writes what compare would have', async () => {
  const at = await submitted('--runs-per-task', '3', '--cpus-per-task', '2');
  assert.is((await work(at, 2, '--jobs', '2')).code, 0);
  assert.not(existsSync(join(at, 'comparison.json')));
  assert.equal(
    readdirSync(at).sort(),
    ['drtp-seed-2', 'experiment.json', 'slurm'],
    'only its own run, and no lock that is left',
  );
  assert.is((await work(at, 1, '--jobs', '2')).code, 0);
  const local = await inThisProcess(compare('--jobs', '1', '--json', '--out', join(folder, 'local')));
  const written = readFileSync(join(at, 'comparison.json'), 'utf8');
  assert.equal(outcomes(written), outcomes(local.stdout));
  assert.is((await inThisProcess(['table', at, '--json'])).stdout, written);
  assert.match(readFileSync(join(at, 'report.html'), 'utf8'), 'Against backprop over 2 seeds: drtp ');
  // What is written is not left to grow old while runs go on again.
  for (const run of ['backprop-seed-1', 'drtp-seed-2']) rmSync(join(at, run, 'status.json'));
  assert.is((await work(at, 1)).code, 0);
  assert.not(existsSync(join(at, 'comparison.json')));
  assert.is((await work(at, 2)).code, 0);
  assert.equal(outcomes(readFileSync(join(at, 'comparison.json'), 'utf8')), outcomes(local.stdout));
});

test('a task that is begun anew, as Slurm does where a machine broke down, has nothing to do', async () => {
  const at = await submitted('--runs-per-task', '4');
  assert.is((await work(at, 1)).code, 0);
  const written = readFileSync(join(at, 'comparison.json'), 'utf8');
  const again = await work(at, 1);
  assert.is(again.code, 0);
  assert.is(readFileSync(join(at, 'comparison.json'), 'utf8'), written);
});

test('tasks go on beside each other; one whose run is taken waits for it', async () => {
  const at = await submitted();
  const lock = await lockFolder(at, { runs: ['drtp-seed-1'] });
  utimesSync(lock.path, 1769880000, 1769880000);
  assert.is((await work(at, 1)).code, 0);
  const waiting = work(at, 3);
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.not(existsSync(join(at, 'drtp-seed-1')));
  lock.release();
  assert.is((await waiting).code, 0);
  assert.ok(existsSync(join(at, 'drtp-seed-1', 'status.json')));
});

test('a task refuses what resume refuses', async () => {
  const at = await submitted();
  await refuses(['work', at, '--submission', '1', '--task', '5'], /submission 1 of \S+ has no task 5/);
  await refuses(['work', at, '--submission', '2', '--task', '1'], /submission-2\.json cannot be read/);
  await refuses(['work', data, '--submission', '1', '--task', '1'], /holds no experiment\.json/);
  const path = join(at, 'experiment.json');
  const stored = JSON.parse(readFileSync(path, 'utf8'));
  stored.device.settled.backend = 'other';
  writeFileSync(path, JSON.stringify(stored));
  await refuses(
    ['work', at, '--submission', '1', '--task', '1'],
    /the device is not that of \S+ \(backend: "wasm-simd", not "other" as there\)/,
  );
  assert.equal(readdirSync(at).sort(), ['experiment.json', 'slurm']);
});

test('a failed run ends the task with 1, and is tried again only by a submission that says so', async () => {
  const at = await submitted('--runs-per-task', '4');
  assert.is((await work(at, 1)).code, 0);
  const status = join(at, 'drtp-seed-2', 'status.json');
  writeFileSync(
    status,
    JSON.stringify({ status: 'failed', reason: 'no room', finishedAt: '2026-01-31T17:05:09Z' }),
  );
  assert.is((await work(at, 1)).code, 0);
  assert.match(readFileSync(status, 'utf8'), /"failed"/, 'a task that Slurm begins anew leaves it, too');
  const left = await inThisProcess(['resume', at, '--launcher', 'slurm']);
  assert.is(left.code, 1);
  assert.match(left.stdout, /^backprop +2 /m, 'nothing is missing, so that the table is printed');
  const retried = await inThisProcess(['resume', at, '--launcher', 'slurm', '--retry-failed']);
  assert.match(retried.stdout, /^submitted job 4711: 1 run in 1 task, /);
  assert.equal(readSubmission(at, 2).runs, ['drtp-seed-2']);
  // Until the task begins, what is written is still true.
  assert.ok(existsSync(join(at, 'comparison.json')));
  const done = await inThisProcess(['work', at, '--submission', '2', '--task', '1']);
  assert.is(done.code, 0, done.stderr);
  assert.is((JSON.parse(readFileSync(status, 'utf8')) as { status: string }).status, 'finished');
  assert.match(readFileSync(join(at, 'comparison.json'), 'utf8'), /"failed": 0/);
  assert.not.match(readFileSync(join(at, 'comparison.json'), 'utf8'), /"status": "failed"/);
});

test('while a job is in the queue, resume is refused by its name; afterwards what is missing is submitted', async () => {
  const at = await submitted();
  assert.is((await work(at, 2)).code, 0);
  writeFileSync(
    said('squeue'),
    '4711|NAME|1|RUNNING|None\n4711|NAME|3|PENDING|Resources\n4711|NAME|4|PENDING|Resources\n',
  );
  const refusal =
    /^dendrite: job 4711 \(1 running, 2 pending\) of Slurm works on \S+: wait until it has ended, or stop it with 'dendrite cancel \S+'$/m;
  await refuses(['resume', at], refusal);
  await refuses(['resume', at, '--launcher', 'slurm'], refusal);
  assert.match(calls('squeue')[0]!, /--noheader --array --name=dendrite-[0-9a-f]{8} --format=/);
  assert.equal(calls('sbatch').filter((call) => call !== '--version').length, 1);

  writeFileSync(said('squeue'), '');
  const again = await inThisProcess(['resume', at, '--launcher', 'slurm', '--runs-per-task', '2']);
  assert.is(again.code, 0, again.stderr);
  assert.match(again.stdout, /^submitted job 4711: 3 runs in 2 tasks, /);
  assert.equal(readSubmission(at, 2).runs, ['backprop-seed-1', 'drtp-seed-1', 'drtp-seed-2']);
  assert.is((await inThisProcess(['resume', at, '--jobs', '1'])).code, 0);
  assert.ok(existsSync(join(at, 'comparison.json')));
});

test('a job whose number was never written down is found by its name', async () => {
  writeFileSync(join(bin, 'sbatch.err'), 'sbatch: error: Socket timed out\n');
  const out = join(folder, 'timed-out');
  await refuses(
    compare('--launcher', 'slurm', '--out', out),
    /sbatch failed: Socket timed out; the folder \S+ stays, and 'dendrite resume' goes on with it/,
  );
  const at = join(out, readdirSync(out)[0]!);
  assert.is(readSubmission(at, 1).job, null);
  writeFileSync(said('squeue'), '4712|NAME|1|PENDING|Priority\n');
  await refuses(['resume', at], /job 4712 \(1 pending\) of Slurm works on/);
  writeFileSync(said('squeue'), '');
  rmSync(join(bin, 'sbatch.err'));
  assert.match(
    (await inThisProcess(['resume', at, '--launcher', 'slurm'])).stdout,
    /^submitted job 4711: 4 runs in 4 tasks, /,
  );
  assert.ok(existsSync(join(at, 'slurm/submission-2.sbatch')));
});

test('without Slurm, nothing is made, and a local resume goes on', async () => {
  const at = await submitted();
  process.env.PATH = join(folder, 'nothing');
  const out = join(folder, 'without');
  await refuses(
    compare('--launcher', 'slurm', '--out', out),
    /^dendrite: there is no sbatch on this machine: go to one from which jobs are submitted to Slurm$/m,
  );
  assert.not(existsSync(out));
  await refuses(['resume', at, '--launcher', 'slurm'], /there is no sbatch on this machine/);
  await refuses(['cancel', at], /there is no squeue on this machine/);
  const { stdout } = await inThisProcess(['status', at]);
  assert.match(
    stdout,
    /^Slurm cannot be asked, since there is no squeue on this machine \(the last job was 4711\)$/m,
  );
  assert.is((await inThisProcess(['resume', at, '--jobs', '1'])).code, 0);
});

test('a Slurm that does not answer is told in its words', async () => {
  const at = await submitted();
  writeFileSync(join(bin, 'squeue.err'), 'slurm_load_jobs error: Unable to contact slurm controller\n');
  const words = /squeue failed: slurm_load_jobs error: Unable to contact slurm controller/;
  await refuses(['resume', at], words);
  await refuses(['cancel', at], words);
  assert.match((await inThisProcess(['status', at])).stdout, words);
});

test('status says how far each condition is, who works on it, and what went wrong', async () => {
  const at = await submitted();
  assert.match(
    (await inThisProcess(['status', at])).stdout,
    new RegExp(`^${at}: 0 of 4 runs done

Condition  not begun  epochs
backprop           2  0 of 4
drtp               2  0 of 4

Slurm has no job of it that is pending or running \\(the last job was 4711\\)
nobody works on it: 'dendrite resume ${at}' goes on
$`),
  );
  for (const task of [1, 2, 3]) assert.is((await work(at, task)).code, 0);
  rmSync(join(at, 'drtp-seed-1', 'status.json'));
  writeFileSync(
    join(at, 'backprop-seed-2', 'status.json'),
    JSON.stringify({ status: 'failed', reason: 'no room', finishedAt: '2026-01-31T17:05:09.000Z' }),
  );
  const log = join(at, 'slurm', 'submission-1-3.log');
  writeFileSync(log, 'drtp seed 1 on cpu: epoch 1 done\nslurmstepd: error: *** CANCELLED ***\n\n');
  utimesSync(log, 1769880000, 1769880000);
  // Tasks whose runs are done, that are in the queue, or that hold their lock have nothing to be told of.
  for (const task of [1, 4])
    writeFileSync(join(at, 'slurm', `submission-1-${task}.log`), 'what is long past\n');
  writeFileSync(said('squeue'), '4711|NAME|4|PENDING|JobHeldUser\n');
  const { stdout, code } = await inThisProcess(['status', at]);
  assert.is(code, 0);
  assert.is(
    stdout,
    `${at}: 2 of 4 runs done

Condition  finished  failed  unfinished  not begun  epochs
backprop          1       1           0          0  4 of 4
drtp              0       0           1          1  2 of 4

Slurm: job 4711 (1 pending), pending for JobHeldUser

Newest errors:
  2026-01-31 17:20:00 UTC  slurm/submission-1-3.log: slurmstepd: error: *** CANCELLED ***
  2026-01-31 17:05:09 UTC  backprop-seed-2: no room
`,
  );
  const lock = await lockFolder(at, { runs: ['drtp-seed-1'] });
  try {
    const { stdout } = await inThisProcess(['status', at, '--json']);
    const status = JSON.parse(stdout);
    assert.equal(status.conditions[1], {
      ...{ condition: 'drtp', label: 'drtp', runs: 2, finished: 0, diverged: 0, failed: 0 },
      ...{ running: 1, unfinished: 0, notBegun: 1, epochs: 2, epochsInAll: 4 },
    });
    assert.is(status.workers[0].pid, process.pid);
    assert.equal(status.slurm.tasks, [
      { job: '4711', submission: 1, task: 4, state: 'PENDING', reason: 'JobHeldUser' },
    ]);
    assert.equal(
      status.errors.map(({ where }: { where: string }) => where),
      ['backprop-seed-2'],
    );
  } finally {
    lock.release();
  }
});

test('status knows the number of epochs only where a budget or a run that ended says it', async () => {
  const at = await submitted('--examples', '70');
  assert.match((await inThisProcess(['status', at])).stdout, /^backprop +2 +0$/m);
  const stopped = await submitted();
  assert.is((await work(stopped, 1)).code, 0);
  // As a run does that diverges in its first epoch.
  const metrics = join(stopped, 'backprop-seed-1', 'metrics.jsonl');
  writeFileSync(metrics, readFileSync(metrics, 'utf8').split('\n').slice(0, 1).concat('').join('\n'));
  assert.match((await inThisProcess(['status', stopped])).stdout, /^backprop +1 +1 +1 of 3$/m);
});

test('status of a comparison of this machine alone asks no Slurm', async () => {
  const { stdout: json } = await inThisProcess(
    compare('--jobs', '1', '--json', '--out', join(folder, 'alone')),
  );
  const at = join((JSON.parse(json) as ComparisonDocument).runs[0]!.folder, '..');
  const { stdout } = await inThisProcess(['status', at]);
  assert.match(
    stdout,
    /: 4 of 4 runs done\n\nCondition {2}finished {2}epochs\nbackprop +2 {2}4 of 4\ndrtp +2 {2}4 of 4\n\n$/,
  );
  assert.equal(calls('squeue'), []);
  await refuses(['cancel', at], /no job of \S+ is pending or running in Slurm: there is nothing to cancel/);
  await refuses(['status', data], /holds no experiment\.json/);
});

test('cancel ends the jobs of the folder', async () => {
  const at = await submitted();
  writeFileSync(said('squeue'), '4711|NAME|1|RUNNING|None\n4711|NAME|2|PENDING|Resources\n');
  const { stdout, code } = await inThisProcess(['cancel', at]);
  assert.is(code, 0);
  assert.match(stdout, /^cancelled job 4711 \(1 running, 1 pending\); /);
  assert.equal(calls('scancel'), ['4711']);
  writeFileSync(said('squeue'), '');
  await refuses(['cancel', at], /there is nothing to cancel/);
  assert.equal(calls('scancel'), ['4711']);
});

test('--print-script prints what would be submitted, and writes and calls nothing', async () => {
  const out = join(folder, 'printed');
  const slurm = ['--launcher', 'slurm', '--print-script', '--partition', 'cpu'];
  const { stdout, code } = await inThisProcess(compare(...slurm, '--out', out));
  assert.is(code, 0);
  assert.match(stdout, /^#!\/bin\/bash\n#SBATCH --job-name=dendrite-/);
  assert.match(stdout, new RegExp(`work '${out}/<comparison>' `));
  assert.not(existsSync(out));
  assert.equal([...calls('sbatch'), ...calls('squeue')], []);

  const at = await submitted();
  assert.is((await work(at, 1)).code, 0);
  const missing = await inThisProcess(['resume', at, ...slurm, '--runs-per-task', '2']);
  assert.match(missing.stdout, /^#SBATCH --array=1-2$/m);
  assert.match(missing.stdout, /^# Submission 2 of a comparison: 3 runs, 2 to a task\.$/m);
  assert.not(existsSync(join(at, 'slurm/submission-2.json')));
});

test('an experiment of several comparisons is a job for each', async () => {
  const file = join(folder, 'two.yaml');
  writeFileSync(
    file,
    `rules: [backprop]
dataset: idx:${data}
task: [classify, 'probe:hidden 1']
seeds: 2
device: cpu
blas: none
settings: { layers: [[[64, 5, 3]]], batch: 10, epochs: 1 }
`.replace('[[[64, 5, 3]]]', '[64, 5, 3]'),
  );
  const out = join(folder, 'two');
  const { stdout, code, stderr } = await inThisProcess(['run', file, '--launcher', 'slurm', '--out', out]);
  assert.is(code, 0, stderr);
  assert.is(stdout.match(/^submitted job 4711: 2 runs in 2 tasks, /gm)!.length, 2);
  writeFileSync(join(bin, 'sbatch.err'), 'sbatch: error: invalid partition specified: cpu\n');
  const refused = await inThisProcess(['run', file, '--launcher', 'slurm', '--out', out]);
  assert.is(refused.code, 1);
  assert.match(
    refused.stderr,
    /^dendrite: not submitted, and to be with 'dendrite resume <folder> --launcher slurm': \S+probe\S+$/m,
  );
  assert.match(
    refused.stderr,
    /^dendrite: sbatch failed: invalid partition specified: cpu; the folder \S+ stays/m,
  );
});

test('options of one launcher are refused with the other', async () => {
  const slurm = ['--launcher', 'slurm'];
  const mistakes: [string[], RegExp][] = [
    [['--partition', 'cpu'], /--partition is for jobs of Slurm: add --launcher slurm, or leave it out/],
    [['--print-script'], /--print-script is for jobs of Slurm/],
    [[...slurm, '--tune', '3'], /a tuning cannot be submitted to Slurm, for its rungs wait for each other/],
    [[...slurm, '--jobs', '2'], /--jobs has no meaning with --launcher slurm: --cpus-per-task says/],
    [[...slurm, '--json'], /--json has no meaning with --launcher slurm: 'dendrite table <folder> --json'/],
    [[...slurm, '--tensorboard'], /--tensorboard has no meaning with --launcher slurm: 'dendrite export/],
    [[...slurm, '--at-once', '0'], /--at-once '0' must be a whole number, 1 or more/],
    [[...slurm, '--partition', ' '], /--partition ' ' is empty/],
    [[...slurm, '--modules', 'a,,b'], /--modules 'a,,b' has an empty entry/],
    [[...slurm, '--account', 'a\nb'], /account: 'a b' holds a line break or a backslash/],
    [
      [...slurm, '--print-script', '--save-as', 'x.yaml'],
      /--save-as writes a file and --print-script writes nothing/,
    ],
  ];
  for (const [args, pattern] of mistakes)
    await refuses(compare('--out', join(folder, 'refused'), ...args), pattern);
  await refuses(compare('--launcher', 'pbs'), /--launcher 'pbs' must be one of local, slurm/, 2);
  assert.not(existsSync(join(folder, 'refused')));
});

test('a rule in memory cannot be submitted', async () => {
  const own = defineRule({ ...RULES.find(({ name }) => name === 'drtp')!, name: 'own' });
  const options = {
    dataset: `idx:${data}`,
    device: { device: 'cpu', blas: 'none' },
    seeds: [1],
    settings: { layers: [64, 5, 3], batch: 10, epochs: 1 },
    out: join(folder, 'in-memory'),
  } as const;
  try {
    await submitComparison({ ...options, rules: ['backprop', own] });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, UserError);
    assert.match((error as Error).message, /^the rule 'own' is only in the memory of this process, [^\n]+$/);
  }
  assert.not(existsSync(options.out));
  const {
    job,
    runs,
    tasks,
    folder: made,
  } = await submitComparison({ ...options, rules: ['backprop'] }, { time: '5' });
  assert.equal({ job, runs, tasks }, { job: '4711', runs: 1, tasks: 1 });
  assert.ok(existsSync(join(made, 'experiment.json')));
});

test.run();
