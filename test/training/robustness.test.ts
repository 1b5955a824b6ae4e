import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openDevice } from '../../devices/index.ts';
import { UserError } from '../../kernels/index.ts';
import { createTrainer, tinyDataset } from '../../training/index.ts';
import { corruptImages } from '../../training/tasks/robustness.ts';

const DATASET = tinyDataset();
const { images } = DATASET.test;
const WIDTH = 6;

/** The patches of an image as texts. */
function patchesOf(values: Uint8Array, image: number, side: number): string[] {
  const across = WIDTH / side;
  return Array.from({ length: across * across }, (_, patch) => {
    const [top, left] = [Math.floor(patch / across) * side, (patch % across) * side];
    return Array.from({ length: side * side }, (_, i) => {
      const [y, x] = [top + Math.floor(i / side), left + (i % side)];
      return values[image * WIDTH * WIDTH + y * WIDTH + x]!;
    }).join();
  });
}

for (const side of [1, 2, 3])
  test(`shuffled patches of ${side} are those of the image, in an order of its own`, () => {
    const { values } = corruptImages(images, DATASET, `shuffle-${side}`, 1);
    let moved = 0;
    for (let n = 0; n < images.count; n++) {
      const [before, after] = [patchesOf(images.values, n, side), patchesOf(values, n, side)];
      assert.equal([...after].sort(), [...before].sort());
      moved += Number(after.join() !== before.join());
    }
    assert.ok(moved > 0.9 * images.count);
  });

test('images have orders of their own, which are those of the seed', () => {
  // Each patch has a number of its own.
  const numbered = Uint8Array.from({ length: 4 * 36 }, (_, i) => {
    const pixel = i % 36;
    return Math.floor(pixel / 12) * 3 + Math.floor((pixel % 6) / 2);
  });
  const table = { ...images, count: 4, values: numbered };
  const ordersOf = (seed: number) => {
    const { values } = corruptImages(table, DATASET, 'shuffle-2', seed);
    return [0, 1, 2, 3].map((n) => patchesOf(values, n, 2).join(' '));
  };
  assert.equal(ordersOf(1), ordersOf(1));
  assert.ok(ordersOf(1).join() !== ordersOf(2).join());
  assert.is(new Set(ordersOf(1)).size, 4);
});

test('of dropped patches so many are dark, the others are where they were', () => {
  const white = { ...images, values: new Uint8Array(images.values.length).fill(255) };
  for (const [argument, dark] of [
    ['drop-2-50', 5],
    ['drop-3-25', 1],
    ['drop-2-0', 0],
    ['drop-1-100', 36],
  ] as const) {
    const { values } = corruptImages(white, DATASET, argument, 1);
    const side = Number(argument.split('-')[1]);
    for (let n = 0; n < images.count; n++)
      assert.is(patchesOf(values, n, side).filter((patch) => /^0(,0)*$/.test(patch)).length, dark, argument);
  }
  const { values } = corruptImages(images, DATASET, 'drop-2-50', 1);
  assert.ok(values.every((pixel, i) => pixel === 0 || pixel === images.values[i]));
});

/** Test errors and the hash of all states after three epochs. */
async function trained(rule: string, task: string, options: Record<string, unknown> = {}) {
  const device = await openDevice({ device: 'cpu', blas: 'none' });
  const settings = { layers: [36, 24, 4], epochs: 3, batch: 20 };
  const trainer = await createTrainer({ rule, dataset: DATASET, task, device, settings, options });
  const scores: (number | null)[] = [];
  for await (const { testScore } of trainer.epochs()) scores.push(testScore);
  const states = await trainer.hashStates();
  await trainer.dispose();
  return { scores, states };
}

test('training is that of classify, to the bit, and the score that of other images', async () => {
  const whole = await trained('backprop', 'classify');
  const shuffled = await trained('backprop', 'robustness:shuffle-2');
  const dark = await trained('backprop', 'robustness:drop-2-100');
  assert.is(shuffled.states, whole.states);
  assert.ok(shuffled.scores.at(-1)! > whole.scores.at(-1)! + 20);
  // All images are the same, of which a quarter is of each class.
  assert.equal(dark.scores, [75, 75, 75]);
  assert.equal((await trained('backprop', 'robustness:drop-2-0')).scores, whole.scores);
});

test('attention over the same patches does not mind their order', async () => {
  const options = { patch: 2, stride: 2, queries: 8, size: 4 };
  const whole = await trained('attention-neuron', 'classify', options);
  const shuffled = await trained('attention-neuron', 'robustness:shuffle-2', options);
  assert.equal(shuffled.scores, whole.scores);
  assert.ok(whole.scores.at(-1)! < 60, `${whole.scores}`);
});

test('other corruptions are refused, and patches that do not fill an image', async () => {
  for (const [argument, pattern] of [
    ['shuffle', /knows no corruption 'shuffle': write robustness:shuffle-7/],
    ['shuffle-2-50', /knows no corruption 'shuffle-2-50'/],
    ['drop-2', /knows no corruption 'drop-2'/],
    ['drop-2-101', /knows no corruption 'drop-2-101'/],
    ['shuffle-0', /patches of 0 x 0 pixels do not fill/],
    ['shuffle-4', /patches of 4 x 4 pixels do not fill an image of 'tiny', which has 6 x 6/],
  ] as const)
    try {
      await trained('backprop', `robustness:${argument}`);
      assert.unreachable(argument);
    } catch (error) {
      assert.instance(error, UserError);
      assert.match((error as Error).message, pattern);
    }
});

test.run();
