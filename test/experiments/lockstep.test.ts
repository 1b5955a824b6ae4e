import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadDataset } from '../../data/index.ts';
import { defineExperiment } from '../../experiments/index.ts';
import { lockstepGroups } from '../../experiments/lockstep.ts';
import { executeRun, type RunOrder } from '../../experiments/run.ts';
import { runExperiment } from '../../experiments/runner.ts';
import { collectProvenance, type RunResult } from '../../results/index.ts';

const experiment = defineExperiment({
  rules: [{ name: 'backprop' }, { name: 'equilibrium-propagation', options: { freeIterations: 4 } }],
  layers: [784, 8, 10],
  seeds: [1, 2, 5],
  settings: { examples: 300, batch: 20 },
});
const dataset = await loadDataset('mnist');
const provenance = collectProvenance();

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const orders = (folder: string): RunOrder[] =>
  experiment.rules.flatMap((plan) =>
    experiment.seeds.map((seed) => ({
      plan,
      seed,
      dataset,
      device: { device: 'gpu' as const, backend: 'webasm' as const },
      plugins: [],
      folder: join(folder, `${plan.name}-${seed}`),
      provenance,
    })),
  );

/** What a run came to, without what depends on the clock. */
const outcome = ({ rule, seed, status, epochs, device }: RunResult) => ({
  rule,
  seed,
  status,
  device,
  epochs: epochs.map(({ seconds, evaluationSeconds, examplesPerSecond, ...rest }) => rest),
});

test('the seeds of a rule come to what each of them comes to alone', async () => {
  await inFolder(async (folder) => {
    const ended: RunResult[] = [];
    await runExperiment({
      experiment,
      device: { device: 'gpu', backend: 'webasm' },
      plugins: [],
      out: join(folder, 'together'),
      jobs: 1,
      runEnded: (run) => ended.push(run),
    });
    const alone: RunResult[] = [];
    for (const order of orders(join(folder, 'alone'))) alone.push(await executeRun(order, () => {}));
    assert.equal(ended.map(outcome), alone.map(outcome));
    assert.is(ended.length, 6);
    assert.ok(ended.every(({ status }) => status === 'finished'));
    const [comparison] = readdirSync(join(folder, 'together'));
    assert.is(
      readdirSync(join(folder, 'together', comparison!)).filter((name) => /-seed-/.test(name)).length,
      6,
    );
  });
});

test('a plan takes one rule, and a bounded number of its seeds', () => {
  const sizes = (list: readonly RunOrder[]) => lockstepGroups(list).map((group) => group.length);
  assert.equal(sizes(orders('')), [3, 3]);
  const [order] = orders('');
  const forty = (layers: number[]) => {
    const plan = { ...order!.plan, layers };
    return sizes(Array.from({ length: 40 }, (_, seed) => ({ ...order!, plan, seed })));
  };
  assert.equal(forty([784, 500, 10]), [16, 16, 8]);
  // A matrix of 2000 x 2000 takes 16 MB, and a buffer 128 MiB: 8 of them.
  assert.equal(forty([784, 2000, 2000, 10]), [8, 8, 8, 8, 8]);
});

test.run();
