import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { combine, distance, matrix, meanProduct, multiply, potentials, softmax } from './by-hand.ts';
import { learnedOf } from './learned.ts';

const relu = (v: number) => Math.max(v, 0);
const SETTINGS = {
  network: { layers: [5, 6, 4, 3], activation: 'relu', initial: 'he-uniform' },
  // Large enough that some ReLU units switch between the passes.
  options: { feedbackScale: 2 },
} as const;

test('two passes, computed by hand', async () => {
  const { network, values, own } = await learnedOf('pepita', SETTINGS);
  const [x, t] = [matrix(values('input'), 5), matrix(values('target'), 3)];
  const minus = (a: number, b: number) => a - b;
  const pass = (input: number[][]) => {
    const v = potentials(values, network.connections, input, relu);
    const h = [input, ...v.slice(0, -1).map((rows) => rows.map((row) => row.map(relu)))];
    return { h, error: combine(softmax(v.at(-1)!), t, minus) };
  };
  const first = pass(x);
  const F = matrix(values('feedback from output to input'), 5);
  const second = pass(combine(x, multiply(first.error, F), (a, b) => a + b));
  const switched = first.h[1]!.flat().filter((h, i) => h > 0 !== second.h[1]!.flat()[i]! > 0);
  assert.ok(switched.length > 0, 'the example should tell the rule from one with a derivative');
  for (const l of [1, 2])
    assert.ok(
      distance(own[l - 1]!, meanProduct(second.h[l - 1]!, combine(first.h[l]!, second.h[l]!, minus))) < 1e-14,
      `connection ${l}`,
    );
  assert.ok(distance(own[2]!, meanProduct(second.h[2]!, second.error)) < 1e-14);
});

test('with squared error the error is h_L - t too, without a derivative', async () => {
  const network = {
    layers: [5, 6, 3],
    activation: 'relu',
    initial: 'he-uniform',
    loss: 'squared-error',
    outputActivation: 'tanh',
  } as const;
  const { network: net, values, own } = await learnedOf('pepita', { network, options: { feedbackScale: 2 } });
  const [x, t] = [matrix(values('input'), 5), matrix(values('target'), 3)];
  const minus = (a: number, b: number) => a - b;
  const pass = (input: number[][]) => {
    const [v1, v2] = potentials(values, net.connections, input, relu) as [number[][], number[][]];
    const error = combine(
      v2.map((row) => row.map(Math.tanh)),
      t,
      minus,
    );
    return { input, hidden: v1.map((row) => row.map(relu)), error };
  };
  const first = pass(x);
  const F = matrix(values('feedback from output to input'), 5);
  const second = pass(combine(x, multiply(first.error, F), (a, b) => a + b));
  const difference = combine(first.hidden, second.hidden, minus);
  assert.ok(distance(own[0]!, meanProduct(second.input, difference)) < 1e-14);
  assert.ok(distance(own[1]!, meanProduct(second.hidden, second.error)) < 1e-14);
});

test('biases do not learn', async () => {
  const { biases } = await learnedOf('pepita', SETTINGS);
  assert.equal(biases, [null, null, null]);
});

test('the error comes in through weights uniform up to 0.05 sqrt(6 / inputs)', async () => {
  const { values } = await learnedOf('pepita', { network: { layers: [200, 6, 10] } });
  const limit = 0.05 * Math.sqrt(6 / 200);
  const size = values('feedback from output to input').map(Math.abs);
  assert.ok(Math.max(...size) <= limit && Math.max(...size) > 0.99 * limit);
});

test.run();
