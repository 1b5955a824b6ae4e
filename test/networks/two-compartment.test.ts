import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../kernels/index.ts';
import { TwoCompartmentNetwork, URBANCZIK_2014 } from '../../networks/index.ts';
import { float64, networkSettings, normalState, oneHotState, runOnce } from '../support.ts';

const SETTINGS = networkSettings({
  layers: [5, 4, 3],
  activation: 'tanh',
  loss: 'squared-error',
  outputActivation: 'sigmoid',
});
const { leak, dendritic, excitation, inhibition, k: K, beta, theta } = URBANCZIK_2014;

/** Runs dU/dt = -g_L U + g_D (V - U) + g_E (E_E - U) + g_I (E_I - U) from 0 until it rests. */
function simulated(V: number, gE: number, gI: number): number {
  let U = 0;
  for (let ms = 0; ms < 1000; ms += 0.05)
    U += 0.05 * (-leak * U + dendritic * (V - U) + gE * (excitation - U) + gI * (inhibition - U));
  return U;
}

test('steady potentials are those that the differential equation of the soma comes to', async () => {
  const { device, k } = float64();
  const network = new TwoCompartmentNetwork(k, 3, SETTINGS);
  const [input, target] = [normalState(k, 'input', 4, 5), oneHotState(k, 4, 3)];
  const [free, taught] = [k.state('free', 4, 3), k.state('taught', 4, 3)];
  const teaching = 0.7;
  await runOnce(k, () => {
    const { potential } = network.predict(input).at(-1)!;
    k.mapInto(free, (x) => x, potential);
    k.mapInto(taught, (x) => x, network.nudged(potential, target, teaching));
  });
  const [v, u, t] = [free, taught, target].map((one) => device.values(one)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (const [i, predicted] of v.entries()) {
    const V = ((leak + dendritic) / dendritic) * predicted;
    assert.ok(Math.abs(simulated(V, 0, 0) - predicted) < 1e-9, `without a teacher: ${predicted}`);
    const nudged = simulated(V, teaching * t[i]!, teaching * (1 - t[i]!));
    assert.ok(Math.abs(nudged - u[i]!) < 1e-9, `with the teacher ${t[i]}: ${u[i]}, not ${nudged}`);
  }
});

test('rates of outputs are φ(V*) / φ_max with V* the attenuated potential of the dendrite, and hidden neurons have their own', async () => {
  const { device, k } = float64();
  const network = new TwoCompartmentNetwork(k, 3, SETTINGS);
  const input = normalState(k, 'input', 1, 5);
  const kept = [k.state('rates 1', 1, 4), k.state('rates 2', 1, 3)];
  await runOnce(k, () => {
    for (const [l, rate] of network.respond(input).entries()) k.mapInto(kept[l]!, (x) => x, rate);
  });
  let below: ArrayLike<number> = device.values(input);
  for (const [l, { weights, bias, to }] of network.connections.entries()) {
    const [W, b] = [device.values(weights), device.values(bias!)];
    for (let j = 0; j < to.size; j++) {
      const V = Array.from(below).reduce((sum, r, i) => sum + r * W[i * to.size + j]!, b[j]!);
      const u = (dendritic / (leak + dendritic)) * V;
      const rate = l === 0 ? Math.tanh(V) : 1 / (1 + K * Math.exp(beta * (theta - u)));
      assert.ok(Math.abs(device.values(kept[l]!)[j]! - rate) < 1e-12);
    }
    below = device.values(kept[l]!);
  }
});

test('output neurons have a dendrite and a soma, and connections to them end at dendrites', () => {
  const network = new TwoCompartmentNetwork(float64().k, 1, SETTINGS);
  assert.equal(
    network.populations.map(({ compartments }) => compartments),
    [[], ['soma'], ['basal', 'soma']],
  );
  assert.equal(
    network.connections.map(({ compartment, to }) => [compartment, network.populations.indexOf(to)]),
    [
      ['soma', 1],
      ['basal', 2],
    ],
  );
});

test('the loss is half the squared difference of rates', async () => {
  const { device, k } = float64();
  const network = new TwoCompartmentNetwork(k, 1, SETTINGS);
  const output = k.state('output', 1, 3, Float32Array.of(0.5, 0, 1));
  const losses = k.state('losses', 1, 3);
  await runOnce(k, () => void k.mapInto(losses, (x) => x, network.loss(output, oneHotState(k, 1, 3))));
  assert.equal([...device.values(losses)], [0.125, 0, 0.5]);
});

test('other outputs than those with sigmoid rates are refused', () => {
  for (const given of [{ loss: 'cross-entropy' }, { outputActivation: 'linear' }] as const)
    assert.throws(
      () => new TwoCompartmentNetwork(float64().k, 1, { ...SETTINGS, ...given }),
      (error: Error) =>
        error instanceof UserError && /'dendritic-prediction' trains, have sigmoid/.test(error.message),
    );
});

test.run();
