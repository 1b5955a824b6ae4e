import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openDevice } from '../../devices/index.ts';
import { type Device, Kernels, RandomStream, UserError } from '../../kernels/index.ts';
import { type PatchAttentionNetwork, patchPixels } from '../../networks/index.ts';
import { findRule, weightMatrix } from '../../rules/index.ts';
import { resolveCondition } from '../../training/index.ts';
import {
  buildNetwork,
  buildRule,
  float64,
  networkSettings,
  normalState,
  oneHotState,
  runOnce,
} from '../support.ts';
import { lossOf, messagesOf } from './attention-by-hand.ts';
import { matrix } from './by-hand.ts';
import { distanceFromDifferences } from './differences.ts';

const RULE = findRule('attention-neuron');
const [BATCH, CLASSES] = [5, 3];

const networkOf = (k: Kernels, layers: number[], options: Record<string, unknown>): PatchAttentionNetwork =>
  buildNetwork(RULE, k, networkSettings({ layers }), options) as unknown as PatchAttentionNetwork;

for (const options of [
  { patch: 2, stride: 1, queries: 3, size: 2 },
  { patch: 2, stride: 2, queries: 4, size: 3 },
  { patch: 1, stride: 1, queries: 2, size: 2 },
])
  test(`directions are the gradient by finite differences: ${Object.values(options).join(', ')}`, async () => {
    const { device, k } = float64();
    const network = networkOf(k, [16, 5, CLASSES], options);
    const rule = buildRule(RULE, network, k, options);
    const input = normalState(k, 'input', BATCH, 16);
    const target = oneHotState(k, BATCH, CLASSES);
    const states = network.connections.map(({ weights }) => device.values(weights));
    const biases = network.readout.connections.map(({ bias }) => device.values(bias!));
    for (const bias of biases) bias.set(bias.map((_, i) => 0.1 * i - 0.2));
    const kept = network.connections.map(({ weights: { name, rows, columns } }) =>
      k.state(`kept ${name}`, rows, columns),
    );
    const total = k.state('loss', 1, 1);
    await runOnce(k, () => {
      const { directions, output } = rule.learn({ input, target });
      for (const [l, direction] of directions.entries())
        k.mapInto(kept[l]!, (x) => x, weightMatrix(k, direction));
      k.sum(network.loss(output, target), { over: 'all', scale: 1 / BATCH, into: total });
    });
    const images = matrix(device.values(input), 16);
    const labels = images.map((_, n) => n % CLASSES);
    const shape = (l: number) => matrix(states[l]!, network.connections[l]!.weights.columns);
    const loss = () => {
      const by = {
        patches: patchPixels(16, options),
        positions: matrix(device.values(network.positions), 8),
        ...{ keys: shape(0), values: shape(1), queries: shape(2) },
      };
      const messages = images.map((image) => messagesOf(image, by));
      return lossOf(messages, labels, [shape(3), shape(4)], [[...biases[0]!], [...biases[1]!]]);
    };
    assert.ok(Math.abs(loss() - device.values(total)[0]!) < 1e-12);
    for (const [l, state] of states.entries()) {
      const { name } = network.connections[l]!;
      const direction = device.values(kept[l]!);
      assert.ok(Math.max(...direction.map(Math.abs)) > 1e-4, `${name} does not learn`);
      assert.ok(distanceFromDifferences(state, direction, loss) < 1e-8, name);
    }
  });

/** Logits, as far as softmax keeps them, of images on a device, whose patches or pixels may be in another order. */
async function answers(
  device: Device,
  images: Float32Array,
  options: Record<string, unknown>,
  order: (pixels: number[][]) => number[][],
): Promise<number[]> {
  const k = new Kernels(device, 1);
  const network = networkOf(k, [784, 20, 10], options);
  const pixels = patchPixels(784, options as { patch: number; stride: number });
  await device.write(network.pixels, Float32Array.from(order(pixels).flat()));
  const input = k.state('images', images.length / 784, 784, images);
  const kept = k.state('kept', images.length / 784, 10);
  const executable = await k.trace('test', () => {
    k.mapInto(kept, (y) => Math.log(y), network.respond(input).at(-1)!);
  });
  await executable.run({ steps: 1, firstStep: 0, rows: new Uint32Array(0) });
  return [...(await device.read(kept))];
}

const IMAGES = new RandomStream(4, 'images').uniform(6 * 784, 0, 1);
const distanceOf = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));
const shuffledBy =
  (name: string) =>
  (pixels: number[][]): number[][] =>
    [...new RandomStream(9, name).shuffle(Uint32Array.from(pixels, (_, i) => i))].map((i) => pixels[i]!);

for (const options of [
  { patch: 7, stride: 7 },
  { patch: 7, stride: 3 },
])
  test(`the order of patches changes logits by rounding alone: stride ${options.stride}`, async () => {
    const cpu = () => openDevice({ device: 'cpu', blas: 'none' });
    for (const [open, least] of [
      [cpu, 1e-5],
      [async () => float64().device, 1e-12],
    ] as const) {
      const straight = await answers(await open(), IMAGES, options, (pixels) => pixels);
      const shuffled = await answers(await open(), IMAGES, options, shuffledBy('patches'));
      assert.ok(distanceOf(straight, shuffled) < least, `${distanceOf(straight, shuffled)}`);
      // Of the pixels within a patch it is not.
      const within = await answers(await open(), IMAGES, options, (pixels) =>
        pixels.map((patch) => [...patch].reverse()),
      );
      assert.ok(distanceOf(straight, within) > 1e-3);
    }
  });

test('patches of a pixel tell the histogram of an image, and nothing else', async () => {
  const options = { patch: 1, stride: 1, queries: 8, size: 4 };
  const device = () => float64().device;
  const straight = await answers(device(), IMAGES, options, (pixels) => pixels);
  const sorted = IMAGES.slice();
  for (let first = 0; first < sorted.length; first += 784) sorted.subarray(first, first + 784).sort();
  assert.ok(distanceOf(straight, await answers(device(), sorted, options, (pixels) => pixels)) < 1e-6);
  const brighter = IMAGES.map((x) => x ** 2);
  assert.ok(distanceOf(straight, await answers(device(), brighter, options, (pixels) => pixels)) > 1e-3);
});

test('patches lie side by side, overlap or skip, and small images have several too', () => {
  assert.equal(patchPixels(16, { patch: 2, stride: 2 }), [
    [0, 1, 4, 5],
    [2, 3, 6, 7],
    [8, 9, 12, 13],
    [10, 11, 14, 15],
  ]);
  assert.is(patchPixels(784, { patch: 7, stride: 3 }).length, 64);
  assert.equal(patchPixels(9, { patch: 1, stride: 2 }), [[0], [2], [6], [8]]);
  assert.equal(patchPixels(4, { patch: 1, stride: 7 }), [[0], [1], [2], [3]]);
  assert.is(patchPixels(36, { patch: 3, stride: 7 }).length, 4);
  assert.equal(patchPixels(1, { patch: 1, stride: 7 }), [[0]]);
});

test('patches that leave no other are refused, and the recipe takes smaller ones of small images', () => {
  const condition = (inputs: number, options: Record<string, number> = {}) =>
    resolveCondition(RULE, { settings: { layers: [inputs, 8, 3] }, options }).options.patch;
  assert.is(condition(784), 7);
  assert.is(condition(784, { patch: 14 }), 14);
  assert.is(condition(36), 3);
  for (const [inputs, patch, most] of [
    [784, 15, 14],
    [36, 4, 3],
    [1, 2, 1],
  ] as const)
    assert.throws(
      () => condition(inputs, { patch }),
      (error: unknown) =>
        error instanceof UserError &&
        error.message.startsWith(`the option 'patch' is ${patch}, but`) &&
        error.message.includes(`at most ${most} pixels a side`),
    );
});

test('images that are not square are refused', () => {
  const check = (layers: number[]) => () =>
    RULE.checkOptions!({ patch: 7, stride: 7 }, networkSettings({ layers }) as never);
  check([784, 20, 10])();
  assert.throws(
    check([5, 4, 3]),
    (error: unknown) =>
      error instanceof UserError && /^layers: .* 5 inputs make no square/.test(error.message),
  );
});

test.run();
