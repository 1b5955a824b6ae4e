import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Tensor, UserError } from '../../kernels/index.ts';
import { LayeredNetwork } from '../../networks/index.ts';
import {
  type Direction,
  findRule,
  Optimizer,
  type OptimizerOptions,
  resolveOptions,
} from '../../rules/index.ts';
import {
  angleBetween,
  buildRule,
  float64,
  networkSettings,
  normalState,
  oneHotState,
  runOnce,
} from '../support.ts';
import { combine, distance, type Matrix, matrix, meanProduct, multiply, potentials } from './by-hand.ts';
import { learnedOf, transposeInto } from './learned.ts';

const RULE = 'burst-dependent-plasticity';
const NETWORK = { activation: 'sigmoid', loss: 'squared-error', outputActivation: 'sigmoid' } as const;
const SETTINGS = networkSettings({ layers: [5, 6, 4, 3], ...NETWORK });
const SGD: OptimizerOptions = {
  optimizer: 'sgd',
  learningRate: [0.1],
  momentum: 0,
  weightDecay: 0,
  schedule: 'constant',
};
const PATHS = [
  { layer: 1, forward: 'weights 2', feedback: 'feedback from hidden 2 to hidden 1', n: 6, m: 4 },
  { layer: 2, forward: 'weights 3', feedback: 'feedback from output to hidden 2', n: 4, m: 3 },
];

const sigma = (x: number) => 1 / (1 + Math.exp(-x));
const size = (values: ArrayLike<number>) => Math.hypot(...Array.from(values));

test('updates are those of the equations, in plain loops', async () => {
  const p0 = 0.35;
  const options = { burstProbability: p0, recurrentRate: 0.1 };
  const {
    own,
    values,
    network,
    feedback: ofConnection,
  } = await learnedOf(RULE, {
    network: NETWORK,
    options,
    batch: 3,
  });
  const input = matrix(values('input'), 5);
  const e = potentials(values, network.connections, input, sigma).map((v) => v.map((row) => row.map(sigma)));
  const below = [input, ...e];
  const target = matrix(values('target'), 3);
  let free = e[2]!.map((row) => row.map((x) => p0 * x));
  let taught = combine(target, e[2]!, (t, x) => p0 * ((t - x) * (1 - x) + 1) * x);
  const difference = () => combine(taught, free, (bt, b) => b - bt);
  const expected: Matrix[] = [meanProduct(below[2]!, difference())];
  for (const { layer, feedback } of [...PATHS].reverse()) {
    const rate = e[layer - 1]!;
    const Y = matrix(values(feedback), rate[0]!.length);
    const R = matrix(values(`recurrent weights of hidden ${layer}`), rate[0]!.length);
    const [f, f_t] = [multiply(free, Y), multiply(taught, Y)];
    const sent = combine(f, rate, (x, y) => sigma(x) * y);
    const r = multiply(sent, R);
    const potential = (from: Matrix) =>
      combine(
        combine(from, rate, (x, y) => x * (1 - y)),
        r,
        (x, y) => x - y,
      );
    const bursts = (from: Matrix) => combine(potential(from), rate, (x, y) => sigma(x) * y);
    const descended = meanProduct(sent, potential(f)).map((row) => row.map((x) => -x));
    const recurrent = ofConnection(`hidden ${layer} to hidden ${layer}`)!;
    assert.ok(distance(recurrent, descended) < 1e-14, `recurrent synapses of hidden ${layer}`);
    [free, taught] = [bursts(f), bursts(f_t)];
    expected.unshift(meanProduct(below[layer - 1]!, difference()));
  }
  for (const [l, direction] of expected.entries()) {
    assert.ok(distance(own[l]!, direction) < 1e-14, `connection ${l + 1}: ${distance(own[l]!, direction)}`);
    assert.ok(size(own[l]!) > 1e-4, `connection ${l + 1} learns`);
  }
});

test('with weak feedback through the transposed forward weights, directions are those of backpropagation', async () => {
  const scale = 1e-3;
  const { own, exact } = await learnedOf(RULE, {
    network: NETWORK,
    options: { recurrentRate: 0, burstProbability: 0.2 },
    set: (values) => {
      for (const { forward, feedback, n, m } of PATHS) {
        transposeInto(values(feedback), values(forward), n, m);
        values(feedback).set(values(feedback).map((w) => scale * w));
      }
    },
  });
  for (const l of [0, 1, 2]) {
    const angle = angleBetween(own[l]!, exact[l]!);
    assert.ok(angle < 0.05, `connection ${l + 1}: ${angle} degrees`);
    // The slope of the sigmoid at 0 is a quarter.
    const expected = 0.2 * (scale / 4) ** (2 - l);
    assert.ok(Math.abs(size(own[l]!) / size(exact[l]!) / expected - 1) < 1e-3, `connection ${l + 1}`);
  }
});

/** Lays out a rule, and gives the directions of its recurrent synapses and what a step leaves in a state. */
async function stepped(
  optimizer: Partial<OptimizerOptions>,
  options: Record<string, unknown>,
  steps: number,
) {
  const { device, k } = float64();
  const network = new LayeredNetwork(k, 3, SETTINGS);
  const given = { ...SGD, ...optimizer };
  const rule = buildRule(findRule(RULE), network, k, options, 1, given);
  const [input, target] = [normalState(k, 'input', 2, 5), oneHotState(k, 2, 3)];
  const apply = new Optimizer(k, network.connections, given, () => steps);
  const isRecurrent = ({ connection }: Direction) => connection.from === connection.to;
  const sizes = k.state('sizes', 1, 2);
  const executable = await k.trace('step', () => {
    const recurrent = rule.learn({ input, target }).directions.filter(isRecurrent);
    const norms = recurrent.map(({ products }) => k.norm(products[0]!.post)) as [Tensor, Tensor];
    // One of each hidden layer, the upper one first
    k.mapInto(sizes, (_, a, b) => a + b, sizes, ...norms);
    apply.apply(recurrent);
  });
  const read = () => ({
    potentials: device.values(sizes)[0]!,
    weights: [1, 2].map((l) => [...device.values(k.states.get(`recurrent weights of hidden ${l}`)!)]),
  });
  const run = (count: number) => executable.run({ steps: count, firstStep: 0, rows: new Uint32Array(0) });
  await run(1);
  const first = read();
  await run(steps - 1);
  return { first, last: read() };
}

test('recurrent synapses learn to cancel the feedback, so that burst probabilities come to a half', async () => {
  const { first, last } = await stepped({}, { recurrentRate: 0.5 }, 1000);
  assert.ok(first.potentials > 0.5, `${first.potentials}`);
  assert.ok(last.potentials < first.potentials / 100, `${first.potentials} became ${last.potentials}`);
});

test('recurrent synapses learn at a rate of their own, whatever those of the forward connections', async () => {
  const options = { recurrentRate: 0.5 };
  const one = await stepped({ learningRate: [0.1] }, options, 2);
  const each = await stepped({ learningRate: [3, 0.1, 7] }, options, 2);
  for (const l of [0, 1])
    for (const [i, w] of one.last.weights[l]!.entries())
      assert.ok(Math.abs(w - each.last.weights[l]![i]!) < 1e-14);
  const { last } = await stepped({ learningRate: [0.1] }, { recurrentRate: 1 }, 2);
  assert.ok(Math.abs(last.weights[0]![0]! - one.last.weights[0]![0]!) > 1e-4);
});

test('where outputs are what the teacher wants, burst rates do not change and nothing learns', async () => {
  const { own } = await learnedOf(RULE, {
    network: NETWORK,
    set: (values, network) => {
      const input = matrix(values('input'), 5);
      const outputs = potentials(values, network.connections, input, sigma).at(-1)!.flat().map(sigma);
      values('target').set(outputs);
    },
  });
  for (const direction of own) assert.ok(size(direction!) < 1e-15);
});

test('learned feedback changes by the products of the forward weights, transposed, and fixed feedback not at all', async () => {
  const { own, feedback } = await learnedOf(RULE, { network: NETWORK, options: { feedback: 'learned' } });
  for (const { layer, feedback: name, n, m } of PATHS) {
    const transposed = new Float64Array(n * m);
    transposeInto(transposed, feedback(name)!, m, n);
    assert.equal([...transposed], [...own[layer]!]);
  }
  const fixed = await learnedOf(RULE, { network: NETWORK });
  for (const { feedback: name } of PATHS) assert.is(fixed.feedback(name), null);
});

test('feedback is drawn with the deviation that is asked for, recurrent weights within 0.01', async () => {
  const network = { ...NETWORK, layers: [5, 60, 40, 3] };
  const { values } = await learnedOf(RULE, { network, options: { feedbackScale: 2 } });
  const Y = values('feedback from hidden 2 to hidden 1');
  assert.ok(Math.abs(size(Y) ** 2 / Y.length / 4 - 1) < 0.15);
  const R = values('recurrent weights of hidden 1');
  assert.ok(R.every((w) => Math.abs(w) <= 0.01));
  assert.ok(Math.max(...R) > 0.009);
});

test('without a rate there are no recurrent synapses', async () => {
  const { k } = float64();
  const rule = buildRule(findRule(RULE), new LayeredNetwork(k, 1, SETTINGS), k, { recurrentRate: 0 });
  const states = [...k.states.keys()];
  assert.not.ok(states.some((name) => name.startsWith('recurrent')));
  await runOnce(k, () => {
    const input = normalState(k, 'input', 2, 5);
    assert.is(rule.learn({ input, target: oneHotState(k, 2, 3) }).directions.length, 3);
  });
});

test('burst probabilities above 1 and event rates without the slope of a sigmoid are refused', () => {
  const rule = findRule(RULE);
  assert.throws(
    () => resolveOptions(rule, { burstProbability: 0.6 }),
    /must be a number above 0 and at most 0.5/,
  );
  const check = (given: Parameters<typeof networkSettings>[0]) => () =>
    rule.checkOptions!(resolveOptions(rule, {}) as never, { ...SETTINGS, ...given, ...SGD });
  check({})();
  for (const given of [
    { activation: 'tanh' },
    { loss: 'cross-entropy' },
    { outputActivation: 'linear' },
  ] as const)
    assert.throws(check(given), (error: unknown) => {
      assert.instance(error, UserError);
      assert.match(String(error), /'burst-dependent-plasticity' trains, have sigmoid event rates: leave out/);
      return true;
    });
});

test.run();
