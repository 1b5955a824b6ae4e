import { test } from 'uvu';
import * as assert from 'uvu/assert';

import { type Tensor, UserError } from '../../kernels/index.ts';
import { feedbackPath, LayeredNetwork } from '../../networks/index.ts';

import {
  type Direction,
  OPTIMIZERS,
  Optimizer,
  type OptimizerOptions,
  outerProduct,
  scheduleFactor,
} from '../../rules/index.ts';
import { float64, networkSettings } from '../support.ts';

const STEPS = 5;
const OPTIONS: OptimizerOptions = {
  optimizer: 'sgd',
  learningRate: [0.1],
  momentum: 0.9,
  weightDecay: 0,
  schedule: 'constant',
};
const close = (a: number, b: number, tolerance = 1e-12) =>
  assert.ok(Math.abs(a - b) < tolerance, `${a} is not ${b}`);

/**
 * A 1-1 network under a direction that is `w` itself for the weight (the gradient of w²/2) and 1 for the bias, so
 * that five steps can be written out by hand.
 */
async function trajectory(
  options: Partial<OptimizerOptions>,
  own: (w: Tensor, one: Tensor, negative: (t: Tensor) => Tensor) => Partial<Direction> = () => ({}),
) {
  const { device, k } = float64();
  const network = new LayeredNetwork(k, 1, networkSettings({ layers: [1, 1] }));
  const connection = network.connections[0]!;
  device.values(connection.weights)[0] = 2;
  const one = k.state('one', 1, 1, Float32Array.of(1));
  const optimizer = new Optimizer(k, network.connections, { ...OPTIONS, ...options }, () => STEPS);
  const step = await k.trace('step', () => {
    const w = k.map((x) => x, connection.weights);
    const given = own(w, one, (t) => k.map((x) => -x, t));
    optimizer.apply([{ ...outerProduct(connection, w, one, 1), ...given }]);
  });
  const weights = [];
  for (let i = 0; i < STEPS; i++) {
    await step.run({ steps: 1, firstStep: i, rows: new Uint32Array(0) });
    weights.push(device.values(connection.weights)[0]!);
  }
  return { weights, bias: device.values(connection.bias!)[0]! };
}

/** The same five steps, from the formula of each optimizer. */
function byHand(move: (g: number, t: number) => number): number[] {
  let w = 2;
  return Array.from({ length: STEPS }, (_, i) => {
    w -= move(w, i + 1);
    return w;
  });
}

async function expectTrajectory(options: Partial<OptimizerOptions>, move: (g: number, t: number) => number) {
  const { weights } = await trajectory(options);
  for (const [i, w] of byHand(move).entries()) close(weights[i]!, w);
}

test('SGD subtracts learning rate times direction, from biases too', async () => {
  await expectTrajectory({}, (g) => 0.1 * g);
  close((await trajectory({})).bias, -0.5);
});

test('momentum: v <- m v + g', async () => {
  let v = 0;
  await expectTrajectory({ optimizer: 'momentum', momentum: 0.5 }, (g) => {
    v = 0.5 * v + g;
    return 0.1 * v;
  });
});

test('RMSprop divides by the root of the running mean square', async () => {
  let s = 0;
  await expectTrajectory({ optimizer: 'rmsprop' }, (g) => {
    s = 0.99 * s + 0.01 * g * g;
    return (0.1 * g) / (Math.sqrt(s) + 1e-8);
  });
});

test('Adam with bias correction (Kingma & Ba 2015, algorithm 1)', async () => {
  let [m, v] = [0, 0];
  await expectTrajectory({ optimizer: 'adam' }, (g, t) => {
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    return (0.1 * (m / (1 - 0.9 ** t))) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-8);
  });
});

test('weight decay adds decay * w to the direction, but not to that of the biases', async () => {
  await expectTrajectory({ weightDecay: 0.3 }, (w) => 0.1 * w + 0.1 * 0.3 * w);
  let v = 0;
  await expectTrajectory({ optimizer: 'momentum', momentum: 0.5, weightDecay: 0.3 }, (w) => {
    v = 0.5 * v + 1.3 * w;
    return 0.1 * v;
  });
  close((await trajectory({ weightDecay: 0.3 })).bias, -0.5);
});

test('schedules fall from the whole learning rate, and would be 0 after the last step', () => {
  close(scheduleFactor('constant', 100, 100), 1);
  close(scheduleFactor('linear', 0, 100), 1);
  close(scheduleFactor('linear', 25, 100), 0.75);
  close(scheduleFactor('linear', 99, 100), 1 / 100);
  close(scheduleFactor('linear', 100, 100), 0);
  close(scheduleFactor('cosine', 0, 100), 1);
  close(scheduleFactor('cosine', 50, 100), 0.5);
  close(scheduleFactor('cosine', 100, 100), 0);
});

for (const optimizer of ['sgd', 'momentum'] as const)
  test(`a rule's own decay adds to the weight decay: ${optimizer}`, async () => {
    const together = await trajectory({ optimizer, weightDecay: 0.5 });
    const apart = await trajectory({ optimizer, weightDecay: 0.3 }, () => ({ decay: 0.2 }));
    for (const [i, w] of together.weights.entries()) close(apart.weights[i]!, w);
  });

for (const optimizer of ['sgd', 'momentum'] as const)
  test(`biases stay where a rule does not teach them: ${optimizer}`, async () => {
    const taught = await trajectory({ optimizer });
    const { weights, bias } = await trajectory({ optimizer }, () => ({ biases: false }));
    assert.is(bias, 0);
    assert.equal(weights, taught.weights);
  });

for (const optimizer of OPTIMIZERS)
  test(`an estimate is a direction as products are, and is added to them: ${optimizer}`, async () => {
    const products = await trajectory({ optimizer, weightDecay: 0.5 });
    const estimate = await trajectory({ optimizer, weightDecay: 0.5 }, (weights, bias) => ({
      products: [],
      estimate: { weights, bias },
    }));
    const both = await trajectory({ optimizer, weightDecay: 0.5 }, (w, one, negative) => ({
      products: [{ pre: w, post: one, scale: 3 }],
      estimate: { weights: negative(w), bias: negative(one) },
    }));
    for (const [i, w] of products.weights.entries()) close(estimate.weights[i]!, w);
    close(estimate.bias, products.bias);
    const twice = await trajectory({ optimizer, weightDecay: 0.5 }, (w, one) => ({
      products: [{ pre: w, post: one, scale: 2 }],
    }));
    for (const [i, w] of twice.weights.entries()) close(both.weights[i]!, w);
    close(both.bias, twice.bias);
  });

test('a schedule reaches the weights', async () => {
  await expectTrajectory({ schedule: 'linear' }, (g, t) => 0.1 * (1 - (t - 1) / STEPS) * g);
});

for (const optimizer of ['sgd', 'momentum', 'adam'] as const)
  test(`the relative rate of a direction multiplies the learning rate: ${optimizer}`, async () => {
    const wanted = await trajectory({ optimizer, learningRate: [0.03] });
    const seen = await trajectory({ optimizer }, () => ({ relativeRate: 0.3 }));
    for (const [i, w] of wanted.weights.entries()) close(seen.weights[i]!, w);
    close(seen.bias, wanted.bias);
  });

test('feedback from any layer learns at the rate of the forward connection out of the layer where it ends', async () => {
  const { device, k } = float64();
  const network = new LayeredNetwork(k, 1, networkSettings({ layers: [1, 1, 1, 1] }));
  const [, first, second, output] = network.populations;
  const one = k.state('one', 1, 1, Float32Array.of(1));
  const rates = { ...OPTIONS, learningRate: [0.125, 0.25, 0.5] };
  const optimizer = new Optimizer(k, network.connections, rates, () => 1);
  const feedback = [feedbackPath(k, network, output!, first!), feedbackPath(k, network, output!, second!)];
  const step = await k.trace('step', () =>
    optimizer.apply(feedback.map(({ connection }) => outerProduct(connection, one, one, 1))),
  );
  await step.run({ steps: 1, firstStep: 0, rows: new Uint32Array(0) });
  assert.equal(
    feedback.map(({ connection }) => device.values(connection.weights)[0]),
    [-0.25, -0.5],
  );
});

test('each connection can have its own learning rate', async () => {
  const { device, k } = float64();
  const network = new LayeredNetwork(k, 1, networkSettings({ layers: [1, 1, 1], initial: 'zero' }));
  const one = k.state('one', 1, 1, Float32Array.of(1));
  const optimizer = new Optimizer(k, network.connections, { ...OPTIONS, learningRate: [0.25, 0.5] }, () => 1);
  const step = await k.trace('step', () =>
    optimizer.apply(network.connections.map((c) => outerProduct(c, one, one, 1))),
  );
  await step.run({ steps: 1, firstStep: 0, rows: new Uint32Array(0) });
  assert.equal(
    network.connections.map(({ weights }) => device.values(weights)[0]),
    [-0.25, -0.5],
  );
});

test('a wrong number of learning rates is refused', () => {
  const { k } = float64();
  const network = new LayeredNetwork(k, 1, networkSettings());
  assert.throws(
    () => new Optimizer(k, network.connections, { ...OPTIONS, learningRate: [1, 2, 3] }, () => 1),
    (error: Error) =>
      error instanceof UserError && /3 learning rates were given for 2 connections/.test(error.message),
  );
});

test.run();
