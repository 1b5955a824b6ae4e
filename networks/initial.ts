import type { RandomStream } from '../kernels/index.ts';

/**
 * Distributions of initial synaptic weights, by the name of the paper. `n` and `m` are the numbers of pre- and
 * postsynaptic neurons; biases start at zero.
 */
export const INITIAL_WEIGHTS = {
  /** U(+-sqrt(6 / (n + m))), Glorot & Bengio 2010, eq. 16. */
  'glorot-uniform': (random: RandomStream, n: number, m: number) =>
    uniform(random, n, m, Math.sqrt(6 / (n + m))),
  /** N(0, 2 / (n + m)), the same variance. */
  'glorot-normal': (random: RandomStream, n: number, m: number) =>
    random.normal(n * m, 0, Math.sqrt(2 / (n + m))),
  /** U(+-sqrt(6 / n)), He et al. 2015, for ReLU. */
  'he-uniform': (random: RandomStream, n: number, m: number) => uniform(random, n, m, Math.sqrt(6 / n)),
  /** N(0, 2 / n), He et al. 2015, eq. 10. */
  'he-normal': (random: RandomStream, n: number, m: number) => random.normal(n * m, 0, Math.sqrt(2 / n)),
  /** U(+-1 / sqrt(n)), LeCun et al. 1998; also the default of Torch's Linear. */
  'lecun-uniform': (random: RandomStream, n: number, m: number) => uniform(random, n, m, 1 / Math.sqrt(n)),
  /** All zero: what Nokland 2016 starts direct feedback alignment of tanh networks from. Backprop cannot leave it. */
  zero: (_random: RandomStream, n: number, m: number) => new Float32Array(n * m),
} satisfies Record<string, (random: RandomStream, n: number, m: number) => Float32Array>;

export type InitialWeights = keyof typeof INITIAL_WEIGHTS;

const uniform = (random: RandomStream, n: number, m: number, limit: number): Float32Array =>
  random.uniform(n * m, -limit, limit);
