import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { float64, runOnce } from '../support.ts';
import { distance, type Matrix, matrix, potentials, softmax } from './by-hand.ts';
import { expectOwnNoise, expectUnbiased } from './estimates.ts';
import { learnedOf } from './learned.ts';

const RULE = 'weight-perturbation';
const [INPUTS, CLASSES] = [5, 3];
const SIGMA = 0.001;

test('two passes, computed by hand', async () => {
  const { network, values, own, biases } = await learnedOf(RULE, { options: { sigma: SIGMA } });
  const { device, k } = float64();
  const kept = network.connections.map(({ name, from, to }) => ({
    weights: k.state(`noise in ${name}`, from.size, to.size),
    bias: k.state(`noise in the biases of ${to.name}`, 1, to.size),
  }));
  await runOnce(k, () => {
    for (const t of kept.flatMap(({ weights, bias }) => [weights, bias]))
      k.mapInto(t, (x) => x, k.normal(t.name, t.rows, t.columns, 0, SIGMA));
  });
  const [x, t] = [matrix(values('input'), INPUTS), matrix(values('target'), CLASSES)];
  const lossWith = (state: (name: string) => ArrayLike<number>) => {
    const output = softmax(potentials(state, network.connections, x, Math.tanh).at(-1)!);
    return output.reduce((sum, row, i) => sum - Math.log(row[t[i]!.indexOf(1)]!), 0) / x.length;
  };
  const noiseOf = (name: string) => {
    const { weights, bias } = kept[Number(name.slice(-1)) - 1]!;
    return device.values(name.startsWith('weights') ? weights : bias);
  };
  const change =
    lossWith((name) => values(name).map((w, i) => w + noiseOf(name)[i]!)) - lossWith((name) => values(name));
  const expected = (xi: Float64Array, columns: number): Matrix =>
    matrix(xi, columns).map((row) => row.map((x) => (change * x) / SIGMA ** 2));
  for (const [l, { weights, bias }] of kept.entries()) {
    assert.ok(distance(own[l]!, expected(device.values(weights), weights.columns)) < 1e-11);
    assert.ok(distance(biases[l]!, expected(device.values(bias), bias.columns)) < 1e-11);
  }
});

test('the mean over many draws is the gradient, within its standard errors', () =>
  expectUnbiased(RULE, SIGMA));

test('noise differs from step to step and from seed to seed, and one seed gives the same bits', () =>
  expectOwnNoise(RULE, SIGMA));

test.run();
