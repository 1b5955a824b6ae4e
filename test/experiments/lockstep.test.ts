import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compare } from '../../experiments/index.ts';
import { lockstepGroups } from '../../experiments/launchers/groups.ts';
import type { RunResult } from '../../results/index.ts';
import { spec } from '../results/example.ts';

const COMPARED = {
  rules: ['backprop', { rule: 'equilibrium-propagation', options: { freeIterations: 4 } }],
  settings: { layers: [784, 8, 10], examples: 300, batch: 20 },
  device: { device: 'gpu', backend: 'webasm' },
} as const;

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What a run came to, without what depends on the clock. */
const outcome = ({ condition, seed, status, epochs, device, statesHash }: RunResult) => ({
  condition,
  seed,
  status,
  device,
  statesHash,
  epochs: epochs.map(({ seconds, evaluationSeconds, examplesPerSecond, ...rest }) => rest),
});

test('the seeds of a condition come to what each of them comes to alone', async () => {
  await inFolder(async (folder) => {
    const out = join(folder, 'together');
    const together = await compare({ ...COMPARED, rules: [...COMPARED.rules], seeds: [1, 2, 5], out });
    const alone: RunResult[] = [];
    for (const rule of COMPARED.rules)
      for (const seed of [1, 2, 5]) {
        const { runs } = await compare({
          ...COMPARED,
          rules: [rule],
          seeds: [seed],
          out: join(folder, 'alone'),
        });
        alone.push(...runs);
      }
    assert.equal(together.runs.map(outcome), alone.map(outcome));
    assert.is(together.runs.length, 6);
    assert.ok(together.runs.every(({ status }) => status === 'finished'));
    const [comparison] = readdirSync(out);
    assert.is(readdirSync(join(out, comparison!)).filter((name) => /-seed-/.test(name)).length, 6);
  });
});

test('a plan takes one condition, and as many of its seeds as the device says', () => {
  const replicas = (largestState: number) => Math.max(1, Math.min(16, Math.floor(2 ** 25 / largestState)));
  const jobs = (ids: readonly string[], count: number, layers: number[]) =>
    ids.flatMap((id) =>
      Array.from({ length: count }, (_, i) => {
        const own = spec(i + 1);
        const settings = { ...own.condition.settings, layers };
        return { spec: { ...own, condition: { ...own.condition, id, settings } }, folder: `${id}-${i}` };
      }),
    );
  const sizes = (...args: Parameters<typeof jobs>) =>
    lockstepGroups(jobs(...args), replicas).map((group) => group.length);
  assert.equal(sizes(['backprop', 'backprop-batch-10'], 3, [784, 500, 10]), [3, 3]);
  assert.equal(sizes(['backprop'], 40, [784, 500, 10]), [16, 16, 8]);
  // A matrix of 2000 x 2000 takes 16 MB, and a buffer 128 MiB: 8 of them.
  assert.equal(sizes(['backprop'], 40, [784, 2000, 2000, 10]), [8, 8, 8, 8, 8]);
});

test.run();
