import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomStream, type Tensor } from '../../kernels/index.ts';
import type { NetworkSettings } from '../../networks/index.ts';
import { equilibriumPropagation } from '../../rules/equilibrium-propagation.ts';
import {
  biasVector,
  type Direction,
  type OptimizerOptions,
  resolveOptions,
  weightMatrix,
} from '../../rules/index.ts';
import {
  type HandNetwork,
  type HandState,
  handCost,
  handCurrents,
  relativeError,
  slope,
} from '../networks/settling-by-hand.ts';
import { buildNetwork, buildRule, float64, networkSettings, runOnce } from '../support.ts';

const RULE = equilibriumPropagation;
const X = [
  [0.3, 0.9, 0.1, 0.6],
  [0.8, 0.2, 0.7, 0],
];
const TARGETS = [
  [0, 1],
  [1, 0],
];
const sigmoid = (s: number) => 1 / (1 + Math.exp(-s));
const linear = (s: number) => s;

interface Settings {
  options: Record<string, unknown>;
  network?: Partial<NetworkSettings>;
  rho?: (s: number) => number;
  steps?: number;
  learningRate?: number[];
  /** In place of the one-hot targets. */
  targets?: number[][];
  rows?: Uint32Array<ArrayBuffer>;
  /** Directions and output are those that a diagnostic sees, in a step after `steps`. */
  observed?: boolean;
}

/** The directions that the rule finds for two examples (weights, then biases), and the same network by hand. */
async function learned({
  options,
  network: given,
  rho = sigmoid,
  steps = 1,
  learningRate,
  targets,
  rows,
  observed = false,
}: Settings) {
  const { device, k } = float64();
  const chosen = { persistent: false, variant: 'positive', ...options };
  const network = buildNetwork(
    RULE,
    k,
    networkSettings({
      layers: [4, 5, 3, 2],
      activation: 'sigmoid',
      outputActivation: 'sigmoid',
      loss: 'squared-error',
      ...given,
    }),
    chosen,
    5,
  );
  // Biases that differ, so that a wrong one shows.
  for (const [l, { bias }] of network.connections.entries())
    device.values(bias!).set(new RandomStream(2, `bias ${l}`).uniform(bias!.columns, -0.5, 0.5));
  const rule = buildRule(RULE, network, k, chosen, 1, learningRate && { learningRate });
  const state = (name: string, values: number[][]) =>
    k.state(name, values.length, values[0]!.length, Float32Array.from(values.flat()));
  const [input, target] = [state('input', X), state('target', targets ?? TARGETS)];
  const weights = network.connections.map((c) =>
    k.state(`direction of ${c.name}`, c.weights.rows, c.weights.columns),
  );
  const biases = network.connections.map((c) => k.state(`direction of bias ${c.name}`, 1, c.to.size));
  const output = k.state('output', 2, 2);
  const predicted = k.state('predicted', 2, 2);
  const record = (directions: readonly Direction[], rate: Tensor): void => {
    k.mapInto(output, (y) => y, rate);
    for (const [l, direction] of directions.entries()) {
      k.mapInto(weights[l]!, (w) => w, weightMatrix(k, direction));
      k.mapInto(biases[l]!, (w) => w, biasVector(k, direction));
    }
  };
  const body = () => {
    const { directions, output: rate, rowWrites = [] } = rule.learn({ input, target });
    for (const { store, values } of rowWrites) k.scatter(store, values);
    k.mapInto(predicted, (y) => y, rule.respond!(input).at(-1)!);
    record(directions, rate);
  };
  await runOnce(k, body, steps, rows);
  if (observed) {
    const observe = () => {
      const { directions, firingRates } = rule.observe!({ input, target });
      record(directions, firingRates!.at(-1)!);
    };
    const executable = await k.trace('observation', observe);
    await executable.run({ steps: 1, firstStep: steps, rows: rows?.subarray(-2) ?? new Uint32Array(0) });
  }
  const values = (t: Tensor) => device.values(t);
  const rowsOf = (t: Tensor) =>
    Array.from({ length: t.rows }, (_, i) =>
      Array.from(values(t).subarray(i * t.columns, (i + 1) * t.columns)),
    );
  const hand: HandNetwork = {
    weights: network.connections.map((c) => rowsOf(c.weights)),
    biases: network.connections.map((c) => rowsOf(c.bias!)[0]!),
    rho,
  };
  return {
    directions: [...weights, ...biases].map(values),
    hand,
    output: rowsOf(output),
    predicted: rowsOf(predicted),
  };
}

/** A step of size 1/2 of the energy-based dynamics of sigmoid units, written out. */
function relax(net: HandNetwork, x: readonly number[], start: HandState, iterations: number): HandState {
  let s = start;
  for (let i = 0; i < iterations; i++) {
    const rates = s.map((layer) => layer.map(net.rho));
    const currents = handCurrents(net, x, rates);
    s = s.map((layer, l) =>
      layer.map((value, j) => {
        const r = rates[l]![j]!;
        const derivative = net.rho === linear ? 1 : r * (1 - r);
        return value + 0.5 * (derivative * currents[l]![j]! - value);
      }),
    );
  }
  return s;
}

const restOf = (net: HandNetwork, layers: number): HandState =>
  net.biases.slice(0, layers).map((b) => b.map(() => 0));

/** Gradient of a mean over the examples by every weight and bias, by central differences. */
function gradientOf(net: HandNetwork, costOf: (example: number) => number): Float64Array[] {
  const mean = () => X.reduce((sum, _, e) => sum + costOf(e) / X.length, 0);
  const by = (numbers: number[]) => numbers.map((_, i) => slope(numbers, i, mean));
  return [
    ...net.weights.map((rows) => Float64Array.from(rows.flatMap(by))),
    ...net.biases.map((b) => Float64Array.from(by(b))),
  ];
}

const SETTLED = { freeIterations: 200, nudgedIterations: 200 };

for (const loss of ['squared-error', 'cross-entropy'] as const) {
  const layers = loss === 'cross-entropy' ? 2 : 3;
  const errorAt = async (variant: string, beta: number): Promise<number> => {
    const { directions, hand } = await learned({ options: { ...SETTLED, variant, beta }, network: { loss } });
    const truth = gradientOf(hand, (e) =>
      handCost(hand, relax(hand, X[e]!, restOf(hand, layers), 200), TARGETS[e]!),
    );
    return relativeError(directions, truth);
  };

  test(`the one-sided estimate nears the gradient of the settled cost in proportion to beta, ${loss}`, async () => {
    const [whole, half, small] = [
      await errorAt('positive', 0.05),
      await errorAt('positive', 0.025),
      await errorAt('positive', 0.001),
    ];
    assert.ok(Math.abs(whole / half - 2) < 0.1, `${whole} / ${half}`);
    assert.ok(small < 5e-3, String(small));
  });

  test(`the centred estimate nears it in proportion to the square of beta, ${loss}`, async () => {
    const [whole, half, small] = [
      await errorAt('centred', 0.2),
      await errorAt('centred', 0.1),
      await errorAt('centred', 0.001),
    ];
    assert.ok(Math.abs(whole / half - 4) < 0.2, `${whole} / ${half}`);
    assert.ok(small < 1e-5, String(small));
  });
}

for (const dynamics of ['energy-based', 'prototypical'] as const)
  test(`after each nudged step the update is that of truncated backpropagation through time, ${dynamics}`, async () => {
    // The prototypical dynamics derive from a primitive function where rho is linear (Ernoult et al. 2019).
    const isLinear = dynamics === 'prototypical';
    const rho = isLinear ? linear : sigmoid;
    const network: Partial<NetworkSettings> = isLinear
      ? { activation: 'linear', outputActivation: 'linear', layers: [4, 3, 3, 2], initial: 'lecun-uniform' }
      : {};
    for (let steps = 1; steps <= 6; steps++) {
      const { directions, hand } = await learned({
        options: {
          dynamics,
          freeIterations: 400,
          nudgedIterations: steps,
          beta: 1e-4,
          variant: 'centred',
        },
        network,
        rho,
      });
      const settled = X.map((x) => relax(hand, x, restOf(hand, 3), 400));
      // Weights change in the last `steps` steps only: a gradient through time, cut off after them.
      const truth = gradientOf(hand, (e) =>
        handCost(hand, relax(hand, X[e]!, settled[e]!, steps), TARGETS[e]!),
      );
      const error = relativeError(directions, truth);
      assert.ok(error < 1e-5, `after ${steps} step(s): ${error}`);
      // Nothing has reached what is further from the output than there were steps.
      for (const l of [0, 1].filter((l) => l < 3 - steps)) assert.ok(directions[l]!.every((d) => d === 0));
    }
  });

test('a target that equals the free output teaches nothing', async () => {
  const options = { ...SETTLED, beta: 0.5 };
  const { output } = await learned({ options });
  const { directions } = await learned({ options, targets: output.map((row) => row.map(Math.fround)) });
  for (const direction of directions) for (const d of direction) assert.ok(Math.abs(d) < 1e-7, String(d));
});

test('the output is that of the free phase, and predictions settle the same way', async () => {
  const { output, predicted, hand } = await learned({ options: { freeIterations: 9 } });
  const expected = X.map((x) => relax(hand, x, restOf(hand, 3), 9).at(-1)!.map(sigmoid));
  assert.ok(relativeError(output, expected) < 1e-6);
  assert.equal(predicted, output);
});

test('the sign of beta differs between minibatches, and the update counts it', async () => {
  const options = { nudgedIterations: 4, beta: 0.3 };
  const plus = (await learned({ options })).directions;
  const both = (await learned({ options: { ...options, variant: 'centred' } })).directions;
  // The centred estimate is the mean of the two one-sided ones.
  const minus = both.map((b, l) => b.map((value, i) => 2 * value - plus[l]![i]!));
  const negative = (await learned({ options: { ...options, variant: 'negative' } })).directions;
  assert.ok(relativeError(negative, minus) < 1e-9);
  const seen = new Set<string>();
  for (let steps = 1; steps <= 8; steps++) {
    const { directions } = await learned({ options: { ...options, variant: 'random-sign' }, steps });
    const [isPlus, isMinus] = [plus, minus].map((wanted) => relativeError(directions, wanted) < 1e-9);
    assert.is.not(isPlus, isMinus, `step ${steps}`);
    seen.add(isPlus ? 'plus' : 'minus');
    const again = await learned({ options: { ...options, variant: 'random-sign' }, steps });
    assert.equal(again.directions, directions);
  }
  assert.is(seen.size, 2);
});

test('a free phase goes on from where that of the same example ended', async () => {
  // Once 6 iterations, against twice 3 with the examples in another place of the memory.
  const whole = await learned({ options: { freeIterations: 6 } });
  const halves = await learned({
    options: { freeIterations: 3, persistent: true },
    steps: 2,
    rows: Uint32Array.of(17, 4, 17, 4),
  });
  assert.ok(relativeError(halves.directions, whole.directions) < 1e-5);
  const fresh = await learned({
    options: { freeIterations: 3, persistent: true },
    steps: 2,
    rows: Uint32Array.of(17, 4, 4, 17),
  });
  assert.ok(relativeError(fresh.directions, whole.directions) > 1e-3);
});

test('continual: without a rate it is the ordinary update, and the weights follow in proportion to it', async () => {
  const options = { beta: 0.3, nudgedIterations: 5 };
  const ordinary = await learned({ options });
  const gap = async (rate: number) => {
    const { directions } = await learned({ options: { ...options, continual: true }, learningRate: [rate] });
    return relativeError(directions, ordinary.directions);
  };
  assert.ok((await gap(1e-9)) < 1e-8);
  const [whole, half] = [await gap(2e-3), await gap(1e-3)];
  assert.ok(whole > 1e-6 && Math.abs(whole / half - 2) < 0.05, `${whole} / ${half}`);
});

test('continual: the weights of the third step are those that the first two left', async () => {
  const rate = 0.4;
  const beta = 0.3;
  const { directions, hand } = await learned({
    options: { beta, freeIterations: 8, nudgedIterations: 3, continual: true },
    learningRate: [rate],
  });
  let states = X.map((x) => relax(hand, x, restOf(hand, 3), 8));
  const products = (): number[][] => {
    const rates = states.map((s, e) => [X[e]!, ...s.map((layer) => layer.map(sigmoid))]);
    const mean = (f: (r: number[][]) => number) => rates.reduce((sum, r) => sum + f(r) / X.length, 0);
    const weights = hand.weights.map((rows, l) =>
      rows.flatMap((row, i) => row.map((_, j) => mean((r) => r[l]![i]! * r[l + 1]![j]!))),
    );
    const biases = hand.biases.map((b, l) => b.map((_, j) => mean((r) => r[l + 1]![j]!)));
    return [...weights, ...biases];
  };
  const first = products();
  for (let i = 0; i < 3; i++) {
    const before = products();
    states = states.map((s, e) => {
      const next = relax(hand, X[e]!, s, 1);
      const rates = s[2]!.map(sigmoid);
      const pull = rates.map((r, j) => 0.5 * r * (1 - r) * 2 * beta * (TARGETS[e]![j]! - r));
      return [next[0]!, next[1]!, next[2]!.map((value, j) => value + pull[j]!)];
    });
    for (const [at, change] of products().entries()) {
      const move = change.map((value, n) => (rate / beta) * (value - before[at]![n]!));
      if (at >= 3) for (const [j, d] of move.entries()) hand.biases[at - 3]![j]! += d;
      else {
        const rows = hand.weights[at]!;
        for (const [n, d] of move.entries())
          rows[Math.floor(n / rows[0]!.length)]![n % rows[0]!.length]! += d;
      }
    }
  }
  const expected = products().map((after, at) => after.map((value, n) => -(value - first[at]![n]!) / beta));
  assert.ok(relativeError(directions, expected) < 1e-6);
});

test('a diagnostic sees what the next minibatch would learn, from the stored states', async () => {
  const settings = { options: { freeIterations: 3, persistent: true, variant: 'random-sign' } };
  const next = await learned({ ...settings, steps: 3, rows: Uint32Array.of(17, 4, 17, 4, 17, 4) });
  const seen = await learned({ ...settings, steps: 2, rows: Uint32Array.of(17, 4, 17, 4), observed: true });
  assert.equal(seen.directions, next.directions);
  assert.equal(seen.output, next.output);
});

for (const loss of ['squared-error', 'cross-entropy'] as const)
  test(`a diagnostic sees the gradient of the settled cost, and every population, ${loss}`, async () => {
    const { device, k } = float64();
    const options = { freeIterations: 100, persistent: false };
    const settings = networkSettings({
      layers: [4, 5, 3, 2],
      activation: 'sigmoid',
      outputActivation: 'sigmoid',
      loss,
    });
    const network = buildNetwork(RULE, k, settings, options, 5);
    const rule = buildRule(RULE, network, k, options);
    const state = (name: string, values: number[][]) =>
      k.state(name, values.length, values[0]!.length, Float32Array.from(values.flat()));
    const [input, target] = [state('input', X), state('target', TARGETS)];
    const kept = network.connections.map((c) => k.state(`own ${c.name}`, c.weights.rows, c.weights.columns));
    const rates = ['observed', 'answered'].map((what) =>
      [5, 3, 2].map((size) => k.state(`${what} rates of ${size}`, 2, size)),
    );
    await runOnce(k, () => {
      const { gradient, firingRates } = rule.observe!({ input, target });
      for (const [l, direction] of gradient!.entries())
        k.mapInto(kept[l]!, (w) => w, weightMatrix(k, direction));
      for (const [i, found] of [firingRates!, rule.respond!(input)].entries())
        for (const [l, rate] of found.entries()) k.mapInto(rates[i]![l]!, (r) => r, rate);
    });
    const rowsOf = (t: Tensor) =>
      Array.from({ length: t.rows }, (_, i) =>
        Array.from(device.values(t).subarray(i * t.columns, (i + 1) * t.columns)),
      );
    const hand: HandNetwork = {
      weights: network.connections.map((c) => rowsOf(c.weights)),
      biases: network.connections.map((c) => rowsOf(c.bias!)[0]!),
      rho: sigmoid,
    };
    const layers = network.settlingConnections.length;
    const settle = (e: number) => relax(hand, X[e]!, restOf(hand, layers), 100);
    const truth = gradientOf(hand, (e) => handCost(hand, settle(e), TARGETS[e]!)).slice(0, 3);
    assert.ok(
      relativeError(
        kept.map((t) => device.values(t)),
        truth,
      ) < 1e-3,
    );
    const settled = X.map((_, e) => settle(e).map((layer) => layer.map(sigmoid)));
    for (const found of rates) {
      for (let l = 0; l < layers; l++)
        assert.ok(
          relativeError(
            rowsOf(found[l]!),
            settled.map((s) => s[l]!),
          ) < 1e-6,
        );
      if (loss === 'cross-entropy')
        for (const row of rowsOf(found[2]!)) assert.ok(Math.abs(row[0]! + row[1]! - 1) < 1e-12);
    }
  });

const recipe = (name: string, ...layers: number[]) => {
  const { learningRate, options } = RULE.recipes!.find((one) => one.name === name)!.settings(layers);
  return [learningRate, options];
};

test('the default recipe is that of the authors\u2019 code, by depth', () => {
  assert.is(RULE.recipes![0]!.name, 'scellier-2017');
  const of = (...layers: number[]) => recipe('scellier-2017', ...layers);
  assert.equal(of(784, 500, 10), [[0.1, 0.05], { beta: 0.5, freeIterations: 20, nudgedIterations: 4 }]);
  assert.equal(of(784, 500, 500, 10), [
    [0.4, 0.1, 0.01],
    { beta: 1, freeIterations: 150, nudgedIterations: 6 },
  ]);
  assert.equal(of(784, 500, 500, 500, 10), [
    [0.128, 0.032, 0.008, 0.002],
    { beta: 1, freeIterations: 500, nudgedIterations: 8 },
  ]);
  const defaults = resolveOptions(RULE, {});
  for (const [name, value] of Object.entries(RULE.recipes![0]!.settings([784, 500, 10]).options!))
    assert.is(defaults[name], value);
});

test('later recipes halve beta and learning rates, for the cost without the factor 1/2', () => {
  const oneShot = { dynamics: 'prototypical', epsilon: 1, persistent: false };
  assert.equal(recipe('ernoult-2019', 784, 512, 10), [
    [0.04, 0.02],
    { ...oneShot, beta: 0.05, freeIterations: 40, nudgedIterations: 15, variant: 'positive' },
  ]);
  assert.equal(recipe('ernoult-2019', 784, 512, 512, 10), [
    [0.1, 0.025, 0.0025],
    { ...oneShot, beta: 0.25, freeIterations: 100, nudgedIterations: 20, variant: 'positive' },
  ]);
  assert.equal(recipe('ernoult-2020', 784, 512, 10), [
    [0.0028, 0.0014],
    { ...oneShot, beta: 0.1, freeIterations: 40, nudgedIterations: 15, variant: 'positive', continual: true },
  ]);
  assert.equal(recipe('laborieux-2021', 784, 512, 10), [
    [0.04, 0.02],
    { ...oneShot, beta: 0.05, freeIterations: 30, nudgedIterations: 10, variant: 'centred' },
  ]);
  assert.throws(
    () => recipe('laborieux-2021', 784, 512, 512, 10),
    /'laborieux-2021' was published for networks of 1 hidden layer/,
  );
});

test('what recipes choose is what the rule accepts', () => {
  for (const { name, settings } of RULE.recipes!) {
    const { options, ...rest } = settings([784, 512, 10]);
    const training = { ...networkSettings({ layers: [784, 512, 10] }), ...OPTIMIZER, ...rest };
    RULE.checkOptions!(resolveOptions(RULE, options!) as Values, training);
    assert.is(training.learningRate.length, 2, name);
  }
});

type Values = Parameters<NonNullable<typeof RULE.checkOptions>>[0];
const OPTIMIZER = {
  optimizer: 'sgd',
  learningRate: [0.1],
  momentum: 0.9,
  weightDecay: 0,
  schedule: 'constant',
} as const;

test('values that make no phases are refused by name', () => {
  const refused = (options: Record<string, unknown>, message: RegExp) =>
    assert.throws(() => resolveOptions(RULE, options), message);
  refused({ beta: 0 }, /'beta' .* must be a number above 0, not '0'/);
  refused({ freeIterations: 2.5 }, /'freeIterations' .* must be a whole number, 1 or more, not '2.5'/);
  refused({ nudgedIterations: 0 }, /'nudgedIterations' .* must be a whole number, 1 or more, not '0'/);
  refused({ epsilon: 1.5 }, /'epsilon' .* must be a number above 0 and at most 1, not '1.5'/);
  refused({ epsilon: 0 }, /'epsilon' .* must be a number above 0 and at most 1, not '0'/);
  refused({ variant: 'symmetric' }, /'variant' .* one of positive, negative, centred, random-sign/);
});

test('continual updates are refused where other settings do not go with them', () => {
  const check = (options: Record<string, unknown>, optimizer: Partial<OptimizerOptions> = {}) =>
    RULE.checkOptions!(resolveOptions(RULE, { continual: true, ...options }) as Values, {
      ...networkSettings(),
      ...OPTIMIZER,
      ...optimizer,
    });
  for (const variant of ['positive', 'negative', 'random-sign']) check({ variant });
  assert.throws(() => check({ variant: 'centred' }), /'continual' .* not 'centred'/);
  for (const other of [{ optimizer: 'adam' }, { schedule: 'linear' }, { weightDecay: 1e-4 }] as const) {
    assert.throws(() => check({}, other), /'continual' .* sgd, a constant schedule and no weight decay/);
    check({ continual: false }, other);
  }
});

test.run();
