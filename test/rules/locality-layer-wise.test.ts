import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Network } from '../../networks/index.ts';
import { type Change, expectMoved, FELT, LAYER_WISE, moved, ROUNDING } from './locality-cases.ts';

const HIDDEN = 6;
/** The inputs after the pixels of the label. */
const PIXELS = [3, 4] as const;

/** Turns two pixels around the origin, which keeps the length of the image; biases undo what that does to potentials. */
const turnPixels: Change = (values) => {
  const [x, weights, bias] = [values('input'), values('weights 1'), values('bias 1')];
  const [a, b] = PIXELS.map((i) => x[i]!) as [number, number];
  const turned = [0.6 * a - 0.8 * b, 0.8 * a + 0.6 * b];
  // With one pixel of the label at 1 in either pass, and what keeps the network from dividing by 0
  const rms = Math.sqrt((1 + a * a + b * b) / x.length) + 1e-8;
  for (const [n, i] of PIXELS.entries()) {
    const step = (turned[n]! - x[i]!) / rms;
    x[i] = turned[n]!;
    bias.set(bias.map((w, j) => w - step * weights[HIDDEN * i + j]!));
  }
};

/** Neuron 3 of the first hidden layer gets the opposite rate, of the same square; the layer above does not notice. */
const turnNeuron: Change = (values, { connections }: Network) => {
  const above = connections[1]!.to.size;
  const flip = (name: string, is: (i: number) => boolean) =>
    values(name).set(values(name).map((w, i) => (is(i) ? -w : w)));
  flip('weights 1', (i) => i % HIDDEN === 3);
  flip('bias 1', (j) => j === 3);
  flip('weights 2', (i) => Math.floor(i / above) === 3);
};

for (const one of LAYER_WISE) {
  const { title } = one;

  test(`${title}: nothing of the layers above is seen`, async () => {
    const all = await moved(one, (values) => {
      for (const name of ['weights 2', 'bias 2', 'weights 3', 'bias 3'])
        values(name).set(values(name).map((w, i) => (i % 2 === 0 ? -3 : 0.5) * w + 0.1));
    });
    const top = await moved(one, (values) => {
      for (const name of ['weights 3', 'bias 3']) values(name).fill(1);
    });
    assert.is(all.most[0], 0);
    assert.is(top.most[1], 0);
    expectMoved([all.most[1]!], [true], true, 'other weights of its own layer');
  });

  test(`${title}: a synapse does not see the input of its neighbours`, async () => {
    const { synapse } = await moved(one, turnPixels);
    for (const i of [0, 1, 2])
      for (let j = 0; j < HIDDEN; j++) assert.ok(synapse(i, j)! < ROUNDING, `from input ${i}`);
    for (const i of PIXELS)
      assert.ok(Math.max(...[0, 1, 2, 3, 4, 5].map((j) => synapse(i, j)!)) > FELT, 'its own input');
  });

  test(`${title}: of other neurons of its layer a synapse sees goodness alone`, async () => {
    const { synapse, most } = await moved(one, turnNeuron);
    for (const j of [0, 1, 2, 4, 5])
      for (let i = 0; i < 5; i++) assert.ok(synapse(i, j)! < ROUNDING, `onto neuron ${j}`);
    assert.ok(Math.max(...[0, 1, 2, 3, 4].map((i) => synapse(i, 3)!)) > FELT, 'its own neuron');
    assert.ok(most[1]! > FELT, 'the presynaptic rate in the layer above');
    const louder = await moved(one, (values) => {
      values('bias 1')[3] = values('bias 1')[3]! + 1;
    });
    assert.ok(louder.synapse(0, 0)! + louder.synapse(1, 0)! + louder.synapse(2, 0)! > FELT, 'goodness');
  });
}

test.run();
