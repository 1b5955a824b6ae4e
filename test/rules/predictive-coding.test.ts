import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openDevice } from '../../devices/index.ts';
import { Kernels, RandomStream } from '../../kernels/index.ts';
import { type ActivationName, LayeredNetwork, LOSSES, type Loss } from '../../networks/index.ts';
import { findRule, gradient, resolveOptions, weightMatrix } from '../../rules/index.ts';
import { buildRule, float64, networkSettings, normalState, oneHotState, runOnce } from '../support.ts';
import { matrix, multiply, potentials, transpose } from './by-hand.ts';
import { learnedOf } from './learned.ts';

const LAYERS = [5, 6, 4, 3];
const RULE = 'predictive-coding';
const LINEAR_OUTPUT = { loss: 'squared-error', outputActivation: 'linear' } as const;

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i]!)));

/** The largest difference between the directions of the rule and the gradient, in all connections. */
const fromGradient = ({ own, exact }: Awaited<ReturnType<typeof learnedOf>>): number =>
  Math.max(...own.map((direction, l) => distance(direction!, exact[l]!)));

/** Everything that F depends on, to be changed a value at a time. */
interface Variables {
  readonly weights: Float64Array[];
  readonly biases: Float64Array[];
  /** Potentials of the hidden layers, batch x size. */
  readonly hidden: Float64Array[];
}

/** What output potentials cost. */
const COSTS: Partial<Record<Loss, (mu: readonly number[], t: readonly number[]) => number>> = {
  'squared-error': (mu, t) => mu.reduce((sum, m, j) => sum + 0.5 * (t[j]! - m) ** 2, 0),
  'cross-entropy': (mu, t) => {
    const total = mu.reduce((sum, m) => sum + Math.exp(m), 0);
    return mu.reduce((sum, m, j) => sum - t[j]! * (m - Math.log(total)), 0);
  },
};

/** F of all examples, from its definition, for tanh neurons. */
function freeEnergy(
  { weights, biases, hidden }: Variables,
  input: number[][],
  target: number[][],
  loss: Loss,
  variance: number,
): number {
  let total = 0;
  for (const [e, x0] of input.entries()) {
    let rate = x0;
    for (const [l, bias] of biases.entries()) {
      const size = bias.length;
      const mu = Array.from(bias, (b, j) =>
        rate.reduce((sum, r, i) => sum + r * weights[l]![i * size + j]!, b),
      );
      if (l === biases.length - 1) total += COSTS[loss]!(mu, target[e]!) / variance;
      else {
        const x = hidden[l]!.subarray(e * size, (e + 1) * size);
        for (const [j, m] of mu.entries()) total += 0.5 * (x[j]! - m) ** 2;
        rate = Array.from(x, Math.tanh);
      }
    }
  }
  return total;
}

/** Central differences of F by some of its variables. */
function slopes(F: () => number, values: Float64Array): Float64Array {
  const step = 1e-5;
  return values.map((value, i) => {
    values[i] = value + step;
    const above = F();
    values[i] = value - step;
    const below = F();
    values[i] = value;
    return (above - below) / (2 * step);
  });
}

interface Given {
  readonly loss?: Loss;
  readonly batch?: number;
  readonly options: {
    readonly iterations: number;
    readonly inferenceRate: number;
    readonly outputVariance: number;
    readonly [option: string]: number | string | boolean;
  };
  /** Of the weights while hidden layers are inferred. */
  readonly learningRate?: number;
  /** What outputs are clamped to, for outputs of the forward pass. */
  readonly clampedTo?: (y: number, t: number) => number;
}

/**
 * The rule beside descent of F by finite differences alone: as many steps in the hidden potentials, or in weights and biases too,
 * from the forward pass on.
 */
async function besideFiniteDifferences({
  loss = 'squared-error',
  batch = 3,
  options,
  learningRate = 0,
  clampedTo = (_y, t) => t,
}: Given) {
  const { iterations, inferenceRate, outputVariance } = options;
  const network = { layers: LAYERS, loss, outputActivation: 'linear' } as const;
  const learned = await learnedOf(RULE, {
    network,
    options,
    batch,
    set: (values) => {
      for (const l of [1, 2, 3])
        values(`bias ${l}`).set(new RandomStream(3, `bias ${l}`).normal(LAYERS[l]!, 0, 0.3));
    },
  });
  const { values, network: net } = learned;
  const input = matrix(values('input'), LAYERS[0]!);
  const v = potentials(values, net.connections, input, Math.tanh);
  const target = matrix(values('target'), LAYERS.at(-1)!).map((row, e) =>
    row.map((t, j) => clampedTo(v.at(-1)![e]![j]!, t)),
  );
  const copies = (name: string) => [1, 2, 3].map((l) => Float64Array.from(values(`${name} ${l}`)));
  const variables: Variables = {
    weights: copies('weights'),
    biases: copies('bias'),
    hidden: v.slice(0, -1).map((rows) => Float64Array.from(rows.flat())),
  };
  const F = () => freeEnergy(variables, input, target, loss, outputVariance);
  const { weights, biases, hidden } = variables;
  const perExample = outputVariance / batch;
  for (let t = 0; t < iterations; t++) {
    const byHidden = hidden.map((x) => slopes(F, x));
    const byWeights = learningRate > 0 ? [...weights, ...biases].map((w) => slopes(F, w)) : [];
    for (const [l, x] of hidden.entries())
      for (const [i, s] of byHidden[l]!.entries()) x[i]! -= inferenceRate * s;
    for (const [l, slope] of byWeights.entries()) {
      const w = [...weights, ...biases][l]!;
      for (const [i, s] of slope.entries()) w[i]! -= learningRate * perExample * s;
    }
  }
  return { learned, variables, slope: (of: Float64Array) => slopes(F, of).map((s) => s * perExample) };
}

const OPTIONS = { iterations: 6, inferenceRate: 0.2, outputVariance: 2 };

for (const loss of ['squared-error', 'cross-entropy'] as const)
  test(`hidden layers descend F, and the update is minus its slope where they end: ${loss}`, async () => {
    const { learned, variables, slope } = await besideFiniteDifferences({ loss, options: OPTIONS });
    for (const l of [0, 1, 2]) {
      assert.ok(distance(learned.own[l]!, slope(variables.weights[l]!)) < 1e-8, `weights ${l + 1}`);
      assert.ok(distance(learned.biases[l]!, slope(variables.biases[l]!)) < 1e-8, `bias ${l + 1}`);
      assert.ok(Math.max(...learned.own[l]!.map(Math.abs)) > 1e-3);
    }
    assert.ok(fromGradient(learned) > 1e-3, 'the example should tell it from backprop');
  });

for (const [nudging, sign] of [
  ['positive', 1],
  ['negative', -1],
] as const)
  test(`nudging of kind ${nudging} clamps outputs beta of the way, and divides the update by it`, async () => {
    const beta = sign * 0.4;
    const { learned, variables, slope } = await besideFiniteDifferences({
      options: { ...OPTIONS, nudging, beta: 0.4 },
      clampedTo: (y, t) => y + beta * (t - y),
    });
    for (const l of [0, 1, 2])
      assert.ok(
        distance(
          learned.own[l]!,
          slope(variables.weights[l]!).map((s) => s / beta),
        ) < 1e-8,
      );
  });

test('incremental: weights and potentials descend F together', async () => {
  // Of all rules in the tests, see test/support.ts
  const learningRate = 0.1;
  const { learned, variables } = await besideFiniteDifferences({
    options: { ...OPTIONS, incremental: true },
    learningRate,
  });
  for (const l of [0, 1, 2]) {
    const start = learned.values(`weights ${l + 1}`);
    const end = start.map((w, i) => w - learningRate * learned.own[l]![i]!);
    assert.ok(distance(end, variables.weights[l]!) < 1e-8, `weights ${l + 1}`);
    const biases = learned.values(`bias ${l + 1}`).map((b, i) => b - learningRate * learned.biases[l]![i]!);
    assert.ok(distance(biases, variables.biases[l]!) < 1e-8, `bias ${l + 1}`);
  }
});

test('incremental: a network without a hidden layer takes as many steps of gradient descent', async () => {
  const network = { layers: [5, 3], ...LINEAR_OUTPUT };
  const options = { incremental: true, iterations: 3 };
  const { own, values, network: net } = await learnedOf(RULE, { network, options, batch: 1 });
  const [x, t] = [values('input'), values('target')];
  const y = potentials(values, net.connections, [[...x]], Math.tanh)[0]![0]!;
  // Each step takes eta (|x|² + 1) of the error away, with 1 for the bias.
  const left = 1 - 0.1 * (x.reduce((sum, xi) => sum + xi * xi, 0) + 1);
  const sum = 1 + left + left ** 2;
  for (let i = 0; i < 5; i++)
    for (let j = 0; j < 3; j++)
      assert.ok(Math.abs(own[0]![3 * i + j]! - sum * x[i]! * (y[j]! - t[j]!)) < 1e-12);
});

test('F never rises with another small step of inference, and settles above zero', async () => {
  const energy = async (iterations: number) => {
    const options = { iterations, inferenceRate: 0.05 };
    // With one example the direction of a bias is -ε.
    const { biases } = await learnedOf(RULE, { network: LINEAR_OUTPUT, options, batch: 1 });
    return biases.reduce((sum, e) => sum + 0.5 * e!.reduce((square, x) => square + x * x, 0), 0);
  };
  const seen: number[] = [];
  for (const iterations of [1, 2, 3, 5, 8, 13, 21, 34, 55, 400, 800]) seen.push(await energy(iterations));
  for (const [i, F] of seen.slice(1, -1).entries()) assert.ok(F < seen[i]!, `${seen[i]} rises to ${F}`);
  assert.ok(Math.abs(seen.at(-1)! - seen.at(-2)!) < 1e-6 && seen.at(-1)! > 0.01);
});

test('linear: at rest ε_L (σ² + W_Lᵀ W_L) is the error of the forward pass, however small the error', async () => {
  const outputVariance = 3;
  for (const size of [1, 1e-6]) {
    const { biases, values, network } = await learnedOf(RULE, {
      network: { layers: [5, 6, 3], activation: 'linear', ...LINEAR_OUTPUT },
      options: { iterations: 3000, inferenceRate: 0.1, outputVariance },
      batch: 1,
      set: (values, { connections }) => {
        const y = potentials(values, connections, matrix(values('input'), 5), (v) => v).at(-1)![0]!;
        values('target').set(y.map((yj, j) => yj + size * (j + 1)));
      },
    });
    const W = matrix(values('weights 2'), 3);
    const square = multiply(transpose(W), W);
    const error = biases.at(-1)!.map((b) => -b / outputVariance);
    for (const j of [0, 1, 2]) {
      const seen = error.reduce(
        (sum, e, i) => sum + e * (square[i]![j]! + (i === j ? outputVariance : 0)),
        0,
      );
      assert.ok(Math.abs(seen - size * (j + 1)) < 1e-9 * size, `output ${j}: ${seen}`);
    }
    assert.is(network.connections.length, 2);
  }
});

test('the larger the variance of the outputs, the closer to backprop: the difference falls as 1 / σ²', async () => {
  const difference = async (outputVariance: number) =>
    fromGradient(await learnedOf(RULE, { options: { outputVariance, iterations: 400 } }));
  const [at100, at1000] = [await difference(100), await difference(1000)];
  assert.ok(at100 < 0.02, `${at100}`);
  assert.ok(Math.abs(at100 / at1000 - 10) < 1, `${at100} and ${at1000}`);
});

for (const loss of LOSSES)
  for (const activation of ['tanh', 'relu', 'sigmoid'] as const satisfies ActivationName[]) {
    const network = { loss, activation, outputActivation: 'tanh' } as const;
    const of = async (options: Record<string, unknown>) =>
      fromGradient(await learnedOf(RULE, { network, options }));

    test(`fixed predictions give the gradient, at rate 1 in as many steps as hidden layers: ${loss}, ${activation}`, async () => {
      const variant = 'fixed-prediction';
      assert.ok((await of({ variant, inferenceRate: 1, iterations: 2 })) < 1e-13);
      assert.ok((await of({ variant, inferenceRate: 0.2, iterations: 300 })) < 1e-13);
      assert.ok((await of({ variant, inferenceRate: 1, iterations: 1 })) > 1e-3, 'one step is too few');
      for (const nudging of ['positive', 'negative'])
        assert.ok((await of({ variant, inferenceRate: 1, iterations: 2, nudging, beta: 0.3 })) < 1e-13);
    });

    test(`zero divergence is backprop: ${loss}, ${activation}`, async () => {
      assert.ok((await of({ variant: 'zero-divergence' })) < 1e-13);
      assert.ok((await of({ variant: 'zero-divergence', outputVariance: 5 })) < 1e-13);
    });
  }

test('zero divergence is backprop for any depth, in float32 too', async () => {
  for (const layers of [
    [30, 10],
    [30, 40, 10],
    [30, 40, 20, 20, 10],
  ]) {
    const device = await openDevice({ device: 'cpu', blas: 'none' });
    const k = new Kernels(device, 1);
    const network = new LayeredNetwork(k, 1, networkSettings({ layers }));
    const rule = buildRule(findRule(RULE), network, k, { variant: 'zero-divergence' });
    const [input, target] = [normalState(k, 'input', 8, 30), oneHotState(k, 8, 10)];
    const kept = network.connections.map(({ name, weights: { rows, columns } }) =>
      ['own', 'exact'].map((which) => k.state(`${which} ${name}`, rows, columns)),
    );
    await runOnce(k, () => {
      const own = rule.learn({ input, target }).directions;
      const exact = gradient(k, network, network.forward(input), target);
      for (const [l, pair] of kept.entries())
        for (const [i, directions] of [own, exact].entries())
          k.mapInto(pair[i]!, (x) => x, weightMatrix(k, directions[l]!));
    });
    for (const pair of kept) {
      const [own, exact] = [await device.read(pair[0]!), await device.read(pair[1]!)];
      assert.ok(distance(own, exact) < 1e-6, `${distance(own, exact)}`);
    }
    await device.dispose();
  }
});

test('random-sign is positive or negative, drawn anew for each minibatch', async () => {
  const of = async (nudging: string) => {
    const { device, k } = float64();
    const network = new LayeredNetwork(k, 3, networkSettings({ layers: LAYERS }));
    const rule = buildRule(findRule(RULE), network, k, { nudging, beta: 0.5 });
    const [input, target] = [normalState(k, 'input', 6, 5), oneHotState(k, 6, 3)];
    const direction = k.state('direction', 5, 6);
    const step = await k.trace('step', () => {
      k.mapInto(direction, (x) => x, weightMatrix(k, rule.learn({ input, target }).directions[0]!));
    });
    const seen: string[] = [];
    for (let firstStep = 0; firstStep < 24; firstStep++) {
      await step.run({ steps: 1, firstStep, rows: new Uint32Array(0) });
      seen.push(String([...device.values(direction)]));
    }
    return seen;
  };
  const [positive, negative, random] = [await of('positive'), await of('negative'), await of('random-sign')];
  assert.is(new Set(positive).size, 1);
  assert.is.not(positive[0], negative[0]);
  const signs = random.map((direction) => [positive[0], negative[0]].indexOf(direction));
  assert.not.ok(signs.includes(-1), 'neither of the two');
  assert.equal([...new Set(signs)].sort(), [0, 1]);
});

test('incremental needs the variant strict and plain gradient descent at a constant rate', () => {
  const rule = findRule(RULE);
  const sgd = {
    optimizer: 'sgd',
    schedule: 'constant',
    weightDecay: 0,
    learningRate: [0.1],
    momentum: 0,
  } as const;
  const check = (options: Record<string, unknown>, optimizer = {}) =>
    rule.checkOptions!(resolveOptions(rule, { incremental: true, ...options }), {
      ...networkSettings(),
      ...sgd,
      ...optimizer,
    });
  check({});
  check({ incremental: false, variant: 'zero-divergence' }, { optimizer: 'adam' });
  assert.throws(
    () => check({ variant: 'zero-divergence' }),
    /'incremental' .* strict, not 'zero-divergence'/,
  );
  for (const other of [{ optimizer: 'adam' }, { schedule: 'linear' }, { weightDecay: 0.1 }])
    assert.throws(() => check({}, other), /'incremental' .* sgd, a constant schedule and no weight decay/);
});

test.run();
