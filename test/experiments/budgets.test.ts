import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type CompareOptions, compare, planExperiment, resume } from '../../experiments/index.ts';
import { lockstepGroups } from '../../experiments/launchers/groups.ts';
import { UserError } from '../../kernels/index.ts';
import type { ComparisonDocument } from '../../results/index.ts';
import { inThisProcess } from '../cli/dendrite.ts';
import { onTiny, writeTinyIdx } from '../cli/tiny-idx.ts';
import { spec } from '../results/example.ts';

/** Budgets and early stopping of whole comparisons. */
const test = suite('budgets');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-budgets-'));
test.after(() => rmSync(folder, { recursive: true }));
const data = writeTinyIdx(join(folder, 'tiny'));

let number = 0;
const compared = (options: Partial<CompareOptions>): CompareOptions => ({
  dataset: `idx:${data}`,
  rules: ['backprop'],
  seeds: [1],
  diagnostics: ['none'],
  out: join(folder, String(number++)),
  jobs: 1,
  device: { device: 'cpu', blas: 'none' },
  ...options,
});

const cli = (...args: string[]) =>
  inThisProcess(['compare', '--out', join(folder, 'cli'), ...onTiny(data), '--rules', 'backprop', ...args]);

const outcomes = ({ runs }: ComparisonDocument) =>
  runs.map(({ condition, seed, status, statesHash, epochs }) => ({
    ...{ condition, seed, status, statesHash },
    epochs: epochs.map(({ seconds, evaluationSeconds, examplesPerSecond, ...rest }) => rest),
  }));

test('784-500-10 in a batch of 100: the products of backprop, counted by hand', async () => {
  const { runs } = await compare(
    compared({ dataset: 'mnist', settings: { layers: [784, 500, 10], batch: 100, examples: 200 } }),
  );
  const forward = 100 * 784 * 500 + 100 * 500 * 10;
  const error = 100 * 10 * 500;
  const weights = 784 * 100 * 500 + 500 * 100 * 10;
  assert.is(forward + error + weights, 79_900_000);
  assert.equal(
    runs[0]!.epochs.map(({ multiplyAccumulates }) => multiplyAccumulates),
    [2 * 79_900_000],
  );
});

/** A minibatch of 10 by 64-5-3: forward, error, weights. */
const COST = 10 * (2 * (64 * 5 + 5 * 3) + 5 * 3);

test('conditions have the same multiply-accumulates, and other numbers of minibatches', async () => {
  const settings = { layers: [64, 5, 3], batch: 10, multiplyAccumulates: 13 * COST };
  const document = await compare(compared({ rules: ['backprop', 'shallow'], settings }));
  const last = document.runs.map(({ epochs }) => epochs.at(-1)!);
  assert.is(last[0]!.examples, 130);
  assert.is(last[0]!.multiplyAccumulates, 13 * COST);
  const shallow = 10 * (2 * (64 * 5 + 5 * 3) - 64 * 5);
  const steps = Math.floor((13 * COST) / shallow);
  assert.equal([last[1]!.examples, last[1]!.multiplyAccumulates], [10 * steps, steps * shallow]);
});

test('what cannot be done is refused before anything runs, in one sentence', async () => {
  for (const [args, sentence] of [
    [
      ['--multiply-accumulates', String(COST - 1)],
      `multiply-accumulates: one minibatch takes 6,850, more than the budget of 6,849;`,
    ],
    [['--seconds', '1', '--examples', '10'], 'seconds: a run has one budget, and examples 10 is another;'],
    [
      ['--seconds', '1', '--schedule', 'linear'],
      "schedule: 'linear' cannot fall over a run whose budget is in seconds",
    ],
    [['--seconds', '0'], 'seconds: must be above 0, but is 0'],
    [['--patience', '2'], 'patience: stopping early needs a validation score;'],
    [['--patience', '1.5', '--validation', '6'], 'patience: must be a whole number, but is 1.5'],
  ] as [string[], string][]) {
    const { code, stdout, stderr } = await cli(...args);
    assert.is(code, 1, args.join(' '));
    assert.is(stdout, '');
    assert.ok(stderr.startsWith(`dendrite: ${sentence}`), stderr);
    assert.is(stderr.trim().split('\n').length, 1, stderr);
  }
});

test('a run for a number of seconds is told from others, and its bits cannot be checked', async () => {
  const { code, stdout, stderr } = await cli('--seconds', '0.05', '--seeds', '1,', '--json');
  assert.is(code, 0, stderr);
  const { runs } = JSON.parse(stdout) as ComparisonDocument;
  const { epochs, folder: run } = runs[0]!;
  const trained = epochs.map(({ seconds }) => seconds);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  assert.ok(sum(trained) >= 0.05 && sum(trained.slice(0, -1)) < 0.05, String(trained));
  const table = await inThisProcess(['table', dirname(run)]);
  assert.match(table.stdout, /^Training +0\.05 seconds, batches of 10/m);
  assert.match(
    table.stdout.replaceAll(/\s+/g, ' '),
    /Note a run for a number of seconds gets as far as the machine/,
  );
  const again = ['repeat', run, '--out', join(folder, 'again')];
  const checked = await inThisProcess([...again, '--check']);
  assert.is(checked.code, 1);
  assert.match(checked.stderr, /^dendrite: \S+ has a budget in seconds, .* repeat it without --check\n$/);
  assert.is((await inThisProcess(again)).code, 0);
});

test('a run by the clock that was killed after its last record ends with this record', async () => {
  const first = await compare(
    compared({ settings: { layers: [64, 5, 3], seconds: 0.05 }, checkpoint: 'none' }),
  );
  const { folder: run, statesHash } = first.runs[0]!;
  const metrics = readFileSync(join(run, 'metrics.jsonl'), 'utf8');
  rmSync(join(run, 'status.json'));
  const { runs } = await resume(dirname(run), { jobs: 1 });
  assert.is(runs[0]!.statesHash, statesHash);
  assert.is(readFileSync(join(run, 'metrics.jsonl'), 'utf8'), metrics);
  assert.is(runs[0]!.notes, undefined);
});

/** The validation score is noisy: each seed stops at an epoch of its own. */
const noisy = (options: Partial<CompareOptions>): CompareOptions =>
  compared({
    seeds: [1, 2, 3, 4],
    validation: 15,
    settings: {
      layers: [64, 5, 3],
      batch: 5,
      epochs: 20,
      patience: 3,
      optimizer: 'sgd',
      learningRate: 0.003,
    },
    jobs: 2,
    ...options,
  });

/** That runs stopped at several epochs, and say so. */
function expectEarly({ runs }: ComparisonDocument): void {
  const ends = runs.map(({ epochs }) => epochs.length);
  assert.ok(new Set(ends).size > 1, String(ends));
  for (const { status, epochs } of runs) {
    assert.is(status, 'finished');
    assert.is(epochs.at(-1)!.stoppedEarly === undefined, epochs.length === 20);
  }
}

test('runs that stopped early and lost their status, or all checkpoints, stop at the same epochs again', async () => {
  const first = await compare(noisy({}));
  expectEarly(first);
  for (const [i, { folder: run }] of first.runs.entries()) {
    rmSync(join(run, 'status.json'));
    if (i > 1) rmSync(join(run, 'checkpoints'), { recursive: true });
  }
  const again = await resume(dirname(first.runs[0]!.folder), { jobs: 2 });
  assert.equal(outcomes(again), outcomes(first));
  assert.ok(again.runs.every(({ notes }) => notes === undefined));
});

test('in lockstep each seed stops where it does alone', async () => {
  const device = { device: 'gpu', backend: 'webasm' } as const;
  const together = await compare(noisy({ device }));
  expectEarly(together);
  const alone: ComparisonDocument[] = [];
  for (const seed of [1, 2, 3, 4]) alone.push(await compare(noisy({ device, seeds: [seed] })));
  assert.equal(outcomes(together), alone.flatMap(outcomes));
});

test('on a gpu a run by the clock is alone', () => {
  const jobs = [1, 2].map((seed) => {
    const own = spec(seed);
    const settings = { ...own.condition.settings, seconds: 10 };
    return { spec: { ...own, condition: { ...own.condition, settings } }, folder: String(seed) };
  });
  assert.equal(
    lockstepGroups(jobs, () => 32).map((group) => group.length),
    [1, 1],
  );
});

test('a file says where a budget that is not enough stands', async () => {
  const definition = {
    rules: ['backprop'],
    dataset: `idx:${data}`,
    settings: { layers: [64, 5, 3], batch: 10, multiplyAccumulates: [COST, 100] },
  };
  try {
    await planExperiment({ definition, locate: (place) => place.join('.') }, {});
    assert.unreachable();
  } catch (error) {
    assert.instance(error, UserError);
    assert.match(
      (error as Error).message,
      /^settings\.multiplyAccumulates: one minibatch takes 6,850, more than/,
    );
  }
});

test.run();
