import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomStream, type Tensor } from '../../kernels/index.ts';
import { LayeredNetwork, type NetworkSettings } from '../../networks/index.ts';
import { biasVector, findRule, resolveOptions, weightMatrix } from '../../rules/index.ts';
import {
  type HandNetwork,
  type HandState,
  handCost,
  handCurrents,
  relativeError,
  slope,
} from '../networks/settling-by-hand.ts';
import { buildRule, float64, networkSettings, runOnce } from '../support.ts';

const NAME = 'equilibrium-propagation';
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
  set?: (hand: HandNetwork) => void;
}

/** The directions that the rule finds for two examples (weights, then biases), and the same network by hand. */
async function lesson({
  options,
  network: given,
  rho = sigmoid,
  steps = 1,
  learningRate,
  targets,
  rows,
}: Settings) {
  const { device, k } = float64();
  const network = new LayeredNetwork(
    k,
    5,
    networkSettings({
      layers: [4, 5, 3, 2],
      activation: 'sigmoid',
      outputActivation: 'sigmoid',
      loss: 'squared-error',
      ...given,
    }),
  );
  // Biases that differ, so that a wrong one shows.
  for (const [l, { bias }] of network.connections.entries())
    device.values(bias!).set(new RandomStream(2, `bias ${l}`).uniform(bias!.columns, -0.5, 0.5));
  const rule = buildRule(
    findRule(NAME),
    network,
    k,
    { persistent: false, randomSign: false, ...options },
    1,
    {
      ...(learningRate && { learningRate }),
    },
  );
  const state = (name: string, values: number[][]) =>
    k.state(name, values.length, values[0]!.length, Float32Array.from(values.flat()));
  const [input, target] = [state('input', X), state('target', targets ?? TARGETS)];
  const weights = network.connections.map((c) =>
    k.state(`direction of ${c.name}`, c.weights.rows, c.weights.columns),
  );
  const biases = network.connections.map((c) => k.state(`direction of bias ${c.name}`, 1, c.to.size));
  const output = k.state('output', 2, 2);
  const predicted = k.state('predicted', 2, 2);
  await runOnce(
    k,
    () => {
      const { directions, output: rate, rowWrites = [] } = rule.learn({ input, target });
      for (const { store, values } of rowWrites) k.scatter(store, values);
      k.mapInto(output, (y) => y, rate);
      k.mapInto(predicted, (y) => y, rule.predict!(input));
      for (const [l, direction] of directions.entries()) {
        k.mapInto(weights[l]!, (w) => w, weightMatrix(k, direction));
        k.mapInto(biases[l]!, (w) => w, biasVector(k, direction));
      }
    },
    steps,
    rows,
  );
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
  const errorAt = async (estimate: string, beta: number): Promise<number> => {
    const { directions, hand } = await lesson({ options: { ...SETTLED, estimate, beta }, network: { loss } });
    const truth = gradientOf(hand, (e) =>
      handCost(hand, relax(hand, X[e]!, restOf(hand, layers), 200), TARGETS[e]!),
    );
    return relativeError(directions, truth);
  };

  test(`the one-sided estimate nears the gradient of the settled cost in proportion to beta, ${loss}`, async () => {
    const [whole, half, small] = [
      await errorAt('one-sided', 0.05),
      await errorAt('one-sided', 0.025),
      await errorAt('one-sided', 0.001),
    ];
    assert.ok(Math.abs(whole / half - 2) < 0.1, `${whole} / ${half}`);
    assert.ok(small < 5e-3, String(small));
  });

  test(`the symmetric estimate nears it in proportion to the square of beta, ${loss}`, async () => {
    const [whole, half, small] = [
      await errorAt('symmetric', 0.2),
      await errorAt('symmetric', 0.1),
      await errorAt('symmetric', 0.001),
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
      const { directions, hand } = await lesson({
        options: {
          dynamics,
          freeIterations: 400,
          nudgedIterations: steps,
          beta: 1e-4,
          estimate: 'symmetric',
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
  const { output } = await lesson({ options });
  const { directions } = await lesson({ options, targets: output.map((row) => row.map(Math.fround)) });
  for (const direction of directions) for (const d of direction) assert.ok(Math.abs(d) < 1e-7, String(d));
});

test('the output is that of the free phase, and predictions settle the same way', async () => {
  const { output, predicted, hand } = await lesson({ options: { freeIterations: 9 } });
  const expected = X.map((x) => relax(hand, x, restOf(hand, 3), 9).at(-1)!.map(sigmoid));
  assert.ok(relativeError(output, expected) < 1e-6);
  assert.equal(predicted, output);
});

test('the sign of beta differs between minibatches, and the update counts it', async () => {
  const options = { nudgedIterations: 4, beta: 0.3 };
  const plus = (await lesson({ options })).directions;
  const both = (await lesson({ options: { ...options, estimate: 'symmetric' } })).directions;
  const seen = new Set<string>();
  for (let steps = 1; steps <= 8; steps++) {
    const { directions } = await lesson({ options: { ...options, randomSign: true }, steps });
    // The symmetric estimate is the mean of the two one-sided ones.
    const minus = both.map((b, l) => b.map((value, i) => 2 * value - plus[l]![i]!));
    const [isPlus, isMinus] = [plus, minus].map((wanted) => relativeError(directions, wanted) < 1e-9);
    assert.is.not(isPlus, isMinus, `step ${steps}`);
    seen.add(isPlus ? 'plus' : 'minus');
    const again = await lesson({ options: { ...options, randomSign: true }, steps });
    assert.equal(again.directions, directions);
  }
  assert.is(seen.size, 2);
});

test('a free phase goes on from where that of the same example ended', async () => {
  // Once 6 iterations, against twice 3 with the examples in another place of the memory.
  const whole = await lesson({ options: { freeIterations: 6 } });
  const halves = await lesson({
    options: { freeIterations: 3, persistent: true },
    steps: 2,
    rows: Uint32Array.of(17, 4, 17, 4),
  });
  assert.ok(relativeError(halves.directions, whole.directions) < 1e-5);
  const fresh = await lesson({
    options: { freeIterations: 3, persistent: true },
    steps: 2,
    rows: Uint32Array.of(17, 4, 4, 17),
  });
  assert.ok(relativeError(fresh.directions, whole.directions) > 1e-3);
});

test('continual: without a rate it is the ordinary update, and the weights follow in proportion to it', async () => {
  const options = { beta: 0.3, nudgedIterations: 5 };
  const ordinary = await lesson({ options });
  const gap = async (rate: number) => {
    const { directions } = await lesson({ options: { ...options, continual: true }, learningRate: [rate] });
    return relativeError(directions, ordinary.directions);
  };
  assert.ok((await gap(1e-9)) < 1e-8);
  const [whole, half] = [await gap(2e-3), await gap(1e-3)];
  assert.ok(whole > 1e-6 && Math.abs(whole / half - 2) < 0.05, `${whole} / ${half}`);
});

test('continual: the weights of the third step are those that the first two left', async () => {
  const rate = 0.4;
  const beta = 0.3;
  const { directions, hand } = await lesson({
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

test('the recipe is that of the authors\u2019 code, by depth', () => {
  const { recipe } = findRule(NAME);
  const of = (...layers: number[]) => {
    const { learningRate, options } = recipe!(layers);
    return [learningRate, options];
  };
  assert.equal(of(784, 500, 10), [[0.1, 0.05], { beta: 0.5, freeIterations: 20, nudgedIterations: 4 }]);
  assert.equal(of(784, 500, 500, 10), [
    [0.4, 0.1, 0.01],
    { beta: 1, freeIterations: 150, nudgedIterations: 6 },
  ]);
  assert.equal(of(784, 500, 500, 500, 10), [
    [0.128, 0.032, 0.008, 0.002],
    { beta: 1, freeIterations: 500, nudgedIterations: 8 },
  ]);
  const defaults = resolveOptions(findRule(NAME), {});
  for (const [name, value] of Object.entries(recipe!([784, 500, 10]).options!))
    assert.is(defaults[name], value);
});

test('values that make no phases are refused by name', async () => {
  const refused = async (options: Record<string, unknown>, message: RegExp) => {
    try {
      await lesson({ options });
    } catch (error) {
      return assert.match((error as Error).message, message);
    }
    assert.unreachable(String(message));
  };
  await refused({ beta: 0 }, /'beta' .* must be above 0/);
  await refused({ freeIterations: 2.5 }, /'freeIterations' .* whole number above 0, not 2.5/);
  await refused({ epsilon: 1.5 }, /'epsilon' .* at most 1, not 1.5/);
  await refused({ continual: true, estimate: 'symmetric' }, /'continual' .* one-sided/);
});

test.run();
