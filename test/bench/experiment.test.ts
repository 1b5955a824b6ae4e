import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { everyImage, inTurns, settingFlags } from '../../bench/experiment-parts.ts';
import { WORKLOADS } from '../../bench/workloads.ts';
import { parseIdx } from '../../data/index.ts';

const conditionOf = (name: string) => WORKLOADS.find((workload) => workload.name === name)!.condition;

test('every n-th image is kept with its label', () => {
  const [from, to] = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'dendrite-experiment-'))) as [
    string,
    string,
  ];
  try {
    for (const part of ['train', 't10k']) {
      const pixels = Uint8Array.from({ length: 5 * 784 }, (_, i) => Math.floor(i / 784));
      writeFileSync(
        join(from, `${part}-images-idx3-ubyte`),
        Uint8Array.from([0, 0, 8, 3, 0, 0, 0, 5, 0, 0, 0, 28, 0, 0, 0, 28, ...pixels]),
      );
      writeFileSync(
        join(from, `${part}-labels-idx1-ubyte`),
        Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 5, 0, 1, 2, 3, 4]),
      );
    }
    assert.equal(everyImage(2, from, to), { train: 3, test: 3 });
    const read = (name: string, content: 'images' | 'labels') =>
      parseIdx(readFileSync(join(to, name)), content, name);
    assert.equal([...read('t10k-labels-idx1-ubyte', 'labels').values], [0, 2, 4]);
    const { dimensions, values } = read('train-images-idx3-ubyte', 'images');
    assert.equal([...dimensions], [3, 28, 28]);
    assert.equal([values[0], values[784], values[2 * 784]], [0, 2, 4]);
  } finally {
    for (const folder of [from, to]) rmSync(folder, { recursive: true });
  }
});

test('the command is told what differs from the defaults and the recipe of a rule', () => {
  assert.equal(
    settingFlags(conditionOf('backprop')).filter((flag) => flag !== '--set'),
    [
      'backprop.activation=relu',
      'backprop.batch=100',
      'backprop.optimizer=sgd',
      'backprop.learning-rate=0.5',
      'backprop.schedule=constant',
    ],
  );
  assert.equal(settingFlags(conditionOf('ep')), []);
  assert.equal(settingFlags(conditionOf('dendrites')), ['--set', 'segregated-dendrite.phases=fixed']);
});

test('pieces of work are done so many at the same time, and answered in order', async () => {
  let [running, most] = [0, 0];
  const doubled = await inTurns([5, 1, 3, 2], 2, async (n) => {
    running++;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, n));
    running--;
    return 2 * n;
  });
  assert.equal(doubled, [10, 2, 6, 4]);
  assert.is(most, 2);
});

test.run();
