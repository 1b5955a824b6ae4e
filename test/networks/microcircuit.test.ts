import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Kernels, ReferenceDevice, Tensor } from '../../kernels/index.ts';
import {
  type MicrocircuitNetwork,
  type MicrocircuitOptions,
  microcircuitNetwork,
  type NetworkSettings,
} from '../../networks/index.ts';
import { float64, networkSettings, normalState, oneHotState, runOnce } from '../support.ts';

const CONSTANTS = { leak: 0.1, basal: 1, apical: 0.471, dendritic: 1, teaching: 0.12 };
const phi = (u: number) => 1 / (1 + Math.exp(-u));
/** Weights are float32, and so is what is made of them. */
const FLOAT32 = 1e-6;

const settings = (given: Partial<NetworkSettings> = {}) =>
  networkSettings({
    layers: [5, 6, 4, 3],
    activation: 'sigmoid',
    loss: 'squared-error',
    outputActivation: 'sigmoid',
    initial: 'segregated-dendrite',
    ...given,
  });

const built = (k: Kernels, options: Partial<MicrocircuitOptions> = {}): MicrocircuitNetwork =>
  microcircuitNetwork.build(k, 3, settings(), {
    constants: CONSTANTS,
    time: null,
    feedbackScale: 1,
    interneurons: 'self-predicting',
    ...options,
  });

/** Values of tensors that `body` computes, by name. */
async function computed(
  { device, k }: { device: ReferenceDevice; k: Kernels },
  body: () => Record<string, Tensor>,
): Promise<Record<string, Float64Array>> {
  const kept = new Map<string, Tensor>();
  await runOnce(k, () => {
    for (const [name, tensor] of Object.entries(body())) {
      const state = k.state(`kept ${name}`, tensor.rows, tensor.columns);
      k.mapInto(state, (x) => x, tensor);
      kept.set(name, state);
    }
  });
  return Object.fromEntries([...kept].map(([name, state]) => [name, device.values(state)]));
}

const largest = (values: Float64Array) => Math.max(...values.map(Math.abs));

for (const apical of [0.05, 0.471, 2])
  test(`in the self-predicting state nothing is left in apical dendrites without a teacher, g_A = ${apical}`, async () => {
    const device = float64();
    const network = built(device.k, { constants: { ...CONSTANTS, apical } });
    const input = normalState(device.k, 'input', 4, 5);
    const values = await computed(device, () => {
      const activity = network.predict(input);
      return Object.fromEntries(
        [1, 2].flatMap((l) => {
          const layer = activity[l]!;
          const taught = network.teachHidden(l, layer, activity[l + 1]!.potential);
          const difference = (a: Tensor, b: Tensor) => device.k.map((x, y) => x - y, a, b);
          return [
            [`apical ${l}`, taught.apical],
            [`soma ${l}`, difference(taught.soma, layer.potential)],
            [`interneurons ${l}`, difference(taught.interneuronSoma, activity[l + 1]!.potential)],
            [`rates ${l}`, layer.rate],
          ];
        }),
      );
    });
    for (const l of [1, 2]) {
      for (const what of ['apical', 'soma', 'interneurons'])
        assert.ok(largest(values[`${what} ${l}`]!) < FLOAT32, `${what} ${l}`);
      assert.ok(largest(values[`rates ${l}`]!) > 0.1);
    }
  });

test('with random interneurons the feedback is not cancelled', async () => {
  const device = float64();
  const network = built(device.k, { interneurons: 'random' });
  const input = normalState(device.k, 'input', 4, 5);
  const { apical } = await computed(device, () => {
    const activity = network.predict(input);
    return { apical: network.teachHidden(1, activity[1]!, activity[2]!.potential).apical };
  });
  assert.ok(largest(apical!) > 0.1);
});

test('potentials of a taught network are where the equations of the somata come to rest', async () => {
  const device = float64();
  const { k } = device;
  const network = built(k, { interneurons: 'random' });
  const input = normalState(k, 'input', 1, 5);
  const target = oneHotState(k, 1, 3);
  const values = await computed(device, () => {
    const activity = network.predict(input);
    const output = network.teachOutput(activity[3]!.potential, target);
    const { apical, soma, interneuronSoma } = network.teachHidden(2, activity[2]!, output);
    return { below: activity[1]!.rate, rate: activity[2]!.rate, output, apical, soma, interneuronSoma };
  });
  const weights = (t: Tensor) => device.device.values(t);
  const current = (rates: Float64Array, w: Tensor, bias: Tensor | null, j: number) =>
    rates.reduce((sum, r, i) => sum + r * weights(w)[i * w.columns + j]!, bias ? weights(bias)[j]! : 0);
  const { leak, basal, apical, dendritic, teaching } = CONSTANTS;
  /** Where du/dt = f(u) comes to rest, by small steps. */
  const settled = (f: (u: number) => number) => {
    let u = 0;
    for (let step = 0; step < 4000; step++) u += 0.01 * f(u);
    return u;
  };
  const close = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-9, `${a} and ${b}`);
  const { excitation, inhibition, feedback } = network.circuits[1]!;
  const [up, top] = [network.connections[1]!, network.connections[2]!];
  const taughtRates = [0.8, 0.1, 0.1];
  for (let j = 0; j < 3; j++) {
    const v = current(values.rate!, top.weights, top.bias, j);
    const wanted = Math.log(taughtRates[j]! / (1 - taughtRates[j]!));
    // The targets are float32 in a state, and 0 and 1: exact.
    close(
      values.output![j]!,
      settled((u) => -leak * u + basal * (v - u) + teaching * (wanted - u)),
    );
    const d = current(values.rate!, excitation.weights, excitation.bias, j);
    const above = values.output![j]!;
    close(
      values.interneuronSoma![j]!,
      settled((u) => -leak * u + dendritic * (d - u) + teaching * (above - u)),
    );
  }
  for (let i = 0; i < 4; i++) {
    const down =
      current(values.output!.map(phi), feedback.connection.weights, null, i) +
      current(values.interneuronSoma!.map(phi), inhibition.weights, null, i);
    close(values.apical![i]!, down);
    const v = current(values.below!, up.weights, up.bias, i);
    close(
      values.soma![i]!,
      settled((u) => -leak * u + basal * (v - u) + apical * (down - u)),
    );
  }
});

test('settings without sigmoid rates are refused in one sentence', () => {
  const { k } = float64();
  const options = { constants: CONSTANTS, time: null, feedbackScale: 1, interneurons: 'random' } as const;
  for (const given of [
    { activation: 'tanh' },
    { outputActivation: 'linear' },
    { loss: 'cross-entropy' },
  ] as const)
    assert.throws(
      () => microcircuitNetwork.build(k, 1, settings(given), options),
      /have sigmoid rates: leave out/,
    );
});

test.run();
