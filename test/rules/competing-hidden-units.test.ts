import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../kernels/index.ts';
import { findRule, Optimizer } from '../../rules/index.ts';
import { buildNetwork, buildRule, float64, networkSettings, normalState, oneHotState } from '../support.ts';
import { distance, type Matrix, matrix, multiply } from './by-hand.ts';
import { learnedOf } from './learned.ts';

const RULE = findRule('competing-hidden-units');
const NETWORK = { activation: 'relu' } as const;
const [INPUTS, HIDDEN] = [5, 6];

interface Options {
  readonly p: number;
  readonly radius: number;
  readonly rank: number;
  readonly antiHebbian: number;
}

/** The update of one layer as in the authors' notebook, image by image: minus the change at a learning rate of 1. */
function handDirection(input: Matrix, weights: Matrix, { p, radius, rank, antiHebbian }: Options): Matrix {
  const change = weights.map((row) => row.map(() => 0));
  for (const x of input) {
    const overlap = weights[0]!.map((_, j) =>
      x.reduce((sum, x, i) => sum + Math.sign(weights[i]![j]!) * Math.abs(weights[i]![j]!) ** (p - 1) * x, 0),
    );
    const order = overlap.map((_, j) => j).sort((a, b) => overlap[b]! - overlap[a]!);
    for (const [j, g] of [
      [order[0]!, 1],
      [order[rank - 1]!, -antiHebbian],
    ] as const)
      for (const [i, row] of change.entries())
        row[j] = row[j]! + g * (radius ** p * x[i]! - overlap[j]! * weights[i]![j]!);
  }
  const largest = Math.max(...change.flat().map(Math.abs));
  return change.map((row) => row.map((d) => (-radius * d) / largest));
}

for (const options of [
  { p: 2, radius: 1, rank: 2, antiHebbian: 0.4 },
  { p: 3, radius: 0.5, rank: 4, antiHebbian: 0.3 },
  { p: 1.5, radius: 2, rank: 3, antiHebbian: 0 },
])
  test(`each hidden layer moves as in the authors' notebook: ${Object.values(options).join(', ')}`, async () => {
    const power = 1.5;
    const { own, biases, values } = await learnedOf('competing-hidden-units', {
      network: NETWORK,
      options: { ...options, power },
    });
    const [first, second] = [matrix(values('weights 1'), HIDDEN), matrix(values('weights 2'), 4)];
    const input = matrix(values('input'), INPUTS);
    const rates = multiply(input, first).map((row) => row.map((v) => Math.max(v, 0) ** power));
    assert.ok(distance(own[0]!, handDirection(input, first, options)) < 1e-12);
    assert.ok(distance(own[1]!, handDirection(rates, second, options)) < 1e-12);
    assert.equal(biases.slice(0, 2), [null, null], 'hidden neurons have no biases that learn');
  });

test('the read-out has its gradient', async () => {
  const { own, biases, exact } = await learnedOf('competing-hidden-units', { network: NETWORK });
  assert.equal([...own[2]!], [...exact[2]!]);
  assert.ok(biases[2]!.some((b) => b !== 0));
});

for (const p of [2, 3])
  test(`shown one image, the winner comes to lie in its direction, on the sphere of the ${p}-norm`, async () => {
    const { device, k } = float64();
    const network = buildNetwork(RULE, k, networkSettings({ layers: [5, 4, 3], ...NETWORK }), { power: 1 });
    const radius = 0.3;
    const rule = buildRule(RULE, network, k, { p, radius, antiHebbian: 0 });
    const [input, target] = [normalState(k, 'image', 1, INPUTS), oneHotState(k, 1, 3)];
    const x = device.values(input).map(Math.abs);
    device.values(input).set(x);
    const steps = 400;
    const settings = { learningRate: [0.1], momentum: 0, weightDecay: 0 } as const;
    const optimizer = new Optimizer(
      k,
      network.connections,
      { ...settings, optimizer: 'sgd', schedule: 'linear' },
      () => steps,
    );
    const step = await k.trace('test', () => optimizer.apply(rule.learn({ input, target }).directions));
    await step.run({ steps, firstStep: 0, rows: new Uint32Array(0) });
    const weights = matrix(device.values(network.connections[0]!.weights), 4);
    const norm = (values: ArrayLike<number>) =>
      Array.from(values).reduce((sum, v) => sum + Math.abs(v) ** p, 0) ** (1 / p);
    const gaps = weights[0]!.map((_, j) =>
      Math.max(...weights.map((row, i) => Math.abs(row[j]! - (radius * x[i]!) / norm(x)))),
    );
    // The last steps are 1 / 400 of the first.
    assert.ok(Math.min(...gaps) < 1e-3, `the nearest neuron is off by ${Math.min(...gaps)}`);
    assert.is(gaps.filter((gap) => gap > 1e-2).length, 3, 'the others stay where they are');
  });

test('settings that no such network has are refused', () => {
  const { rank, ...settings } = { rank: 7, ...networkSettings({ layers: [9, 8, 6, 3], ...NETWORK }) };
  const check = (options: object, given: object) => () =>
    RULE.checkOptions!({ rank: 2, ...options }, { ...settings, ...given } as never);
  const refused = (pattern: RegExp) => (error: unknown) =>
    error instanceof UserError && pattern.test(error.message);
  check({ rank: 6 }, {})();
  assert.throws(check({ rank }, {}), refused(/'rank' .* is 7, but there is a hidden layer of 6/));
  assert.throws(check({}, { activation: 'tanh' }), refused(/are rectified \(relu\), not tanh/));
  assert.throws(check({}, { layers: [9, 3] }), refused(/have no hidden layer/));
});

for (const layers of [
  [784, 30, 10],
  [784, 30, 20, 10],
])
  test(`recipes have a learning rate for each connection: ${layers.join(',')}`, () => {
    for (const { settings } of RULE.recipes!) {
      const { learningRate } = settings(layers);
      assert.is(learningRate!.length, layers.length - 1);
      assert.is(new Set(learningRate!.slice(0, -1)).size, 1);
      assert.ok(learningRate!.at(-1) !== learningRate![0]);
    }
  });

test.run();
