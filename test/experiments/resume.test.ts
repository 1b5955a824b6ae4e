import { createHash } from 'node:crypto';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type CompareOptions, compare, type RunProgress, resume } from '../../experiments/index.ts';
import { UserError } from '../../kernels/index.ts';
import { type ComparisonDocument, newestCheckpoint, readRun } from '../../results/index.ts';
import { defineRule, RULES } from '../../rules/index.ts';
import { writeTinyIdx } from '../cli/tiny-idx.ts';

/** Comparisons that are stopped within an epoch and go on. */
const test = suite('resume');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-resume-'));
test.after(() => rmSync(folder, { recursive: true }));
const data = writeTinyIdx(join(folder, 'tiny'));

const ON_CPU = { device: { device: 'cpu', blas: 'none' } } as const;
/** Epochs of 30 minibatches, 20 in a call of the cpu. */
const settings = { layers: [64, 5, 3], batch: 2, epochs: 4 };
const own = defineRule({ ...RULES.find(({ name }) => name === 'feedback-alignment')!, name: 'own' });

let number = 0;
const compared = (options: Partial<CompareOptions>): CompareOptions => ({
  dataset: `idx:${data}`,
  // In this thread, so that a run stops as soon as it is told to.
  rules: [own],
  seeds: [1, 2],
  settings,
  out: join(folder, String(number++)),
  jobs: 2,
  ...ON_CPU,
  ...options,
});

const outcome = ({ condition, seed, status, statesHash, epochs }: ComparisonDocument['runs'][number]) => ({
  condition,
  seed,
  status,
  statesHash,
  epochs: epochs.map(({ seconds, evaluationSeconds, examplesPerSecond, ...rest }) => rest),
});
const outcomes = ({ runs }: ComparisonDocument) => runs.map(outcome);

/** Stops as soon as a run's progress is so far, and says where the comparison is. */
async function stopped(
  options: CompareOptions,
  when: (progress: RunProgress) => boolean,
): Promise<{ document: ComparisonDocument; at: string }> {
  const stop = new AbortController();
  let at = '';
  const document = await compare(options, {
    started: (started) => {
      at = started.folder;
    },
    progress: (progress) => {
      if (when(progress)) stop.abort(new Error('enough'));
    },
    signal: stop.signal,
  });
  return { document, at };
}

const withinEpoch = ({ epoch, stepsDone }: RunProgress): boolean => epoch >= 3 && stepsDone % 30 !== 0;

for (const [where, options, when] of [
  [
    'in worker threads',
    {
      settings: { ...settings, epochs: 100 },
      rules: ['backprop', 'equilibrium-propagation', 'segregated-dendrite'],
      vary: [{ rule: 'backprop', name: 'optimizer', values: ['momentum', 'adam'] }],
    },
    withinEpoch,
  ],
  ['in this thread', { rules: ['backprop', own] }, withinEpoch],
  [
    'in lockstep',
    {
      dataset: 'mnist',
      device: { device: 'gpu', backend: 'webasm' },
      rules: ['backprop'],
      // An epoch of 400 minibatches, 100 in a plan.
      settings: { layers: [784, 8, 10], examples: 8000, batch: 20 },
    },
    ({ stepsDone }) => stepsDone > 0,
  ],
] as [string, Partial<CompareOptions>, (progress: RunProgress) => boolean][])
  test(`${where}: a comparison that is stopped within an epoch goes on to the bits of an undisturbed one`, async () => {
    const wanted = await compare(compared(options));
    assert.ok(wanted.runs.every(({ status }) => status === 'finished'));
    const first = await stopped(compared(options), when);
    const unfinished = first.document.runs.filter(({ status }) => status === 'unfinished');
    assert.ok(unfinished.length > 0);
    const within = unfinished.filter((run) => {
      const { found } = newestCheckpoint(run.folder);
      assert.is(found?.checkpoint.epochs ?? 0, run.epochs.length);
      return found && found.checkpoint.step > 30 * run.epochs.length;
    });
    assert.ok(within.length > 0);
    const times = new Map(
      first.document.runs
        .filter(({ status }) => status === 'finished')
        .map((run) => [run.folder, statSync(join(run.folder, 'status.json')).mtimeMs]),
    );
    const document = await resume(first.at, { rules: [own], jobs: 1 });
    assert.equal(outcomes(document), outcomes(wanted));
    // Finished runs were not touched.
    for (const [path, time] of times) assert.is(statSync(join(path, 'status.json')).mtimeMs, time);
    assert.equal(
      outcomes(JSON.parse(readFileSync(join(first.at, 'comparison.json'), 'utf8'))),
      outcomes(wanted),
    );
    assert.equal(
      readdirSync(first.at).filter((name) => name.startsWith('lock') || name.endsWith('.tmp')),
      [],
    );
    assert.is(readRun(unfinished[0]!.folder).provenance.resumed!.length, 1);
  });

test('recorded epochs that no checkpoint has are trained again, and their lines stay', async () => {
  const options = { seeds: [1], checkpointEvery: 1000 };
  const { at, document } = await stopped(compared(options), ({ epoch }) => epoch >= 3);
  const run = document.runs[0]!.folder;
  rmSync(join(run, 'checkpoints'), { recursive: true });
  const metrics = join(run, 'metrics.jsonl');
  const lines = readFileSync(metrics, 'utf8');
  appendFileSync(metrics, '{"epoch":3,"exam');
  const { runs } = await resume(at, { rules: [own] });
  assert.ok(readFileSync(metrics, 'utf8').startsWith(lines));
  assert.equal(
    runs[0]!.epochs.map(({ epoch }) => epoch),
    [1, 2, 3, 4],
  );
  assert.equal(
    readFileSync(metrics, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    runs[0]!.epochs,
  );
  assert.is(runs[0]!.notes?.some((note) => /trained again/.test(note)) ?? false, false);
});

test('an epoch that comes to another record than before is told in a note', async () => {
  const { at, document } = await stopped(
    compared({ seeds: [1], checkpointEvery: 1000 }),
    ({ epoch }) => epoch >= 3,
  );
  const run = document.runs[0]!.folder;
  rmSync(join(run, 'checkpoints'), { recursive: true });
  const metrics = join(run, 'metrics.jsonl');
  const [first, ...rest] = readFileSync(metrics, 'utf8').split('\n');
  const other = JSON.stringify({ ...JSON.parse(first!), trainLoss: 0.125 });
  writeFileSync(metrics, [other, ...rest].join('\n'));
  const { runs } = await resume(at, { rules: [own] });
  assert.is(runs[0]!.epochs[0]!.trainLoss, 0.125);
  assert.match(runs[0]!.notes!.join('\n'), /^epoch 1 was trained again .* its trainLoss is not the one/m);
});

test('a damaged checkpoint is passed over, and the run says so', async () => {
  const wanted = await compare(compared({ seeds: [1] }));
  const { at, document } = await stopped(compared({ seeds: [1], checkpoint: 'every' }), withinEpoch);
  const run = document.runs[0]!.folder;
  const { path } = newestCheckpoint(run).found!;
  const bytes = readFileSync(path);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(path, bytes);
  const told: string[] = [];
  const resumed = await resume(at, { rules: [own] }, { progress: ({ notes }) => void told.push(...notes) });
  assert.equal(outcomes(resumed), outcomes(wanted));
  const sentence = `${path} is no checkpoint of Dendrite, or is damaged`;
  assert.ok(resumed.runs[0]!.notes!.some((note) => note.includes(sentence)));
  assert.ok(told.some((note) => note.includes(sentence)));
});

test('without checkpoints a run begins again; with every one, all stay', async () => {
  const wanted = await compare(compared({ seeds: [1], checkpoint: 'every' }));
  const checkpoints = (run: string) => readdirSync(join(run, 'checkpoints')).sort();
  assert.equal(
    checkpoints(wanted.runs[0]!.folder),
    ['120', '30', '60', '90'].map((step) => `step-${step}.safetensors`),
  );
  const { at, document } = await stopped(compared({ seeds: [1], checkpoint: 'none' }), withinEpoch);
  assert.equal(newestCheckpoint(document.runs[0]!.folder), { found: null, damaged: [] });
  const resumed = await resume(at, { rules: [own] });
  assert.equal(outcomes(resumed), outcomes(wanted));
  assert.equal(newestCheckpoint(document.runs[0]!.folder), { found: null, damaged: [] });
});

test('of a finished run, the last checkpoint is the trained network', async () => {
  const { runs } = await compare(compared({ seeds: [1], checkpointEvery: 1000 }));
  const { checkpoint } = newestCheckpoint(runs[0]!.folder).found!;
  assert.is(checkpoint.step, 120);
  assert.is(checkpoint.epochs, 4);
});

test('failed runs are tried again only where that is asked for, diverged ones never', async () => {
  let broken = true;
  const flaky = defineRule({
    ...own,
    name: 'flaky',
    build(context) {
      if (broken) throw new Error('the first time it fails');
      return own.build(context);
    },
  });
  const diverging = {
    rule: 'backprop',
    settings: { learningRate: 1e30, loss: 'squared-error', outputActivation: 'linear', activation: 'relu' },
  } as const;
  const { runs } = await compare(compared({ rules: [flaky, diverging], seeds: [1] }));
  const statuses = (document: Pick<ComparisonDocument, 'runs'>) => document.runs.map(({ status }) => status);
  assert.equal(statuses({ runs }), ['failed', 'diverged']);
  broken = false;
  const at = dirname(runs[0]!.folder);
  assert.equal(statuses(await resume(at, { rules: [flaky] })), ['failed', 'diverged']);
  const diverged = readFileSync(join(runs[1]!.folder, 'status.json'), 'utf8');
  assert.equal(statuses(await resume(at, { rules: [flaky], retryFailed: true })), ['finished', 'diverged']);
  assert.is(readFileSync(join(runs[1]!.folder, 'status.json'), 'utf8'), diverged);
});

test('a process that lost the folder writes nothing more into it', async () => {
  const contents = (at: string) =>
    readdirSync(at, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.json') || name.endsWith('.jsonl') || name.endsWith('.safetensors'))
      .map(
        (name) =>
          `${name} ${createHash('sha256')
            .update(readFileSync(join(at, name)))
            .digest('hex')}`,
      );
  let at = '';
  let before: string[] = [];
  try {
    await compare(compared({ rules: [own], seeds: [1, 2] }), {
      started: (started) => {
        at = started.folder;
      },
      progress: ({ epoch }) => {
        if (epoch !== 3 || before.length > 0) return;
        rmSync(join(at, readdirSync(at).find((name) => name.startsWith('lock-'))!));
        before = contents(at);
      },
    });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, UserError);
    assert.match((error as Error).message, /another process has taken the folder over/);
  }
  assert.equal(contents(at), before);
});

test.run();
