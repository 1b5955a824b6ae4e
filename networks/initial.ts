import type { RandomStream } from '../kernels/index.ts';

type InitialDistribution = (random: RandomStream, n: number, m: number) => Float32Array;

/** Gives the entries one type: their own would be declared as generic arrays, which TypeScript before 5.7 lacks. */
const table = <Name extends string>(
  entries: Record<Name, InitialDistribution>,
): Record<Name, InitialDistribution> => entries;

/**
 * Distributions of initial synaptic weights, by the name of the paper. `n` and `m` are the numbers of pre- and
 * postsynaptic neurons; biases start at zero where INITIAL_BIASES does not say otherwise.
 */
export const INITIAL_WEIGHTS = table({
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
  /** U(+-sqrt(3 / n)), LeCun, Bottou, Orr & Mueller 1998, eq. 16. */
  'lecun-uniform': (random: RandomStream, n: number, m: number) => uniform(random, n, m, Math.sqrt(3 / n)),
  /** N(0, 1 / n), the same variance. */
  'lecun-normal': (random: RandomStream, n: number, m: number) => random.normal(n * m, 0, Math.sqrt(1 / n)),
  /** U(+-1 / sqrt(n)), the default of Torch's Linear, a third of that variance; its biases are drawn too, here they are zero. */
  'torch-linear': (random: RandomStream, n: number, m: number) => uniform(random, n, m, 1 / Math.sqrt(n)),
  /** All zero: what Nokland 2016 starts direct feedback alignment of tanh networks from. Backprop cannot leave it. */
  zero: (_random: RandomStream, n: number, m: number) => new Float32Array(n * m),
  /** N(-0.3, 0.3^2), whatever n and m: memories of dark pixels, as in the notebook of Krotov & Hopfield 2016. */
  'dense-memory': (random: RandomStream, n: number, m: number) => random.normal(n * m, -0.3, 0.3),
  /** Guerguiev, Lillicrap & Richards 2017, as in the code that they published. */
  'segregated-dendrite': (random: RandomStream, n: number, m: number) =>
    dendriticWeights(random, n, n * m, 1),
  /** With half of that width, as in their code before commit d60ca5e: the deviation that the formula is meant for. */
  'segregated-dendrite-narrow': (random: RandomStream, n: number, m: number) =>
    dendriticWeights(random, n, n * m, 0.5),
});

/** One of INITIAL_WEIGHTS. */
export type InitialWeights = keyof typeof INITIAL_WEIGHTS;

/** Initial biases that are not zero, for `m` postsynaptic neurons. */
export const INITIAL_BIASES: Partial<
  Record<InitialWeights, (random: RandomStream, m: number) => Float32Array>
> = {
  'segregated-dendrite': (random, m) => dendriticBiases(random, m),
  'segregated-dendrite-narrow': (random, m) => dendriticBiases(random, m),
};

/** 2 sqrt(3), the width of a uniform distribution of deviation 1, as rounded in the code of Guerguiev et al. */
const WIDTH = 3.465;

/** Aims of the distribution below: mean and deviation of the dendritic potentials, of the biases, and the usual rate. */
const AIM = { potential: 3, deviation: 3, bias: 0.8, biasDeviation: 0.001, rate: 0.25 * 0.2 };

/**
 * Weights under which the dendritic potentials of neurons with `n` inputs would have the mean 3 and the deviation 3, were
 * the inputs to spike at a quarter of the maximal rate (Guerguiev et al. 2017, code, `init_weights`).
 * @param width 1 for what the published code draws, which has twice the deviation meant; 0.5 for the deviation meant
 */
export function dendriticWeights(
  random: RandomStream,
  n: number,
  count: number,
  width: number,
): Float32Array {
  const { potential, deviation, bias, rate } = AIM;
  const potentialSquare = deviation ** 2 + potential ** 2;
  const mean = (potential - bias) / (rate * n * potential);
  const square =
    (potentialSquare +
      rate ** 2 * (n - n * n) * mean ** 2 * potential ** 2 -
      2 * n * rate * bias * potential * mean -
      bias ** 2) /
    (n * rate ** 2 * potentialSquare);
  const half = width * WIDTH * Math.sqrt(square - mean ** 2);
  return random.uniform(count, mean - half, mean + half);
}

const dendriticBiases = (random: RandomStream, m: number): Float32Array =>
  random.uniform(m, AIM.bias - WIDTH * AIM.biasDeviation, AIM.bias + WIDTH * AIM.biasDeviation);

const uniform = (random: RandomStream, n: number, m: number, limit: number): Float32Array =>
  random.uniform(n * m, -limit, limit);
