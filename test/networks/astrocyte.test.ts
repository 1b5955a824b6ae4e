import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomStream, type Tensor, UserError } from '../../kernels/index.ts';
import { AstrocyteNetwork, type AstrocyteOptions, type AstrocyteState } from '../../networks/index.ts';
import { float64, networkSettings, runOnce } from '../support.ts';
import { type HandPotentials, handEnergy } from './astrocyte-by-hand.ts';
import { slope } from './settling-by-hand.ts';

const SETTINGS = {
  layers: [3, 5],
  loss: 'squared-error',
  outputActivation: 'sigmoid',
  initial: 'lecun-normal',
} as const;
const INPUT = [0.3, 0.9, 0.1];
const NAMES = ['neurons', 'synapses', 'processes'] as const;

/** A network with potentials of one example on the float64 device, and the same by hand. */
function example(given: Partial<AstrocyteOptions> = {}, deviation = 0.5) {
  const { device, k } = float64();
  const options = { modes: 3, gain: 1.3, strength: 2, epsilon: 0.1, ...given };
  const network = new AstrocyteNetwork(k, 1, networkSettings(SETTINGS), options);
  const [drives, modes] = network.connections;
  device.values(drives.bias!).set(new RandomStream(2, 'bias').uniform(5, -0.5, 0.5));
  const rowsOf = (t: Tensor) =>
    Array.from({ length: t.rows }, (_, i) => [
      ...device.values(t).subarray(i * t.columns, (i + 1) * t.columns),
    ]);
  const random = (name: string, count: number) => [...new RandomStream(3, name).normal(count, 0, deviation)];
  const potentials: HandPotentials = {
    neurons: random('x', 5),
    synapses: random('s', 10),
    processes: random('p', 10),
  };
  const state = Object.fromEntries(
    NAMES.map((name) => [
      name,
      k.state(name, 1, potentials[name].length, Float32Array.from(potentials[name])),
    ]),
  ) as unknown as AstrocyteState;
  const input = k.state('input', 1, 3, Float32Array.from(INPUT));
  const ready = async () => {
    // The states as they are in float32.
    await runOnce(k, () => {});
    for (const name of NAMES) potentials[name].splice(0, 10, ...device.values(state[name]));
  };
  const hand = () => ({
    weights: rowsOf(drives.weights),
    biases: rowsOf(drives.bias!)[0]!,
    modes: rowsOf(modes.weights),
    gain: options.gain,
    kappa: options.strength / 5,
  });
  const energyAt = (at: HandPotentials) => handEnergy(hand(), [...device.values(input)], at);
  return { device, k, network, state, input, potentials, energyAt, ready };
}

test('the energy is that of the paper, summed over all pairs of pairs of neurons', async () => {
  const { device, k, network, state, input, potentials, energyAt, ready } = example();
  const energy = k.state('energy', 1, 1);
  await ready();
  await runOnce(k, () => k.mapInto(energy, (e) => e, network.energy(state, network.drive(input))));
  const [seen, expected] = [device.values(energy)[0]!, energyAt(potentials)];
  assert.ok(Math.abs(seen - expected) < 1e-12, `${seen} instead of ${expected}`);
});

test('neurons, synapses and processes go down the slope of the energy, by finite differences', async () => {
  const { device, k, network, state, input, potentials, energyAt, ready } = example();
  const kept = NAMES.map((name) => k.state(`d ${name}`, 1, potentials[name].length));
  await ready();
  await runOnce(k, () => {
    const change = network.derivatives(state, network.drive(input));
    for (const [n, name] of NAMES.entries()) k.mapInto(kept[n]!, (z) => z, change[name]);
  });
  for (const [n, name] of NAMES.entries())
    for (const [i, z] of potentials[name].entries()) {
      // dz/dt = −(dE/dz) / f'(z), and κ times that of synapses and processes
      const steepness = 1.3 * (1 - Math.tanh(1.3 * z) ** 2) * (name === 'neurons' ? 1 : 2 / 5);
      const expected = -slope(potentials[name], i, () => energyAt(potentials)) / steepness;
      assert.ok(Math.abs(device.values(kept[n]!)[i]! - expected) < 1e-8, `${name} ${i}`);
    }
});

for (const [gain, strength] of [
  [0.7, 1],
  [1.3, 5],
  [5, 5],
] as const)
  test(`the energy never rises while the network settles, with a gain of ${gain}`, async () => {
    const { device, k, network, state, input, potentials, energyAt, ready } = example(
      { gain, strength, epsilon: 0.02 },
      1,
    );
    await ready();
    const step = await k.trace('some steps', () => {
      const next = network.relax(state, network.drive(input), 5);
      for (const name of NAMES) k.mapInto(state[name], (z) => z, next[name]);
    });
    let before = energyAt(potentials);
    const first = before;
    for (let round = 0; round < 100; round++) {
      await step.run({ steps: 1, firstStep: 0, rows: new Uint32Array(0) });
      for (const name of NAMES) potentials[name].splice(0, 10, ...device.values(state[name]));
      const after = energyAt(potentials);
      assert.ok(after <= before + 1e-12, `round ${round}: ${after} after ${before}`);
      before = after;
    }
    assert.ok(before < first - 0.1, `${first} to ${before}`);
  });

test('without synapses and astrocyte the outputs are sigmoids of the input', async () => {
  const { device, k, network, input } = example({ strength: 0, epsilon: 0.5 });
  const [output, drive] = [k.state('output', 1, 5), k.state('drive', 1, 5)];
  await runOnce(k, () => {
    const current = network.drive(input);
    k.mapInto(drive, (i) => i, current);
    k.mapInto(output, (y) => y, network.output(network.relax(network.rest(1), current, 60)));
  });
  for (const [i, y] of device.values(output).entries())
    assert.ok(Math.abs(y - 1 / (1 + Math.exp(-2 * 1.3 * device.values(drive)[i]!))) < 1e-12);
  assert.is(network.settlingSteps, 60);
});

test('other layers and outputs are refused with a sentence', () => {
  const refused = (given: object) => {
    try {
      new AstrocyteNetwork(float64().k, 1, networkSettings({ ...SETTINGS, ...given }), {
        ...{ modes: 3, gain: 1, strength: 1, epsilon: 0.1 },
      });
    } catch (error) {
      assert.instance(error, UserError);
      return (error as Error).message;
    }
    return '';
  };
  assert.match(refused({ layers: [3, 4, 5] }), /^layers: .* not 3,4,5$/);
  assert.match(refused({ layers: [3, 1] }), /^layers: .* not 3,1$/);
  assert.match(refused({ outputActivation: 'linear' }), /sigmoid rates/);
  assert.match(refused({ loss: 'cross-entropy' }), /squared-error/);
});

test.run();
