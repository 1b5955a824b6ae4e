import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../kernels/index.ts';
import { LayeredNetwork } from '../../networks/index.ts';
import { findRule, Optimizer, type OptimizerOptions, resolveOptions } from '../../rules/index.ts';
import { angleBetween, buildRule, float64, networkSettings } from '../support.ts';
import { combine, distance, type Matrix, matrix, meanProduct, multiply, potentials } from './by-hand.ts';
import { learnedOf, transposeInto } from './learned.ts';

const RULE = 'burstccn';
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
  { layer: 1, forward: 'weights 2', path: 'from hidden 2 to hidden 1', n: 6, m: 4 },
  { layer: 2, forward: 'weights 3', path: 'from output to hidden 2', n: 4, m: 3 },
];

const sigma = (x: number) => 1 / (1 + Math.exp(-x));
const size = (values: ArrayLike<number>) => Math.hypot(...Array.from(values));

type Learned = NonNullable<Parameters<typeof learnedOf>[1]['set']>;

/** Event rates of every layer above the input, lowest first. */
const eventRates = (...[values, network]: Parameters<Learned>): Matrix[] =>
  potentials(values, network.connections, matrix(values('input'), 5), sigma).map((v) =>
    v.map((row) => row.map(sigma)),
  );

test('updates are those of the equations, in plain loops', async () => {
  const options = { inhibition: 'random', inhibitionRate: 0.01 };
  const learned = await learnedOf(RULE, { network: NETWORK, options, batch: 3 });
  const { own, values, network } = learned;
  const e = eventRates(values, network);
  const below = [matrix(values('input'), 5), ...e];
  const target = matrix(values('target'), 3);
  let bursts = combine(target, e[2]!, (t, x) => 0.5 * ((t - x) * (1 - x) + 1) * x);
  const descended = (layer: number) => combine(bursts, e[layer - 1]!, (b, x) => 0.5 * x - b);
  const expected: Matrix[] = [meanProduct(below[2]!, descended(3))];
  for (const { layer, path } of [...PATHS].reverse()) {
    const rate = e[layer - 1]!;
    const width = rate[0]!.length;
    const u = combine(
      multiply(bursts, matrix(values(`feedback ${path}`), width)),
      multiply(e[layer]!, matrix(values(`inhibition ${path}`), width)),
      (x, y) => x - y,
    );
    const ofQ = meanProduct(e[layer]!, u).map((row) => row.map((x) => -x));
    assert.ok(distance(learned.feedback(`inhibition ${path}`)!, ofQ) < 1e-14, `inhibition ${path}`);
    bursts = combine(u, rate, (x, y) => sigma(4 * x * (1 - y)) * y);
    expected.unshift(meanProduct(below[layer - 1]!, descended(layer)));
  }
  for (const [l, direction] of expected.entries()) {
    assert.ok(distance(own[l]!, direction) < 1e-14, `connection ${l + 1}: ${distance(own[l]!, direction)}`);
    assert.ok(size(own[l]!) > 1e-3, `connection ${l + 1} learns`);
  }
});

/** Directions for Y = Wᵀ and Q = Y / 2, and targets that are so far from the outputs, beside the gradient. */
const nearBackprop = (teaching: number) =>
  learnedOf(RULE, {
    network: NETWORK,
    set: (values, network) => {
      for (const { forward, path, n, m } of PATHS) {
        const Y = values(`feedback ${path}`);
        transposeInto(Y, values(forward), n, m);
        values(`inhibition ${path}`).set(Y.map((y) => y / 2));
      }
      const outputs = eventRates(values, network).at(-1)!.flat();
      values('target').set(values('target').map((t, i) => outputs[i]! + teaching * (t - outputs[i]!)));
    },
  });

test('for Y = Wᵀ, Q = Y / 2 and weak teaching, directions are half of those of backpropagation', async () => {
  const differences: number[][] = [];
  for (const teaching of [1e-2, 1e-3]) {
    const { own, exact } = await nearBackprop(teaching);
    differences.push(
      own.map((direction, l) => {
        const difference = size(direction!.map((d, i) => d - exact[l]![i]! / 2)) / size(exact[l]!);
        assert.ok(angleBetween(direction!, exact[l]!) < 1e-3, `connection ${l + 1}`);
        return difference;
      }),
    );
  }
  const [weak, weaker] = differences as [number[], number[]];
  assert.ok(weak[2]! < 1e-12 && weaker[2]! < 1e-11, 'outputs, without a sigmoid of what they get');
  // The sigmoid is linear but for its third derivative, so the difference falls with the square.
  for (const l of [0, 1]) {
    assert.ok(weak[l]! < 1e-5, `connection ${l + 1}: ${weak[l]}`);
    const ratio = weak[l]! / weaker[l]!;
    assert.ok(Math.abs(ratio - 100) < 5, `connection ${l + 1}: ${ratio}`);
  }
});

test('with the whole teaching signal, directions stay close to those of backpropagation', async () => {
  const { own, exact } = await nearBackprop(1);
  for (const l of [0, 1]) {
    const angle = angleBetween(own[l]!, exact[l]!);
    assert.ok(angle > 1e-3 && angle < 5, `connection ${l + 1}: ${angle} degrees`);
  }
});

test('where outputs are what the teacher wants, a network whose feedback is cancelled does not learn', async () => {
  const taught: Learned = (values, network) =>
    values('target').set(eventRates(values, network).at(-1)!.flat());
  const { own } = await learnedOf(RULE, { network: NETWORK, set: taught });
  for (const direction of own) assert.ok(size(direction!) < 1e-15);
  const random = await learnedOf(RULE, {
    network: NETWORK,
    options: { inhibition: 'random' },
    set: taught,
  });
  assert.ok(size(random.own[1]!) > 1e-3, 'without cancelling it does');
});

/** Trains Q alone, on random inputs whose outputs are what the teacher wants; apical potentials at the first and at the last of them. */
async function trainedInhibition(learningRate: number[], inhibitionRate: number, steps: number) {
  const { device, k } = float64();
  const network = new LayeredNetwork(k, 3, SETTINGS);
  const optimizer = { ...SGD, learningRate };
  const options = { inhibition: 'random', inhibitionRate };
  const rule = buildRule(findRule(RULE), network, k, options, 1, optimizer);
  const apply = new Optimizer(k, network.connections, optimizer, () => steps);
  const kept = [k.state('apical 2', 1, 1), k.state('apical 1', 1, 1)] as const;
  const step = await k.trace('step', () => {
    const input = k.normal('input', 6, 5, 0, 3);
    const target = network.respond(input).at(-1)!;
    const { directions } = rule.learn({ input, target });
    const ofQ = directions.filter(({ connection }) => connection.name.startsWith('inhibition'));
    for (const [i, { products }] of ofQ.entries()) k.mapInto(kept[i]!, (x) => x, k.norm(products[0]!.post));
    apply.apply(ofQ);
  });
  const apical = () => kept.map((one) => device.values(one)[0]!);
  const run = (count: number, firstStep: number) =>
    step.run({ steps: count, firstStep, rows: new Uint32Array(0) });
  await run(1, 0);
  const first = apical();
  await run(steps - 1, 1);
  const Q = PATHS.map(({ path }) => [...device.values(k.states.get(`inhibition ${path}`)!)]);
  return { first, last: apical(), Q };
}

test('without a teacher Q learns to silence apical dendrites', async () => {
  const { first, last } = await trainedInhibition([0.1], 0.5, 1000);
  for (const [i, u] of last.entries()) {
    assert.ok(first[i]! > 0.5, `${first[i]}`);
    assert.ok(u < first[i]! / 20, `${first[i]} became ${u}`);
  }
});

test('Q learns at a rate of its own, whatever those of the forward connections', async () => {
  const one = await trainedInhibition([0.1], 0.5, 2);
  const each = await trainedInhibition([3, 0.1, 7], 0.5, 2);
  const twice = await trainedInhibition([0.1], 1, 2);
  for (const [i, Q] of one.Q.entries()) {
    const far = (other: typeof one) => size(Q.map((q, j) => q - other.Q[i]![j]!));
    assert.ok(far(each) < 1e-13);
    assert.ok(far(twice) > 1e-2);
  }
});

test('Y and Q start with the deviations that are asked for', async () => {
  const network = { ...NETWORK, layers: [5, 60, 40, 3] };
  for (const inhibition of ['cancelling', 'random']) {
    const { values, feedback } = await learnedOf(RULE, {
      network,
      options: { feedbackScale: 2, inhibition },
    });
    assert.is(feedback('inhibition from hidden 2 to hidden 1'), null, 'without a rate Q does not learn');
    const [Y, Q] = [
      values('feedback from hidden 2 to hidden 1'),
      values('inhibition from hidden 2 to hidden 1'),
    ];
    // 2400 normal squares: a relative standard error of 0.03.
    assert.ok(Math.abs(size(Y) ** 2 / Y.length / 4 - 1) < 0.15);
    assert.ok(Math.abs(size(Q) ** 2 / Q.length - 1) < 0.15);
    const angle = angleBetween(Y, Q);
    assert.ok(inhibition === 'random' ? Math.abs(angle - 90) < 10 : angle < 1e-3, `${angle} degrees`);
  }
});

test('Q has synapses where Y has', () => {
  for (const inhibition of ['cancelling', 'random']) {
    const { device, k } = float64();
    const settings = {
      ...SETTINGS,
      layers: [5, 6, 3, 3],
      structure: 'dendrites-random',
      synapses: 2,
    } as const;
    buildRule(findRule(RULE), new LayeredNetwork(k, 3, settings), k, { inhibition });
    const [Y, Q] = ['feedback', 'inhibition'].map((what) => [
      ...device.values(k.states.get(`${what} from hidden 2 to hidden 1`)!),
    ]) as [number[], number[]];
    assert.ok(Y.includes(0) && Y.some((y) => y !== 0));
    assert.equal(
      Q.map((q) => q === 0),
      Y.map((y) => y === 0),
    );
  }
});

test('event rates without the slope of a sigmoid are refused', () => {
  const rule = findRule(RULE);
  const check = (given: Parameters<typeof networkSettings>[0]) => () =>
    rule.checkOptions!(resolveOptions(rule, {}) as never, { ...SETTINGS, ...given, ...SGD });
  check({})();
  for (const given of [{ activation: 'tanh' }, { loss: 'cross-entropy' }] as const)
    assert.throws(check(given), (error: unknown) => {
      assert.instance(error, UserError);
      assert.match(String(error), /'burstccn' trains, have sigmoid event rates: leave out/);
      return true;
    });
});

test.run();
