import type { Kernels, Tensor } from '../kernels/index.ts';
import { type Connection, maskWeights } from '../networks/index.ts';

/** preᵀ post times `scale`: what each pair of a pre- and a postsynaptic neuron contributes, summed over the batch. */
export interface Product {
  /** Presynaptic factor, batch x from.size. */
  readonly pre: Tensor;
  /** Postsynaptic factor, batch x to.size. */
  readonly post: Tensor;
  readonly scale: number | Tensor;
  /** `pre` is mostly zeros, e.g. traces of few spikes: a hint. */
  readonly sparse?: boolean;
}

/**
 * A direction for the weights and biases of one connection, in the sense of a gradient (descent subtracts it):
 * the sum of its products for the weights, and for the biases the sum over the batch of the postsynaptic factors.
 *
 * It stays a sum of products, so that the optimizer can add it to the weights in place; a matrix of it is made
 * only for whoever needs one.
 */
export interface Direction {
  readonly connection: Connection;
  readonly products: readonly Product[];
  /** What is no sum of products over examples, such as noise in the weights; it is added to the products, of which there may then be none. */
  readonly estimate?: {
    /** from.size x to.size */
    readonly weights: Tensor;
    /** 1 x to.size */
    readonly bias: Tensor;
  };
  /** Decay that is part of the rule: so many times the weights are added to the direction of the weights. */
  readonly decay?: number;
  /** Learning rate in those of the optimizer; 1 when left out. */
  readonly relativeRate?: number;
  /** `false`: the biases do not learn. */
  readonly biases?: boolean;
}

/** The direction scale · preᵀ post, e.g. with pre = rates below, post = errors above and scale = 1 / batch. */
export const outerProduct = (
  connection: Connection,
  pre: Tensor,
  post: Tensor,
  scale: number | Tensor,
): Direction => ({
  connection,
  products: [{ pre, post, scale }],
});

/** The direction of the weights as a matrix, from.size x to.size, without decay; zero where there is no synapse. */
export function weightMatrix(k: Kernels, { connection, products, estimate }: Direction): Tensor {
  const matrix = products.reduce<Tensor | null>(
    (into, { pre, post, scale }) =>
      k.matmul(pre, post, { transposeA: true, scale, ...(into && { into, accumulate: true }) }),
    copyOf(k, estimate?.weights),
  )!;
  maskWeights(k, matrix, connection.mask);
  return matrix;
}

/** The direction of the biases, 1 x to.size. */
export function biasVector(k: Kernels, { products, estimate }: Direction): Tensor {
  return products.reduce<Tensor | null>(
    (into, { post, scale }) => k.sum(post, { over: 'rows', scale, ...(into && { into, accumulate: true }) }),
    copyOf(k, estimate?.bias),
  )!;
}

/** To be added to: the rule's own stays as it is. */
const copyOf = (k: Kernels, estimate: Tensor | undefined): Tensor | null =>
  estimate ? k.map((x) => x, estimate) : null;
