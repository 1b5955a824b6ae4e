import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { combine, distance, matrix, meanProduct, multiply, potentials, softmax } from './by-hand.ts';
import { learnedOf } from './learned.ts';

const B = (values: (state: string) => Float64Array, layer: number, size: number) =>
  matrix(values(`feedback from output to hidden ${layer}`), size);

test('hidden layers learn the projected target, the output layer its error, as computed by hand', async () => {
  const { network, values, own, biases } = await learnedOf('drtp', {
    set: (values) => values('bias 1').fill(0.1),
  });
  const [x, t] = [matrix(values('input'), 5), matrix(values('target'), 3)];
  const [v1, v2, v3] = potentials(values, network.connections, x, Math.tanh) as [
    number[][],
    number[][],
    number[][],
  ];
  // tanh'(v) = 1 / cosh(v)^2
  const slope = (p: number, v: number) => p / Math.cosh(v) ** 2;
  const [h1, h2] = [v1.map((row) => row.map(Math.tanh)), v2.map((row) => row.map(Math.tanh))];
  const delta1 = combine(multiply(t, B(values, 1, 6)), v1, slope);
  const delta2 = combine(multiply(t, B(values, 2, 4)), v2, slope);
  const delta3 = combine(softmax(v3), t, (y, wanted) => y - wanted);
  assert.ok(distance(own[0]!, meanProduct(x, delta1)) < 1e-14);
  assert.ok(distance(own[1]!, meanProduct(h1, delta2)) < 1e-14);
  assert.ok(distance(own[2]!, meanProduct(h2, delta3)) < 1e-14);
  const ones = x.map(() => [1]);
  assert.ok(distance(biases[0]!, meanProduct(ones, delta1)) < 1e-14);
  assert.ok(distance(biases[2]!, meanProduct(ones, delta3)) < 1e-14);
});

test('hidden layers do not see the error: another output, the same update to the bit', async () => {
  const plain = await learnedOf('drtp', {});
  const other = await learnedOf('drtp', { set: (values) => values('bias 3').set([3, -1, 0.5]) });
  assert.equal([...plain.own[0]!], [...other.own[0]!]);
  assert.equal([...plain.own[1]!], [...other.own[1]!]);
  assert.not.equal([...plain.own[2]!], [...other.own[2]!]);
});

test('projection weights are uniform up to sqrt(6 / n), and scale', async () => {
  const network = { layers: [5, 600, 10] };
  const limit = 2 * Math.sqrt(6 / 600);
  const { values } = await learnedOf('drtp', { network, options: { feedbackScale: 2 } });
  const size = values('feedback from output to hidden 1').map(Math.abs);
  assert.ok(Math.max(...size) <= limit && Math.max(...size) > 0.99 * limit);
});

test.run();
