import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { describeSeeds, describeTime } from '../../cli/dry-run.ts';
import { estimateCost, makespan, planExperiment } from '../../experiments/index.ts';

test('workers take the next run as soon as they are free', () => {
  assert.is(makespan([3, 1, 1, 1], 2), 3);
  assert.is(makespan([1, 1, 1, 3], 2), 4);
  assert.is(makespan([2, 2, 2], 1), 6);
  assert.is(makespan([2, 5], 8), 5);
});

test('what is measured once is multiplied by minibatches, epochs and seeds', async () => {
  const measured: string[] = [];
  const { parts } = await planExperiment(
    {
      definition: {
        rules: ['backprop'],
        device: 'cpu',
        blas: 'none',
        seeds: 4,
        diagnostics: 'none',
        settings: {
          layers: [784, 5, 10],
          batch: 100,
          examples: [100, 200, 8000, 16_000],
          learningRate: [0.1, 0.2],
        },
      },
      locate: String,
    },
    { jobs: 1 },
  );
  const { conditions, runs, seconds } = await estimateCost(parts[0]!.plan, (label) => measured.push(label));
  assert.is(measured.length, 1);
  assert.is(runs, 8 * 4);
  assert.equal(
    conditions.map(({ epochs }) => epochs),
    [1, 1, 1, 1, 1, 1, 2, 2],
  );
  const costs = conditions.map(({ secondsPerRun }) => secondsPerRun);
  assert.equal(costs[0], costs[1]);
  // Of 1, 2, 80 and 160 minibatches in 1, 1, 1 and 2 epochs.
  const [one, two, epoch, epochs] = [0, 2, 4, 6].map((i) => costs[i]!) as [number, number, number, number];
  const step = two - one;
  assert.ok(step > 0);
  assert.ok(Math.abs(epoch - one - 79 * step) < 1e-6 * epoch);
  assert.ok(epochs - epoch > 80.001 * step, 'the evaluation of the second epoch');
  assert.ok(Math.abs(seconds - 4 * costs.reduce((sum, cost) => sum + cost, 0)) < 1e-9 * seconds);
});

test('every budget is estimated, and one of seconds costs its seconds', async () => {
  const { parts } = await planExperiment(
    {
      definition: {
        rules: [
          { rule: 'backprop', id: 'examples', settings: { examples: 8000 } },
          // 3,970 + 3,970 + 50 for each example.
          { rule: 'backprop', id: 'operations', settings: { multiplyAccumulates: 80.5 * 100 * 7990 } },
          { rule: 'backprop', id: 'seconds', settings: { seconds: 1000 } },
        ],
        device: 'cpu',
        blas: 'none',
        seeds: 1,
        diagnostics: 'none',
        settings: { layers: [784, 5, 10], batch: 100 },
      },
      locate: String,
    },
    { jobs: 1 },
  );
  const { conditions } = await estimateCost(parts[0]!.plan);
  const [examples, operations, seconds] = conditions.map(({ secondsPerRun }) => secondsPerRun);
  assert.is(operations, examples);
  assert.ok(seconds! >= 1000 && conditions[2]!.epochs > 1);
});

test('times and seeds in words', () => {
  assert.equal([0.2, 5.04, 95, 130, 700, 7300, 200_000].map(describeTime), [
    ...['under 1 s', '5 s', '95 s', '2.2 min', '12 min', '2 h', '2.3 days'],
  ]);
  assert.is(describeSeeds([1, 2, 3, 4]), '1-4');
  assert.is(describeSeeds([1, 2, 7, 9, 10, 11]), '1, 2, 7, 9-11');
});

test.run();
