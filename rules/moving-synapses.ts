import type { Kernels, Tensor } from '../kernels/index.ts';
import { maskWeights, type Synapses } from '../networks/index.ts';
import type { Direction } from './direction.ts';

/** Copies of synapses, for weights that change while the activity does; the optimizer changes the synapses themselves. */
export function copySynapses(k: Kernels, synapses: readonly Synapses[]): Synapses[] {
  const copy = (t: Tensor) => k.map((w) => w, t);
  return synapses.map(({ weights, bias }) => ({ weights: copy(weights), bias: bias && copy(bias) }));
}

/** Plain gradient descent of a copy, by a direction whose scales are numbers. */
export function descend(
  k: Kernels,
  { weights, bias }: Synapses,
  { connection, products }: Direction,
  learningRate: number,
): void {
  for (const { pre, post, scale } of products) {
    const change = -learningRate * (scale as number);
    k.matmul(pre, post, { transposeA: true, scale: change, into: weights, accumulate: true });
    if (bias) k.sum(post, { over: 'rows', scale: change, into: bias, accumulate: true });
  }
  maskWeights(k, weights, connection.mask);
}
