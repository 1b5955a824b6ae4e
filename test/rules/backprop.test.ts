import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ACTIVATIONS, type ActivationName, LayeredNetwork } from '../../networks/index.ts';
import { biasVector, gradient, weightMatrix } from '../../rules/index.ts';
import { float64, networkSettings, normalState, oneHotState, runOnce } from '../support.ts';

const BATCH = 6;
const STEP = 1e-5;

/** The largest |backprop - central difference| over all weights and biases of a network, in float64. */
async function largestError(options: Parameters<typeof networkSettings>[0]): Promise<number> {
  const { device, k } = float64();
  const network = new LayeredNetwork(k, 3, networkSettings(options));
  const input = normalState(k, 'input', BATCH, network.populations[0]!.size);
  const target = oneHotState(k, BATCH, network.populations.at(-1)!.size);
  for (const { bias } of network.connections) device.values(bias!).fill(0.1);

  const found = network.connections.map(({ name, weights }) => ({
    weights: k.state(`gradient of weights, ${name}`, weights.rows, weights.columns),
    bias: k.state(`gradient of bias, ${name}`, 1, weights.columns),
  }));
  await runOnce(k, () => {
    for (const [l, direction] of gradient(k, network, network.forward(input), target).entries()) {
      k.mapInto(found[l]!.weights, (x) => x, weightMatrix(k, direction));
      k.mapInto(found[l]!.bias, (x) => x, biasVector(k, direction));
    }
  });

  const loss = k.state('loss', 1, 1);
  const lossProgram = await k.trace('loss', () => {
    const { rate } = network.forward(input).at(-1)!;
    k.sum(network.readout.loss(k, rate, target), { over: 'all', scale: 1 / BATCH, into: loss });
  });
  const lossAt = async (values: Float64Array, i: number, value: number) => {
    const kept = values[i]!;
    values[i] = value;
    await lossProgram.run({ steps: 1, firstStep: 0, rows: new Uint32Array(0) });
    values[i] = kept;
    return device.values(loss)[0]!;
  };
  let worst = 0;
  for (const [l, connection] of network.connections.entries())
    for (const part of ['weights', 'bias'] as const) {
      const values = device.values(connection[part]!);
      for (let i = 0; i < values.length; i++) {
        const slope =
          ((await lossAt(values, i, values[i]! + STEP)) - (await lossAt(values, i, values[i]! - STEP))) /
          (2 * STEP);
        worst = Math.max(worst, Math.abs(slope - device.values(found[l]![part])[i]!));
      }
    }
  return worst;
}

// Central differences with a step of 1e-5 are off by about 1e-10 (curvature) and 1e-11 (rounding).
const TOLERANCE = 1e-8;

for (const activation of Object.keys(ACTIVATIONS) as ActivationName[]) {
  test(`backprop is the gradient of the cross-entropy: ${activation}`, async () => {
    assert.ok((await largestError({ activation })) < TOLERANCE);
  });
  test(`backprop is the gradient of the binary cross-entropy: ${activation}`, async () => {
    assert.ok((await largestError({ activation, loss: 'binary-cross-entropy' })) < TOLERANCE);
  });
  test(`backprop is the gradient of the squared error: ${activation} hidden and output units`, async () => {
    const options = { activation, outputActivation: activation, loss: 'squared-error' as const };
    assert.ok((await largestError(options)) < TOLERANCE);
  });
}

for (const layers of [
  [5, 3],
  [5, 6, 4, 3],
  [5, 1, 7, 2, 2],
])
  test(`backprop is the gradient for layers ${layers}`, async () => {
    assert.ok((await largestError({ layers })) < TOLERANCE);
  });

test.run();
