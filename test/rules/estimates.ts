import * as assert from 'uvu/assert';
import type { Tensor } from '../../kernels/index.ts';
import { LayeredNetwork } from '../../networks/index.ts';
import { biasVector, type Direction, findRule, gradient, weightMatrix } from '../../rules/index.ts';
import {
  angleBetween,
  buildRule,
  float64,
  networkSettings,
  normalState,
  oneHotState,
  runOnce,
} from '../support.ts';
import { type Matrix, matrix } from './by-hand.ts';

/** The noise of the trace 'test' in the potentials of populations, batch x size each. */
export async function noiseOf(
  populations: readonly { name: string; size: number }[],
  batch: number,
  sigma: number,
): Promise<Matrix[]> {
  const { device, k } = float64();
  const kept = populations.map(({ name, size }) => k.state(name, batch, size));
  await runOnce(k, () => {
    for (const t of kept) k.mapInto(t, (x) => x, k.normal(`noise in ${t.name}`, batch, t.columns, 0, sigma));
  });
  return kept.map((t) => matrix(device.values(t), t.columns));
}

/** Directions of a rule that draws noise, step after step on one minibatch: weights and biases of all connections one after the other. */
export async function estimatesOf(rule: string, sigma: number, steps: number, seed = 1) {
  const { device, k } = float64(seed);
  const network = new LayeredNetwork(k, 3, networkSettings({ layers: [5, 6, 4, 3] }));
  const built = buildRule(findRule(rule), network, k, { sigma });
  const [input, target] = [normalState(k, 'input', 6, 5), oneHotState(k, 6, 3)];
  const keep = (prefix: string) =>
    network.connections.map(({ name, weights, bias }) => ({
      weights: k.state(`${prefix} ${name}`, weights.rows, weights.columns),
      bias: k.state(`${prefix} biases, ${name}`, 1, bias!.columns),
    }));
  const [own, exact] = [keep('own'), keep('exact')];
  const write = (into: ReturnType<typeof keep>, directions: readonly Direction[]) => {
    for (const [l, direction] of directions.entries()) {
      k.mapInto(into[l]!.weights, (x) => x, weightMatrix(k, direction));
      k.mapInto(into[l]!.bias, (x) => x, biasVector(k, direction));
    }
  };
  const step = await k.trace('test', () => {
    write(own, built.learn({ input, target }).directions);
    write(exact, gradient(k, network, network.forward(input), target));
  });
  const read = (tensors: ReturnType<typeof keep>) =>
    tensors.flatMap(({ weights, bias }) => [weights, bias].flatMap((t: Tensor) => [...device.values(t)]));
  const draws: number[][] = [];
  for (let firstStep = 0; firstStep < steps; firstStep++) {
    await step.run({ steps: 1, firstStep, rows: new Uint32Array(0) });
    draws.push(read(own));
  }
  return { draws, exact: read(exact) };
}

/** The mean over 3000 draws points where the gradient does, and is the gradient within its standard errors. */
export async function expectUnbiased(rule: string, sigma: number): Promise<void> {
  const steps = 3000;
  const { draws, exact } = await estimatesOf(rule, sigma, steps);
  const mean = exact.map((_, i) => draws.reduce((sum, d) => sum + d[i]!, 0) / steps);
  const cosine = Math.cos((angleBetween(mean, exact) * Math.PI) / 180);
  assert.ok(cosine > 0.95, `cosine ${cosine}`);
  const z = exact.map((g, i) => {
    const variance = draws.reduce((sum, d) => sum + (d[i]! - mean[i]!) ** 2, 0) / (steps - 1);
    return (mean[i]! - g) / Math.sqrt(variance / steps);
  });
  // 79 nearly normal numbers of variance 1: the largest is above 4.5 once in 2,000 times, and the mean square is 1 +- 0.16.
  const [largest, square] = [Math.max(...z.map(Math.abs)), z.reduce((sum, x) => sum + x * x, 0) / z.length];
  assert.ok(largest < 4.5 && square < 1.8, `${largest} standard errors at most, mean square ${square}`);
}

/** Noise differs from step to step and from seed to seed; one seed gives the same bits. */
export async function expectOwnNoise(rule: string, sigma: number): Promise<void> {
  const one = await estimatesOf(rule, sigma, 2);
  assert.equal((await estimatesOf(rule, sigma, 2)).draws, one.draws);
  assert.not.equal(one.draws[0], one.draws[1]);
  assert.not.equal((await estimatesOf(rule, sigma, 2, 2)).draws, one.draws);
}
