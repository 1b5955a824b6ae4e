import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createSettlingRecorder, EnergyNetwork } from '../../networks/index.ts';
import { float64, networkSettings } from '../support.ts';
import {
  type HandState,
  handCost,
  handEnergy,
  handNetwork,
  handStep,
  relativeError,
} from './settling-by-hand.ts';

const LAYERS = [3, 4, 2];
const X = [0.3, 0.9, 0.1];
const TARGET = [0, 1];
const PHASES = { free: 12, nudged: 5, beta: 0.4 };
const EPSILON = 0.5;
const sigmoid = (s: number) => 1 / (1 + Math.exp(-s));

/** A network on the float64 device, and the same by hand. */
function example(options: {
  dynamics: 'energy-based' | 'prototypical';
  loss: 'squared-error' | 'cross-entropy';
}) {
  const { device, k } = float64();
  const settings = networkSettings({
    layers: LAYERS,
    activation: 'sigmoid',
    outputActivation: 'sigmoid',
    loss: options.loss,
  });
  const network = new EnergyNetwork(k, 1, settings, { dynamics: options.dynamics, epsilon: EPSILON });
  const hand = handNetwork(LAYERS, sigmoid);
  for (const [l, { weights, bias }] of network.connections.entries()) {
    device.values(weights).set(hand.weights[l]!.flat());
    device.values(bias!).set(hand.biases[l]!);
  }
  return { device, k, network, hand };
}

const recordingOf = async (network: EnergyNetwork) =>
  (await createSettlingRecorder(network, PHASES)).record(Float32Array.from(X), 1);

for (const loss of ['squared-error', 'cross-entropy'] as const)
  test(`energy, cost and rates are those of the dynamics by hand, with ${loss}`, async () => {
    const { network, hand } = example({ dynamics: 'energy-based', loss });
    const x = [...Float32Array.from(X)];
    const settling = loss === 'squared-error' ? LAYERS.slice(1) : LAYERS.slice(1, -1);
    let state: HandState = settling.map((size) => new Array<number>(size).fill(0));
    const [energies, costs] = [[handEnergy(hand, x, state)], [handCost(hand, state, TARGET)]];
    let free: HandState = state;
    for (let step = 1; step <= PHASES.free + PHASES.nudged; step++) {
      const nudge = step > PHASES.free ? { target: TARGET, beta: PHASES.beta } : undefined;
      state = handStep(hand, x, state, EPSILON, nudge);
      if (step === PHASES.free) free = state;
      energies.push(handEnergy(hand, x, state));
      costs.push(handCost(hand, state, TARGET));
    }
    const { energy, cost, populations } = await recordingOf(network);
    assert.is(energy!.length, 18);
    assert.ok(relativeError([energy!], [energies]) < 1e-6);
    assert.ok(relativeError([cost], [costs]) < 1e-6);
    const rates = (s: HandState) => s.map((layer) => layer.map(sigmoid));
    const settled = populations.slice(0, settling.length);
    assert.ok(
      relativeError(
        settled.map((one) => one.free),
        rates(free),
      ) < 1e-6,
    );
    assert.ok(
      relativeError(
        settled.map((one) => one.nudged),
        rates(state),
      ) < 1e-6,
    );
    assert.equal(
      populations.map(({ name }) => name),
      ['hidden 1', 'output'],
    );
  });

test('the energy falls in the free phase, and the energy with the nudge in the nudged one', async () => {
  const { network } = example({ dynamics: 'energy-based', loss: 'squared-error' });
  const { energy, cost } = await recordingOf(network);
  for (let step = 1; step < energy!.length; step++) {
    const beta = step > PHASES.free ? PHASES.beta : 0;
    const total = (at: number) => energy![at]! + beta * cost[at]!;
    assert.ok(total(step) <= total(step - 1) + 1e-7, `step ${step}`);
  }
  assert.ok(cost.at(-1)! < cost[PHASES.free]!, 'the nudge brings outputs nearer to the target');
});

test('prototypical dynamics have no energy', async () => {
  const { network } = example({ dynamics: 'prototypical', loss: 'squared-error' });
  const { energy, cost } = await recordingOf(network);
  assert.is(energy, null);
  assert.is(cost.length, 18);
});

test('a recorder begins at rest each time, follows the weights, and leaves the network alone', async () => {
  const { device, k, network } = example({ dynamics: 'energy-based', loss: 'squared-error' });
  const before = new Map([...k.states.values()].map((t) => [t, [...device.values(t)]]));
  const recorder = await createSettlingRecorder(network, PHASES);
  const first = await recorder.record(Float32Array.from(X), 1);
  assert.equal(await recorder.record(Float32Array.from(X), 1), first);
  for (const [t, values] of before) assert.equal([...device.values(t)], values, t.name);
  assert.equal([...k.states.values()], [...before.keys()], 'a recorder adds nothing to checkpoints');
  device.values(network.connections[1]!.weights).fill(0);
  assert.not.equal(await recorder.record(Float32Array.from(X), 1), first);
  recorder.dispose();
});

test.run();
