import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Kernels, Tensor } from '../../kernels/index.ts';
import type { MicrocircuitNetwork } from '../../networks/index.ts';
import { biasVector, findRule, Optimizer, weightMatrix } from '../../rules/index.ts';
import {
  angleBetween,
  buildNetwork,
  buildRule,
  float64,
  networkSettings,
  normalState,
  oneHotState,
  runOnce,
} from '../support.ts';
import { transposeInto } from './learned.ts';

const RULE = findRule('dendritic-microcircuit');
const SETTINGS = networkSettings({
  layers: [5, 6, 4, 3],
  activation: 'sigmoid',
  loss: 'squared-error',
  outputActivation: 'sigmoid',
  initial: 'glorot-uniform',
});
const WEAK = { teachingConductance: 1e-3, apicalConductance: 1e-3 };

type Set = (parts: { k: Kernels; network: MicrocircuitNetwork; values: (t: Tensor) => Float64Array }) => void;

/** Directions of a minibatch, and the gradient beside them, by the connection's name. */
async function observed(options: Record<string, unknown>, set?: Set) {
  const { device, k } = float64();
  const network = buildNetwork(RULE, k, SETTINGS, options, 3) as MicrocircuitNetwork;
  const rule = buildRule(RULE, network, k, options);
  const [input, target] = [normalState(k, 'input', 6, 5), oneHotState(k, 6, 3)];
  set?.({ k, network, values: (t) => device.values(t) });
  const own = new Map<string, Tensor>();
  const exact = new Map<string, Tensor>();
  await runOnce(k, () => {
    const { directions, gradient } = rule.observe!({ input, target });
    for (const [kept, list] of [
      [own, directions],
      [exact, gradient!],
    ] as const)
      for (const direction of list) {
        const { name, weights } = direction.connection;
        const state = k.state(`${kept === own ? 'own' : 'exact'} ${name}`, weights.rows, weights.columns);
        k.mapInto(state, (x) => x, weightMatrix(k, direction));
        kept.set(name, state);
      }
  });
  const read = (kept: Map<string, Tensor>) => new Map([...kept].map(([name, t]) => [name, device.values(t)]));
  return { network, own: read(own), exact: read(exact) };
}

const size = (values: Float64Array) => Math.hypot(...values);

test('with weak teaching and the forward weights as feedback, directions are those of backpropagation', async () => {
  const { network, own, exact } = await observed(WEAK, ({ network, values }) => {
    for (const [h, { excitation, feedback, inhibition }] of network.circuits.entries()) {
      const { weights } = network.connections[h + 1]!;
      transposeInto(values(feedback.connection.weights), values(weights), weights.rows, weights.columns);
      values(inhibition.weights).set(values(feedback.connection.weights).map((w) => -w));
      // In float64: the rounding of the initial weights is as large as so weak an error.
      const ratio = network.attenuation(h + 2) / (1 / 1.1);
      values(excitation.weights).set(values(weights).map((w) => ratio * w));
    }
  });
  const ratios = network.connections.map(({ name }) => {
    const angle = angleBetween(own.get(name)!, exact.get(name)!);
    assert.ok(angle < 0.1, `${name}: ${angle} degrees`);
    return size(own.get(name)!) / size(exact.get(name)!);
  });
  // Each layer down the error is weaker by the mixing factor of the apical dendrite and that of the interneurons.
  const [g_l, g_B, g_A, g_som] = [0.1, 1, 1e-3, 1e-3];
  const apical = g_A / (g_l + g_B + g_A);
  const interneurons = 1 - g_som / (g_l + 1 + g_som);
  const a = (l: number) => g_B / (g_l + g_B + (l < 3 ? g_A : 0));
  // Directions leave out the attenuation of basal potentials, which the gradient has.
  const expected = [1, 2, 3].map((l) => {
    let ratio = 1 / a(l);
    for (let above = l + 1; above <= 3; above++) ratio *= (apical * interneurons) / a(above);
    return ratio;
  });
  for (const [l, ratio] of ratios.entries())
    assert.ok(Math.abs(ratio / expected[l]! - 1) < 1e-2, `${l + 1}: ${ratio} and ${expected[l]}`);
});

test('without a teacher no synapse learns in the self-predicting state', async () => {
  const taught = await observed({});
  const untaught = await observed({ teachingConductance: 1e-9 });
  for (const [name, values] of untaught.own) {
    assert.ok(size(values) < 1e-6, `${name}: ${size(values)}`);
    assert.ok(size(taught.own.get(name)!) > 1e-4, name);
  }
});

test('interneurons learn to follow the taught layer above', async () => {
  const { device, k } = float64();
  const options = { interneurons: 'random', teachingConductance: 0.5 };
  const network = buildNetwork(RULE, k, SETTINGS, options, 3) as MicrocircuitNetwork;
  const rule = buildRule(RULE, network, k, options);
  const [input, target] = [normalState(k, 'input', 1, 5), oneHotState(k, 1, 3)];
  const { excitation } = network.circuits[1]!;
  const optimizer = new Optimizer(
    k,
    network.connections,
    { optimizer: 'sgd', learningRate: [0.1], momentum: 0, weightDecay: 0, schedule: 'constant' },
    () => 3000,
  );
  const distance = k.state('distance', 1, 3);
  const executable = await k.trace('interneurons learn', () => {
    const { directions } = rule.learn({ input, target });
    const activity = network.predict(input);
    const output = network.teachOutput(activity[3]!.potential, target);
    const { interneuronPrediction } = network.teachHidden(2, activity[2]!, output);
    const squares = k.map((a, b) => (a - b) * (a - b), interneuronPrediction, output);
    k.sum(squares, { over: 'rows', into: distance });
    optimizer.apply(directions.filter(({ connection }) => connection === excitation));
  });
  const after = async (steps: number) => {
    await executable.run({ steps, firstStep: 0, rows: new Uint32Array(0) });
    return device.values(distance).reduce((sum, x) => sum + x, 0);
  };
  const [before, later] = [await after(1), await after(3000)];
  assert.ok(later < before / 10, `${before} to ${later}`);
});

test('a threshold learns like a synapse with a presynaptic rate of 1', async () => {
  const { device, k } = float64();
  const network = buildNetwork(RULE, k, SETTINGS, {}, 3);
  const rule = buildRule(RULE, network, k);
  const input = k.state('ones', 2, 5, new Float32Array(10).fill(1));
  const target = oneHotState(k, 2, 3);
  const [weights, biases] = [k.state('kept weights', 5, 6), k.state('kept biases', 1, 6)];
  await runOnce(k, () => {
    const [first] = rule.learn({ input, target }).directions;
    k.mapInto(weights, (x) => x, weightMatrix(k, first!));
    k.mapInto(biases, (x) => x, biasVector(k, first!));
  });
  const w = device.values(weights);
  assert.equal([...w.slice(0, 6)], [...device.values(biases)]);
});

test.run();
