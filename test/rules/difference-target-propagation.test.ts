import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LayeredNetwork } from '../../networks/index.ts';
import { findRule, Optimizer } from '../../rules/index.ts';
import { buildRule, float64, networkSettings, normalState, oneHotState, runOnce } from '../support.ts';
import { combine, type Matrix, matrix, multiply, potentials, softmax, transpose } from './by-hand.ts';
import { learnedOf } from './learned.ts';

const RULE = 'difference-target-propagation';
const LAYERS = [5, 6, 4, 5, 3];
const BATCH = 4;
const [STEP, NOISE] = [0.3, 0.2];
/** Where each inverse of a variant comes from, and the hidden layer that it leads to. */
const INVERSES = {
  difference: [
    [2, 1],
    [3, 2],
  ],
  plain: [
    [2, 1],
    [3, 2],
  ],
  'from-output': [
    [2, 1],
    [3, 2],
    [4, 3],
  ],
  direct: [
    [4, 1],
    [4, 2],
    [4, 3],
  ],
} as const;
type Variant = keyof typeof INVERSES;
const VARIANTS = Object.keys(INVERSES) as Variant[];

const nameOf = (l: number) => (l === 4 ? 'output' : `hidden ${l}`);
const feedbackName = ([from, to]: readonly [number, number]) =>
  `feedback from ${nameOf(from)} to ${nameOf(to)}`;
const tanh = (a: Matrix) => a.map((row) => row.map(Math.tanh));
const plus = (a: Matrix, b: Matrix) => combine(a, b, (x, y) => x + y);
const minus = (a: Matrix, b: Matrix) => combine(a, b, (x, y) => x - y);
const times = (a: Matrix, factor: number) => a.map((row) => row.map((x) => factor * x));
const meanSquare = (a: Matrix) => a.flat().reduce((sum, x) => sum + x * x, 0) / a.length;

/** What the rule learns, and all that it computes on the way, by hand. */
async function learned(variant: Variant) {
  const options = { variant, targetStep: STEP, noise: NOISE };
  const found = await learnedOf(RULE, {
    network: { layers: LAYERS },
    options,
    batch: BATCH,
    set: (values) => {
      for (const pair of INVERSES[variant])
        if (variant !== 'direct') values(`bias of ${feedbackName(pair)}`).fill(0.1);
    },
  });
  const { values, network } = found;
  const v = [
    matrix(values('input'), LAYERS[0]!),
    ...potentials(values, network.connections, matrix(values('input'), LAYERS[0]!), Math.tanh),
  ];
  const h = v.map((a, l) => (l === 0 || l === 4 ? a : tanh(a)));
  const error = minus(softmax(v[4]!), matrix(values('target'), LAYERS[4]!));
  /** g, for weights and biases as they are now. */
  const invert = (pair: readonly [number, number], above: Matrix) => {
    const current = multiply(above, matrix(values(feedbackName(pair)), LAYERS[pair[1]]!));
    return variant === 'direct'
      ? current
      : tanh(plus(current, matrix(values(`bias of ${feedbackName(pair)}`), LAYERS[pair[1]]!)));
  };
  return { ...found, h, error, invert };
}

/** t_l by layer, by hand. */
function targetsOf(
  variant: Variant,
  { h, error, invert, values }: Awaited<ReturnType<typeof learned>>,
): Matrix[] {
  const t: Matrix[] = [];
  t[4] = minus(h[4]!, times(error, STEP));
  if (variant === 'difference' || variant === 'plain')
    t[3] = minus(h[3]!, times(multiply(error, transpose(matrix(values('weights 4'), LAYERS[4]!))), STEP));
  for (const pair of [...INVERSES[variant]].reverse()) {
    const [from, to] = pair;
    const reached = invert(pair, t[from]!);
    t[to] = variant === 'plain' ? reached : plus(h[to]!, minus(reached, invert(pair, h[from]!)));
  }
  return t;
}

/** Central differences of a function by values that it reads. */
function slopes(f: () => number, values: Float64Array): Float64Array {
  const step = 1e-5;
  const found = new Float64Array(values.length);
  for (const [i, value] of values.entries()) {
    values[i] = value + step;
    const above = f();
    values[i] = value - step;
    const below = f();
    values[i] = value;
    found[i] = (above - below) / (2 * step);
  }
  return found;
}

const expectClose = (seen: ArrayLike<number>, wanted: ArrayLike<number>, what: string) => {
  assert.is(seen.length, wanted.length);
  const worst = Math.max(...Array.from(seen, (x, i) => Math.abs(x - wanted[i]!)));
  assert.ok(worst < 1e-8, `${what} is off by ${worst}`);
  assert.ok(Math.max(...Array.from(seen, Math.abs)) > 1e-4, `${what} is nothing`);
};

/** The noise that the rule draws: the first fill of its stream in a trace of this name, under the same seed. */
async function noiseIn(l: number): Promise<Matrix> {
  const { device, k } = float64();
  const kept = k.state('noise', BATCH, LAYERS[l]!);
  await runOnce(k, () => {
    k.mapInto(kept, (n) => n, k.normal(`noise in ${nameOf(l)}`, BATCH, LAYERS[l]!, 0, NOISE));
  });
  return matrix(device.values(kept), LAYERS[l]!);
}

for (const variant of VARIANTS) {
  test(`${variant}: each hidden layer descends its distance from its target`, async () => {
    const found = await learned(variant);
    const { h, values, own, biases } = found;
    const targets = targetsOf(variant, found);
    for (const l of [1, 2, 3]) {
      const loss = () => {
        const current = multiply(h[l - 1]!, matrix(values(`weights ${l}`), LAYERS[l]!));
        return meanSquare(minus(tanh(plus(current, matrix(values(`bias ${l}`), LAYERS[l]!))), targets[l]!));
      };
      expectClose(own[l - 1]!, slopes(loss, values(`weights ${l}`)), `weights ${l}`);
      expectClose(biases[l - 1]!, slopes(loss, values(`bias ${l}`)), `bias ${l}`);
    }
    assert.equal([...own[3]!], [...found.exact[3]!]);
  });

  test(`${variant}: each inverse descends what it misses of a noisy layer`, async () => {
    const { h, values, invert, feedback, feedbackBias } = await learned(variant);
    for (const pair of INVERSES[variant]) {
      const [from, to] = pair;
      const noise = await noiseIn(to);
      const noisy = plus(h[to]!, noise);
      let above = noisy;
      for (let l = to + 1; l <= from; l++) {
        const current = multiply(above, matrix(values(`weights ${l}`), LAYERS[l]!));
        above = plus(current, matrix(values(`bias ${l}`), LAYERS[l]!));
        if (l < 4) above = tanh(above);
      }
      const loss = () =>
        variant === 'direct'
          ? meanSquare(minus(invert(pair, minus(above, h[4]!)), noise)) / NOISE ** 2
          : meanSquare(minus(invert(pair, above), noisy));
      const name = feedbackName(pair);
      expectClose(feedback(name)!, slopes(loss, values(name)), name);
      if (variant === 'direct') assert.is(feedbackBias(name), null);
      else expectClose(feedbackBias(name)!, slopes(loss, values(`bias of ${name}`)), `bias of ${name}`);
    }
  });
}

for (const variant of ['difference', 'plain'])
  for (const loss of ['cross-entropy', 'squared-error'] as const)
    test(`${variant}: with one hidden layer and a step of 1/2 it is backprop: ${loss}`, async () => {
      const network = { layers: [5, 6, 3], loss, outputActivation: 'sigmoid' } as const;
      const { own, exact } = await learnedOf(RULE, { network, options: { variant, targetStep: 0.5 } });
      for (const l of [0, 1])
        assert.ok(Math.max(...own[l]!.map((x, i) => Math.abs(x - exact[l]![i]!))) < 1e-14);
    });

/** H = 1 - 2 u uᵀ / |u|² is its own inverse. */
const reflection = (u: readonly number[]): number[] => {
  const square = u.reduce((sum, x) => sum + x * x, 0);
  return u.flatMap((a, i) => u.map((b, j) => Number(i === j) - (2 * a * b) / square));
};

/** Directions of a linear network with square hidden layers, whose inverses are exact but for an error in one weight. */
async function linear(variant: Variant, slip: number) {
  const { own } = await learnedOf(RULE, {
    network: { layers: [5, 4, 4, 4, 3], activation: 'linear' },
    options: { variant, targetStep: 0.3 },
    set: (values) => {
      for (const [l, u] of [
        [2, [1, 2, -1, 0.5]],
        [3, [-1, 0.5, 2, 1]],
      ] as const) {
        const [W, b] = [reflection(u).map((w) => 2 * w), [0.3, -0.2, 0.1, 0.4]];
        const V = reflection(u).map((w) => w / 2);
        values(`weights ${l}`).set(W);
        values(`bias ${l}`).set(b);
        const name = feedbackName([l, l - 1]);
        values(name).set(V.map((x, i) => (i === 0 ? x + slip : x)));
        values(`bias of ${name}`).set(multiply([b], matrix(V, 4))[0]!.map((x) => -x));
      }
    },
  });
  return own;
}

test('linear: where inverses are exact the difference correction is zero, so that plain targets are the same', async () => {
  const far = (a: (Float64Array | null)[], b: (Float64Array | null)[]) =>
    Math.max(...a.flatMap((direction, l) => [...direction!].map((x, i) => Math.abs(x - b[l]![i]!))));
  assert.ok(far(await linear('difference', 0), await linear('plain', 0)) < 1e-12);
  assert.ok(far(await linear('difference', 0.1), await linear('plain', 0.1)) > 1e-3);
});

test('inverses come to reconstruct the layer below, and inverseRate 0 leaves them as they are', async () => {
  const reconstruction = async (inverseRate: number) => {
    const { device, k } = float64();
    const network = new LayeredNetwork(k, 3, networkSettings({ layers: [5, 4, 8, 3] }));
    const rule = buildRule(findRule(RULE), network, k, { inverseRate, noise: 0.3 });
    const forward = new Set(network.connections);
    const options = {
      optimizer: 'sgd',
      learningRate: [0.1],
      momentum: 0,
      weightDecay: 0,
      schedule: 'constant',
    } as const;
    const optimizer = new Optimizer(k, network.connections, options, () => 1);
    const [input, target] = [normalState(k, 'input', 10, 5), oneHotState(k, 10, 3)];
    const step = await k.trace('step', () => {
      const { directions } = rule.learn({ input, target });
      optimizer.apply(directions.filter(({ connection }) => !forward.has(connection)));
    });
    const values = (name: string) => device.values(k.states.get(name)!);
    const missed = () => {
      const [h1, h2] = potentials(values, network.connections, matrix(values('input'), 5), Math.tanh).map(
        tanh,
      );
      const name = 'feedback from hidden 2 to hidden 1';
      const current = multiply(h2!, matrix(values(name), 4));
      return meanSquare(minus(tanh(plus(current, matrix(values(`bias of ${name}`), 4))), h1!));
    };
    const before = missed();
    await step.run({ steps: 400, firstStep: 0, rows: new Uint32Array(0) });
    return missed() / before;
  };
  assert.is(await reconstruction(0), 1);
  const left = await reconstruction(1);
  assert.ok(left < 0.2, `${left}`);
});

test('direct: the feedback comes to bring noise back as well as a linear map can', async () => {
  // ṽ - v is n W, so that the best V is the pseudo-inverse (Wᵀ W)⁻¹ Wᵀ.
  const { device, k } = float64();
  const network = new LayeredNetwork(k, 3, networkSettings({ layers: [5, 6, 3], activation: 'linear' }));
  const rule = buildRule(findRule(RULE), network, k, { variant: 'direct', noise: 0.1 });
  const options = {
    optimizer: 'sgd',
    learningRate: [0.02],
    momentum: 0,
    weightDecay: 0,
    schedule: 'constant',
  } as const;
  const optimizer = new Optimizer(k, network.connections, options, () => 1);
  const [input, target] = [normalState(k, 'input', 20, 5), oneHotState(k, 20, 3)];
  const step = await k.trace('step', () => {
    optimizer.apply(rule.learn({ input, target }).directions.slice(2));
  });
  await step.run({ steps: 1000, firstStep: 0, rows: new Uint32Array(0) });
  const W = matrix(device.values(k.states.get('weights 2')!), 3);
  const V = matrix(device.values(k.states.get('feedback from output to hidden 1')!), 6);
  // Of it V W is the unit matrix: hidden targets reach those of the output.
  for (const [i, row] of multiply(V, W).entries())
    for (const [j, x] of row.entries()) assert.ok(Math.abs(x - Number(i === j)) < 0.2, `${i}, ${j}: ${x}`);
});

test('inverses start from N(0, 2 / (n + m)), away from the forward weights, with biases of zero', async () => {
  const { values } = await learnedOf(RULE, { network: { layers: [5, 60, 40, 3] } });
  const V = values('feedback from hidden 2 to hidden 1');
  const square = V.reduce((sum, x) => sum + x * x, 0) / V.length;
  // 2400 normal squares: a relative standard error of 0.03.
  assert.ok(Math.abs(square * 50 - 1) < 0.15, `mean square ${square}`);
  assert.ok(values('bias of feedback from hidden 2 to hidden 1').every((b) => b === 0));
});

test('a network without a hidden layer learns its read-out as backprop does', async () => {
  for (const variant of VARIANTS) {
    const { own, exact } = await learnedOf(RULE, { network: { layers: [5, 3] }, options: { variant } });
    assert.equal([...own[0]!], [...exact[0]!]);
  }
});

test.run();
