import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { angleBetween } from '../support.ts';
import { combine, distance, matrix, meanProduct, multiply, softmax } from './by-hand.ts';
import { estimatesOf, expectOwnNoise, noiseOf } from './estimates.ts';
import { learnedOf } from './learned.ts';

const RULE = 'three-factor-hebbian';
const [BATCH, INPUTS, CLASSES] = [6, 5, 3];
const SIGMA = 0.5;
const DECAY = 0.9;

const add = (a: number, b: number) => a + b;
const mean = (values: readonly number[]) => values.reduce(add, 0) / values.length;

for (const post of ['noise', 'potential'])
  test(`post=${post}: one pass and the running means after it, computed by hand`, async () => {
    const before = -0.7;
    const { network, values, own } = await learnedOf(RULE, {
      options: { sigma: SIGMA, post },
      set(values) {
        values('mean reward').fill(before);
        if (post === 'noise') return;
        for (const [l, name] of ['hidden 1', 'hidden 2', 'output'].entries())
          values(`mean potential of ${name}`).fill(0.1 * (l + 1));
      },
    });
    const populations = network.populations.slice(1);
    const noise = await noiseOf(populations, BATCH, SIGMA);
    const [x, t] = [matrix(values('input'), INPUTS), matrix(values('target'), CLASSES)];
    const rates = [x];
    const potentials = noise.map((xi, l) => {
      const current = multiply(rates[l]!, matrix(values(`weights ${l + 1}`), xi[0]!.length));
      const bias = [...values(`bias ${l + 1}`)];
      const v = combine(
        current.map((row) => row.map((i, j) => i + bias[j]!)),
        xi,
        add,
      );
      rates.push(v.map((row) => row.map(Math.tanh)));
      return v;
    });
    const reward = softmax(potentials.at(-1)!).map((row, i) => Math.log(row[t[i]!.indexOf(1)]!));
    for (const [l, direction] of own.entries()) {
      const factor =
        post === 'noise' ? noise[l]! : potentials[l]!.map((row) => row.map((v) => v - 0.1 * (l + 1)));
      // Directions are descended.
      const error = factor.map((row, i) => row.map((e) => -(reward[i]! - before) * e));
      assert.ok(distance(direction!, meanProduct(rates[l]!, error)) < 1e-12, `connection ${l + 1}`);
      if (post === 'noise') continue;
      const means = values(`mean potential of ${populations[l]!.name}`);
      for (const [j, m] of means.entries()) {
        const now = mean(potentials[l]!.map((row) => row[j]!));
        assert.ok(Math.abs(m - (DECAY * 0.1 * (l + 1) + (1 - DECAY) * now)) < 1e-12);
      }
    }
    assert.ok(Math.abs(values('mean reward')[0]! - (DECAY * before + (1 - DECAY) * mean(reward))) < 1e-12);
  });

test('the mean over many draws is about the gradient', async () => {
  const sigma = 0.3;
  const { draws, exact } = await estimatesOf(RULE, sigma, 8000);
  const estimate = exact.map((_, i) => mean(draws.map((d) => d[i]!)) / sigma ** 2);
  const cosine = Math.cos((angleBetween(estimate, exact) * Math.PI) / 180);
  assert.ok(cosine > 0.95, `cosine ${cosine}`);
  // It is that of the mean reward over the noise, which is somewhat flatter.
  const [length, wanted] = [Math.hypot(...estimate), Math.hypot(...exact)];
  assert.ok(length > 0.75 * wanted && length < 1.05 * wanted, `${length} in place of ${wanted}`);
});

test('noise differs from step to step and from seed to seed, and one seed gives the same bits', () =>
  expectOwnNoise(RULE, SIGMA));

test.run();
