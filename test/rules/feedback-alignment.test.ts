import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomStream, type Tensor } from '../../kernels/index.ts';
import { LayeredNetwork } from '../../networks/index.ts';
import { findRule, gradient, Optimizer, weightMatrix } from '../../rules/index.ts';
import {
  angleBetween,
  buildRule,
  float64,
  networkSettings,
  normalState,
  oneHotState,
  runOnce,
} from '../support.ts';

const RULES = ['feedback-alignment', 'direct-feedback-alignment'];

/** Directions of a rule and of backprop for one batch, as float64 matrices, with the states they were made from. */
async function directions(
  name: string,
  layers: number[],
  set?: (states: (name: string) => Float64Array) => void,
) {
  const { device, k } = float64();
  const network = new LayeredNetwork(k, 3, networkSettings({ layers }));
  const rule = buildRule(findRule(name), network, k);
  const input = normalState(k, 'input', 6, layers[0]!);
  const target = oneHotState(k, 6, layers.at(-1)!);
  const value = (state: string) => device.values(k.states.get(state)!);
  set?.(value);
  const keep = (prefix: string) =>
    network.connections.map(({ name: c, weights: w }) => k.state(`${prefix} ${c}`, w.rows, w.columns));
  const [own, exact] = [keep('own'), keep('exact')];
  const copy = (into: Tensor, from: Tensor) => k.mapInto(into, (x) => x, from);
  await runOnce(k, () => {
    for (const [l, d] of rule.learn({ input, target }).directions.entries())
      copy(own[l]!, weightMatrix(k, d));
    for (const [l, d] of gradient(k, network, network.forward(input), target).entries())
      copy(exact[l]!, weightMatrix(k, d));
  });
  return { own: own.map((t) => device.values(t)), exact: exact.map((t) => device.values(t)) };
}

/** Copies the transpose of a rows x columns matrix. */
const transposeInto = (out: Float64Array, values: Float64Array, rows: number, columns: number) => {
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j]!;
};

test('feedback alignment with B = Wᵀ is backprop', async () => {
  const layers = [5, 6, 4, 3];
  const { own, exact } = await directions('feedback-alignment', layers, (value) => {
    transposeInto(value('feedback from hidden 2 to hidden 1'), value('weights 2'), 6, 4);
    transposeInto(value('feedback from output to hidden 2'), value('weights 3'), 4, 3);
  });
  for (const [l, values] of own.entries()) assert.equal([...values], [...exact[l]!]);
});

test('direct feedback alignment with B = (W2 W3)ᵀ is backprop in a network whose hidden layers are linear', async () => {
  const { device, k } = float64();
  const network = new LayeredNetwork(k, 3, networkSettings({ layers: [5, 6, 4, 3], activation: 'linear' }));
  const rule = buildRule(findRule('direct-feedback-alignment'), network, k);
  const state = (name: string) => k.states.get(name)!;
  const input = normalState(k, 'input', 6, 5);
  const target = oneHotState(k, 6, 3);
  const [own, exact] = ['own', 'exact'].map((name) => k.state(name, 5, 6));
  await runOnce(k, () => {
    k.matmul(state('weights 3'), state('weights 2'), {
      transposeA: true,
      transposeB: true,
      into: state('feedback from output to hidden 1'),
    });
  });
  await runOnce(k, () => {
    k.mapInto(own!, (x) => x, weightMatrix(k, rule.learn({ input, target }).directions[0]!));
    k.mapInto(exact!, (x) => x, weightMatrix(k, gradient(k, network, network.forward(input), target)[0]!));
  });
  const [a, b] = [device.values(own!), device.values(exact!)];
  assert.ok(a.every((x, i) => Math.abs(x - b[i]!) < 1e-14));
});

test('with one hidden layer and the same B, direct feedback alignment is feedback alignment', async () => {
  const B = new RandomStream(5, 'B').normal(3 * 4, 0, 1);
  const set = (value: (state: string) => Float64Array) => value('feedback from output to hidden 1').set(B);
  const fa = await directions('feedback-alignment', [5, 4, 3], set);
  const dfa = await directions('direct-feedback-alignment', [5, 4, 3], set);
  for (const [l, values] of fa.own.entries()) assert.equal([...values], [...dfa.own[l]!]);
});

for (const [name, limit] of [
  ['feedback-alignment', 0.5],
  ['direct-feedback-alignment', 1 / Math.sqrt(600)],
] as const)
  test(`${name}: feedback is uniform up to ${limit.toFixed(3)}`, async () => {
    let sizes = new Float64Array();
    await directions(name, [5, 600, 10], (value) => {
      sizes = value('feedback from output to hidden 1').map(Math.abs);
    });
    assert.ok(Math.max(...sizes) <= limit && Math.max(...sizes) > 0.99 * limit);
  });

for (const name of RULES)
  test(`${name} leaves the output layer to its true gradient and starts the others elsewhere`, async () => {
    const { own, exact } = await directions(name, [5, 30, 20, 3]);
    assert.ok(angleBetween(own[2]!, exact[2]!) < 1e-5);
    assert.ok(angleBetween(own[0]!, exact[0]!) > 20);
  });

/**
 * The linear demonstration of Lillicrap et al. 2016 (fig. 1): a 30-20-10 linear network learns a random linear map
 * from small weights; the hidden error through B comes within 90 degrees of backprop's, and the loss goes to zero.
 */
for (const name of RULES)
  test(`${name} solves the linear demonstration, at an angle below 90 degrees`, async () => {
    const { device, k } = float64();
    const network = new LayeredNetwork(
      k,
      3,
      networkSettings({
        layers: [30, 20, 10],
        activation: 'linear',
        loss: 'squared-error',
        outputActivation: 'linear',
      }),
    );
    for (const { weights } of network.connections)
      device
        .values(weights)
        .set(new RandomStream(1, weights.name).uniform(weights.rows * weights.columns, -0.01, 0.01));
    const rule = buildRule(
      findRule(name),
      network,
      k,
      name === 'feedback-alignment' ? {} : { feedbackScale: 0.5 * Math.sqrt(20) },
    );
    const teacher = k.state('teacher', 30, 10, new RandomStream(2, 'teacher').uniform(300, -1, 1));
    const [loss, own, exact] = [k.state('loss', 1, 1), k.state('own', 30, 20), k.state('exact', 30, 20)];
    const rates = {
      optimizer: 'sgd',
      learningRate: [0.05],
      momentum: 0,
      weightDecay: 0,
      schedule: 'constant',
    } as const;
    const optimizer = new Optimizer(k, network.connections, rates, () => 1);
    const step = await k.trace('step', () => {
      const input = k.normal('input', 20, 30, 0, 1);
      const target = k.matmul(input, teacher);
      const { output, directions } = rule.learn({ input, target });
      k.sum(network.readout.loss(k, output, target), { over: 'all', scale: 1 / 20, into: loss });
      k.mapInto(own, (x) => x, weightMatrix(k, directions[0]!));
      k.mapInto(exact, (x) => x, weightMatrix(k, gradient(k, network, network.forward(input), target)[0]!));
      optimizer.apply(directions);
    });
    const after = async (steps: number, firstStep: number) => {
      await step.run({ steps, firstStep, rows: new Uint32Array(0) });
      return { loss: device.values(loss)[0]!, angle: angleBetween(device.values(own), device.values(exact)) };
    };
    const first = await after(1, 0);
    const middle = await after(200, 1);
    const last = await after(1000, 201);
    assert.ok(first.angle > 60, `starts at ${first.angle} degrees`);
    assert.ok(middle.angle < 90 && middle.angle < first.angle, `${middle.angle} degrees after 200 steps`);
    assert.ok(last.loss < 1e-3 * first.loss, `loss from ${first.loss} to ${last.loss}`);
  });

test.run();
