import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Tensor, UserError } from '../../kernels/index.ts';
import {
  type ActivationName,
  EnergyNetwork,
  energyNetwork,
  type Loss,
  layeredNetwork,
  type Network,
  type NetworkKind,
  type Nudge,
  type SettlingState,
} from '../../networks/index.ts';
import { float64, networkSettings, runOnce } from '../support.ts';
import { type HandState, handCurrents, handEnergy, handNetwork, handStep } from './settling-by-hand.ts';

const X = [0.3, 0.9, 0.1];
const RHO = {
  tanh: (s: number) => Math.tanh(s),
  sigmoid: (s: number) => 1 / (1 + Math.exp(-s)),
  linear: (s: number) => s,
  'hard-sigmoid': (s: number) => Math.min(Math.max(s, 0), 1),
};

interface Settings {
  activation: keyof typeof RHO & ActivationName;
  dynamics?: 'energy-based' | 'prototypical';
  epsilon?: number;
  loss?: 'cross-entropy' | 'squared-error';
  /** Potentials to start from, in place of some between 0 and 1. */
  start?: HandState;
  size?: number;
  /** Sizes of the two hidden layers. */
  hidden?: readonly [number, number];
}

/** An energy network for one example on the float64 device, and the same by hand. */
function example(settings: Settings) {
  const {
    activation,
    dynamics = 'energy-based',
    epsilon = 0.5,
    loss = 'squared-error',
    size = 0.5,
    hidden = [4, 3],
  } = settings;
  const { device, k } = float64();
  const layers = [3, ...hidden, 2];
  const network = new EnergyNetwork(
    k,
    1,
    networkSettings({ layers, activation, outputActivation: activation, loss }),
    { dynamics, epsilon },
  );
  const hand = handNetwork(layers, RHO[activation], size);
  for (const [l, { weights, bias }] of network.connections.entries()) {
    device.values(weights).set(hand.weights[l]!.flat());
    device.values(bias!).set(hand.biases[l]!);
  }
  const settling = loss === 'cross-entropy' ? layers.slice(1, -1) : layers.slice(1);
  const start =
    settings.start ?? settling.map((n, l) => Array.from({ length: n }, (_, i) => ((3 * l + i) % 7) / 6));
  const state = (name: string, values: readonly number[]) => {
    const tensor = k.state(name, 1, values.length);
    device.values(tensor).set(values);
    return tensor;
  };
  const input = state('input', X);
  const target = state('target', [0, 1]);
  const potentials = start.map((layer, l) => state(`start ${l}`, layer));
  const isRate = dynamics === 'prototypical' || activation === 'hard-sigmoid';
  const begin = (): SettlingState =>
    potentials.map((potential) => ({
      potential,
      rate: isRate ? potential : k.map(RHO[activation], potential),
    }));
  /** Potentials after `body`, layer by layer. */
  const after = async (
    body: (begin: SettlingState, drive: Tensor, nudge: (beta: number) => Nudge) => SettlingState,
    name = 'after',
  ): Promise<HandState> => {
    const kept = start.map((layer, l) => k.state(`${name} ${l}`, 1, layer.length));
    await runOnce(k, () => {
      const nudge = (beta: number) => ({ target, beta: k.hostScalar('beta', () => beta) });
      const result = body(begin(), network.drive(input), nudge);
      for (const [l, { potential }] of result.entries()) k.mapInto(kept[l]!, (s) => s, potential);
    });
    return kept.map((t) => Array.from(device.values(t)));
  };
  return { device, k, network, input, hand, start, begin, after };
}

function assertClose(actual: HandState, expected: HandState, tolerance: number, what = 'potential'): void {
  for (const [l, layer] of expected.entries())
    for (const [i, value] of layer.entries())
      assert.ok(
        Math.abs(actual[l]![i]! - value) < tolerance,
        `${what} ${i} of layer ${l + 1} is ${actual[l]![i]}, expected ${value}`,
      );
}

const epsilon = 0.3;

for (const activation of ['tanh', 'sigmoid', 'linear'] as const)
  test(`a step descends the energy by its slope, ${activation}`, async () => {
    const { after, network, hand, start } = example({ activation, epsilon });
    const settled = await after((s, drive) => network.step(s, drive));
    assertClose(settled, handStep(hand, X, start, epsilon), 1e-9);
  });

for (const loss of ['squared-error', 'cross-entropy'] as const)
  test(`a nudged step descends energy and cost by their slopes, ${loss}`, async () => {
    const { after, network, hand, start } = example({ activation: 'sigmoid', epsilon, loss });
    const settled = await after((s, drive, nudge) => network.step(s, drive, { nudge: nudge(0.4) }));
    const expected = handStep(hand, X, start, epsilon, { target: [0, 1], beta: 0.4 });
    assertClose(settled, expected, 1e-9);
  });

test('hard-sigmoid potentials move freely between the bounds, are clipped there, and leave them again', async () => {
  // 0 and 1 are in the start state; weights large enough that some potentials would leave [0, 1]
  const { after, network, hand, start } = example({ activation: 'hard-sigmoid', epsilon, size: 2 });
  assert.ok(start.flat().includes(0) && start.flat().includes(1));
  const currents = handCurrents(hand, X, start);
  const expected = start.map((layer, l) =>
    layer.map((s, i) => Math.min(1, Math.max(0, s + epsilon * (currents[l]![i]! - s)))),
  );
  assert.ok(expected.flat().some((s) => s > 0 && s < 1) && expected.flat().some((s) => s === 0 || s === 1));
  assertClose(await after((s, drive) => network.step(s, drive)), expected, 1e-12);
});

test('a nudge pulls a hard-sigmoid output by 2 beta (t - y)', async () => {
  const { after, network, hand, start } = example({ activation: 'hard-sigmoid', epsilon, size: 0.1 });
  const currents = handCurrents(hand, X, start);
  const settled = await after((s, drive, nudge) => network.step(s, drive, { nudge: nudge(-0.4) }));
  const expected = start[2]!.map((s, i) =>
    Math.min(1, Math.max(0, s + epsilon * (currents[2]![i]! - s - 0.8 * (i - s)))),
  );
  assertClose([settled[2]!], [expected], 1e-12);
});

test('the prototypical step is rho of the currents, with the pull on the output outside of rho', async () => {
  const { after, network, hand, start } = example({
    activation: 'tanh',
    dynamics: 'prototypical',
    epsilon: 1,
  });
  const aims = handCurrents(hand, X, start).map((layer) => layer.map(Math.tanh));
  assertClose(await after((s, drive) => network.step(s, drive)), aims, 1e-12);
  const nudged = example({ activation: 'tanh', dynamics: 'prototypical', epsilon: 1 });
  aims[2] = aims[2]!.map((r, i) => r + 2 * 0.1 * (i - start[2]![i]!));
  assertClose(
    await nudged.after((s, drive, nudge) => nudged.network.step(s, drive, { nudge: nudge(0.1) })),
    aims,
    1e-12,
  );
});

test('the energy is that of its definition', async () => {
  const { device, k, network, input, hand, start, begin } = example({ activation: 'sigmoid' });
  const kept = k.state('energy', 1, 1);
  await runOnce(k, () => {
    k.mapInto(kept, (e) => e, network.energy(begin(), network.drive(input)));
  });
  assert.ok(Math.abs(device.values(kept)[0]! - handEnergy(hand, X, start)) < 1e-12);
});

for (const activation of ['sigmoid', 'hard-sigmoid'] as const)
  test(`the free phase does not raise the energy, ${activation}`, async () => {
    const { after, network, hand, start } = example({ activation, epsilon: 0.05, size: 1 });
    let [state, last] = [start, handEnergy(hand, X, start)];
    for (let i = 1; i <= 30; i++) {
      state = await after((s, drive) => network.relax(s, drive, i), `after ${i}`);
      const now = handEnergy(hand, X, state);
      assert.ok(now <= last + 1e-12, `step ${i} raised the energy from ${last} to ${now}`);
      last = now;
    }
    assert.ok(last < handEnergy(hand, X, start) - 0.1);
  });

for (const loss of ['squared-error', 'cross-entropy'] as const)
  test(`wide populations, whose currents follow changes, settle as step by step, ${loss}`, async () => {
    const { after, network } = example({ activation: 'hard-sigmoid', size: 0.3, hidden: [40, 36], loss });
    const iterations = 9;
    const phase = (nudge: (beta: number) => Nudge) => ({ nudge: nudge(0.4) });
    const followed = await after((s, drive, nudge) => network.relax(s, drive, iterations, phase(nudge)));
    const stepped = await after((s, drive, nudge) => {
      let state = s;
      for (let i = 0; i < iterations; i++) state = network.step(state, drive, phase(nudge));
      return state;
    }, 'stepped');
    assertClose(followed, stepped, 1e-12);
    const all = followed.flat();
    assert.ok(all.some((s) => s > 0 && s < 1) && all.some((s) => s === 0 || s === 1));
  });

test('phases that start from the currents of another one settle as those that compute them', async () => {
  const { after, network } = example({ activation: 'hard-sigmoid', size: 0.3, hidden: [40, 36] });
  /** The second of two phases, nudged to either side, from the same free state. */
  const second = (isKept: boolean) =>
    after(
      (s, drive, nudge) => {
        const kept = network.keepCurrents(drive);
        const free = network.relax(s, drive, 4, { currents: kept });
        const settle = (beta: number) =>
          network.relax(free, drive, 5, { nudge: nudge(beta), currents: isKept ? kept!.copy() : null });
        settle(-0.4);
        return settle(0.4);
      },
      isKept ? 'kept' : 'computed',
    );
  assertClose(await second(true), await second(false), 1e-12);
});

test('the settled state does not depend on where it began', async () => {
  const { after, network } = example({ activation: 'sigmoid' });
  const far = await after((s, drive) => network.relax(s, drive, 200));
  const rested = await after((_, drive) => network.relax(network.rest(1), drive, 200), 'rested');
  assertClose(far, rested, 1e-12);
});

test('a nudge with beta = 0 changes nothing', async () => {
  const { after, network } = example({ activation: 'hard-sigmoid', size: 0.2 });
  const free = await after((s, drive) => network.relax(s, drive, 7));
  const nudged = await after((s, drive, nudge) => network.relax(s, drive, 7, { nudge: nudge(0) }), 'nudged');
  assert.equal(nudged, free);
});

test('clamped outputs stay, and act on the layer below', async () => {
  const { after, network, hand, start } = example({ activation: 'sigmoid', epsilon });
  const settled = await after((s, drive) => network.step(s, drive, { clamped: true }));
  const expected = handStep(hand, X, start, epsilon);
  assertClose(settled, [expected[0]!, expected[1]!, start[2]!], 1e-9);
});

test('weights are those of a layered network of the same seed', async () => {
  const settings = networkSettings({ layers: [3, 4, 2], initial: 'segregated-dendrite' });
  const read = async (kind: NetworkKind<Network, unknown>) => {
    const { device, k } = float64();
    const { connections } = kind.build(k, 7, settings, { dynamics: 'energy-based', epsilon: 1 });
    await runOnce(k, () => {});
    return connections.map(({ weights, bias }) => [[...device.values(weights)], [...device.values(bias!)]]);
  };
  assert.equal(await read(energyNetwork), await read(layeredNetwork as NetworkKind<Network, unknown>));
});

test('the loss is half the squared error, or the cross-entropy of the softmax readout', async () => {
  for (const [loss, expected] of [
    ['squared-error', [0.5 * 0.2 ** 2, 0.5 * 0.7 ** 2]],
    ['cross-entropy', [0, -Math.log(0.3)]],
  ] as const) {
    const { device, k, network } = example({ activation: 'sigmoid', loss });
    const [output, target] = [k.state('y', 1, 2), k.state('t', 1, 2)];
    device.values(output).set([0.2, 0.3]);
    device.values(target).set([0, 1]);
    const kept = k.state('loss', 1, 2);
    await runOnce(k, () => {
      k.mapInto(kept, (e) => e, network.loss(output, target));
    });
    assertClose([[...device.values(kept)]], [[...expected]], 1e-12, 'loss');
  }
});

test('a softmax readout needs a hidden layer that settles', () => {
  const build = (layers: number[], loss: Loss) =>
    energyNetwork.build(float64().k, 1, networkSettings({ layers, loss }), {
      dynamics: 'energy-based',
      epsilon: 1,
    });
  assert.throws(
    () => build([5, 3], 'cross-entropy'),
    (error: Error) =>
      error instanceof UserError && /nothing that settles .* add a hidden layer/.test(error.message),
  );
  assert.throws(
    () => build([5, 4, 3], 'binary-cross-entropy'),
    (error: Error) => error instanceof UserError && /not binary-cross-entropy; choose/.test(error.message),
  );
  assert.is(build([5, 3], 'squared-error').settlingConnections.length, 1);
  assert.is(build([5, 4, 3], 'cross-entropy').settlingConnections.length, 1);
  assert.throws(() => build([5], 'squared-error'), /need at least an input and an output/);
});

test.run();
