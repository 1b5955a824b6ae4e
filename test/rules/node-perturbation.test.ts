import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { angleBetween } from '../support.ts';
import {
  combine,
  distance,
  type Matrix,
  matrix,
  meanProduct,
  multiply,
  potentials,
  softmax,
} from './by-hand.ts';
import { expectOwnNoise, expectUnbiased, noiseOf } from './estimates.ts';
import { learnedOf } from './learned.ts';

const RULE = 'node-perturbation';
const [BATCH, INPUTS, CLASSES] = [6, 5, 3];
const SIGMA = 0.01;

const tanh = (v: Matrix) => v.map((row) => row.map(Math.tanh));
const add = (a: number, b: number) => a + b;

test('two passes, computed by hand', async () => {
  const { network, values, own } = await learnedOf(RULE, { options: { sigma: SIGMA } });
  const noise = await noiseOf(network.populations.slice(1), BATCH, SIGMA);
  const [x, t] = [matrix(values('input'), INPUTS), matrix(values('target'), CLASSES)];
  const clean = potentials(values, network.connections, x, Math.tanh);
  const rates = [x, ...clean.map(tanh)];
  let noisy: Matrix = [];
  for (const [l, { to }] of network.connections.entries()) {
    const current = multiply(l === 0 ? x : tanh(noisy), matrix(values(`weights ${l + 1}`), to.size));
    noisy = combine(combine(current, matrix(values(`bias ${l + 1}`), to.size), add), noise[l]!, add);
  }
  const losses = (v: Matrix) => softmax(v).map((row, i) => -Math.log(row[t[i]!.indexOf(1)]!));
  const before = losses(clean.at(-1)!);
  const change = losses(noisy).map((after, i) => after - before[i]!);
  for (const [l, direction] of own.entries()) {
    const error = noise[l]!.map((row, i) => row.map((xi) => (change[i]! * xi) / SIGMA ** 2));
    // Losses of about 1 are rounded to 1e-16, and their difference is multiplied by about 1 / SIGMA.
    assert.ok(distance(direction!, meanProduct(rates[l]!, error)) < 1e-12, `connection ${l + 1}`);
  }
});

test('the mean over many draws is the gradient, within its standard errors', () =>
  expectUnbiased(RULE, SIGMA));

test('noise differs from step to step and from seed to seed, and one seed gives the same bits', () =>
  expectOwnNoise(RULE, SIGMA));

test('layers of one size have noise of their own', async () => {
  const { own, values } = await learnedOf(RULE, {
    network: { layers: [INPUTS, CLASSES, CLASSES, CLASSES] },
    batch: 1,
  });
  // With one example the direction of a synapse is its presynaptic rate times the noise of its neuron.
  const row = (l: number) => [...own[l]!].slice(0, CLASSES);
  assert.ok(values('input')[0] !== 0);
  const angle = angleBetween(row(0), row(1));
  assert.ok(angle > 1 && angle < 179, `${angle} degrees`);
});

test.run();
