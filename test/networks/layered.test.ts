import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomStream, type Tensor, UserError } from '../../kernels/index.ts';
import { INITIAL_WEIGHTS, type InitialWeights, LayeredNetwork } from '../../networks/index.ts';
import { float64, networkSettings, runOnce } from '../support.ts';

const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const FUNCTIONS = {
  linear: (x: number) => x,
  relu: (x: number) => Math.max(x, 0),
  'leaky-relu': (x: number) => (x > 0 ? x : 0.1 * x),
  tanh: Math.tanh,
  sigmoid: logistic,
  'hard-sigmoid': (x: number) => Math.min(1, Math.max(0, x)),
};

for (const [activation, f] of Object.entries(FUNCTIONS))
  test(`the forward pass of a 2-3-2 network, written out: ${activation}`, async () => {
    const { device, k } = float64();
    const network = new LayeredNetwork(
      k,
      1,
      networkSettings({ layers: [2, 3, 2], activation: activation as never }),
    );
    const [first, second] = network.connections;
    const values = (t: Tensor | null) => [...device.values(t!)];
    device.values(first!.bias!).set([0.1, -0.2, 0.3]);
    const input = k.state('input', 1, 2, Float32Array.of(0.5, -2));
    const output = k.state('output', 1, 2);
    await runOnce(k, () => k.mapInto(output, (y) => y, network.forward(input).at(-1)!.rate));
    const [w, b, u] = [values(first!.weights), values(first!.bias), values(second!.weights)];
    const hidden = [0, 1, 2].map((j) => f(0.5 * w[j]! - 2 * w[3 + j]! + b[j]!));
    const powers = [0, 1].map((j) => Math.exp(hidden.reduce((sum, h, i) => sum + h * u[2 * i + j]!, 0)));
    const total = powers[0]! + powers[1]!;
    for (const [j, y] of values(output).entries()) assert.ok(Math.abs(y - powers[j]! / total) < 1e-12);
  });

test('weights depend on the seed and the layer alone', async () => {
  const weights = async (seed: number, layers: number[]) => {
    const { device, k } = float64();
    const network = new LayeredNetwork(k, seed, networkSettings({ layers }));
    await runOnce(k, () => {});
    return network.connections.map(({ weights: w }) => [...device.values(w)]);
  };
  const [first, again, other] = [
    await weights(1, [5, 4, 3]),
    await weights(1, [5, 4, 3]),
    await weights(2, [5, 4, 3]),
  ];
  assert.equal(first, again);
  assert.not.equal(first, other);
  assert.equal(first[0], (await weights(1, [5, 4, 4]))[0]);
  assert.not.equal((await weights(1, [4, 4, 4]))[0], (await weights(1, [4, 4, 4]))[1]);
});

/** Variance of the entries, from the papers; a uniform distribution on +-a has the variance a² / 3. */
const VARIANCE: Partial<Record<InitialWeights, (n: number, m: number) => number>> = {
  'glorot-uniform': (n, m) => 2 / (n + m),
  'glorot-normal': (n, m) => 2 / (n + m),
  'he-uniform': (n) => 2 / n,
  'he-normal': (n) => 2 / n,
  'lecun-uniform': (n) => 1 / n,
  'lecun-normal': (n) => 1 / n,
  'torch-linear': (n) => 1 / (3 * n),
  zero: () => 0,
};
for (const [name, expected] of Object.entries(VARIANCE))
  test(`initial weights ${name} have the mean 0 and the variance of the paper`, () => {
    const [n, m] = [200, 300];
    const values = INITIAL_WEIGHTS[name as InitialWeights](new RandomStream(1, name), n, m);
    const mean = values.reduce((sum, w) => sum + w, 0) / values.length;
    const variance = values.reduce((sum, w) => sum + w * w, 0) / values.length;
    const wanted = expected(n, m);
    // 60,000 draws: the mean is within 4 standard errors, the variance within 4 * sqrt(2 / 60,000) = 2.3 %.
    assert.ok(Math.abs(mean) <= 4 * Math.sqrt(wanted / values.length));
    assert.ok(Math.abs(variance - wanted) <= 0.023 * wanted);
  });

/** Mean and deviation of the formula in the code of Guerguiev et al. 2017, for the sizes of their layers. */
for (const [n, mean, deviation] of [
  [784, 0.018707, 0.504903],
  [500, 0.029333, 0.632115],
  [100, 0.146667, 1.410406],
] as const)
  for (const [name, width] of [
    ['segregated-dendrite-narrow', 1],
    ['segregated-dendrite', 2],
  ] as const)
    test(`initial weights ${name} of ${n} inputs have the moments of the authors' formula`, () => {
      const values = INITIAL_WEIGHTS[name](new RandomStream(1, name), n, 400);
      const average = values.reduce((sum, w) => sum + w, 0) / values.length;
      const spread = Math.sqrt(values.reduce((sum, w) => sum + (w - average) ** 2, 0) / values.length);
      assert.ok(Math.abs(average - mean) < (5 * width * deviation) / Math.sqrt(values.length));
      assert.ok(Math.abs(spread / (width * deviation) - 1) < 0.015, `${spread}`);
    });

test('biases of the dendritic initial weights start near 0.8, all others at zero', async () => {
  for (const [initial, value] of [
    ['segregated-dendrite', 0.8],
    ['glorot-uniform', 0],
  ] as const) {
    const { device, k } = float64();
    const network = new LayeredNetwork(k, 1, networkSettings({ initial }));
    await runOnce(k, () => {});
    for (const { bias } of network.connections)
      assert.ok(device.values(bias!).every((b) => Math.abs(b - value) < 0.0035));
  }
});

test('the cross-entropy stays finite when the softmax underflows, and shows a NaN', async () => {
  const { device, k } = float64();
  const network = new LayeredNetwork(k, 1, networkSettings());
  const rate = k.state('rate', 2, 3, Float32Array.of(0, 1, 0, Number.NaN, 0, 0));
  const target = k.state('target', 2, 3, Float32Array.of(1, 0, 0, 1, 0, 0));
  const loss = k.state('loss', 2, 1);
  await runOnce(k, () => k.sum(network.readout.loss(k, rate, target), { over: 'columns', into: loss }));
  const [sure, broken] = device.values(loss);
  assert.ok(Math.abs(sure! - 87.34) < 0.01);
  assert.ok(Number.isNaN(broken));
});

test('the binary cross-entropy is that of each output, finite where the sigmoid is 0 or 1, and shows a NaN', async () => {
  const { device, k } = float64();
  const network = new LayeredNetwork(k, 1, networkSettings({ loss: 'binary-cross-entropy' }));
  assert.is(network.populations.at(-1)!.activation, 'sigmoid');
  const rate = k.state('rate', 3, 3, Float32Array.of(0.25, 0.5, 0.75, 0, 1, 0, Number.NaN, 0, 0));
  const target = k.state('target', 3, 3, Float32Array.of(1, 0, 0, 1, 0, 0, 1, 0, 0));
  const loss = k.state('loss', 3, 1);
  await runOnce(k, () => k.sum(network.readout.loss(k, rate, target), { over: 'columns', into: loss }));
  const [by, sure, broken] = device.values(loss);
  assert.ok(Math.abs(by! - (Math.log(4) + Math.log(2) + Math.log(4))) < 1e-7);
  assert.ok(Math.abs(sure! - 2 * 87.34) < 0.02);
  assert.ok(Number.isNaN(broken));
});

test('sizes that make no network are refused', () => {
  const build = (layers: number[]) => () => new LayeredNetwork(float64().k, 1, networkSettings({ layers }));
  const refused = (layers: number[], pattern: RegExp) =>
    assert.throws(build(layers), (error: Error) => error instanceof UserError && pattern.test(error.message));
  refused([5], /need at least an input and an output/);
  refused([5, 0, 3], /0 is not a whole number above 0/);
  refused([5, 2.5, 3], /2.5 is not/);
});

test('a layer knows its compartments', () => {
  const { k } = float64();
  const network = new LayeredNetwork(k, 1, networkSettings());
  assert.equal(
    network.populations.map(({ compartments }) => compartments),
    [[], ['soma'], ['soma']],
  );
  assert.equal(
    network.connections.map(({ name }) => name),
    ['input to hidden 1', 'hidden 1 to output'],
  );
});

test.run();
