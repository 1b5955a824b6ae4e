import type { ForwardForwardNetwork } from '../../networks/index.ts';
import { combine, type Matrix, matrix, multiply, softmax } from '../rules/by-hand.ts';

/** A forward-forward network of ReLU neurons in plain loops. */

type Values = (state: string) => ArrayLike<number>;
export type Normalisation = 'rms' | 'length';

export interface HandLayer {
  readonly received: Matrix;
  readonly rate: Matrix;
}

const squares = (row: readonly number[]) => row.reduce((sum, h) => sum + h * h, 0);
export const goodness = (rate: Matrix): number[] => rate.map(squares);

export const normalised = (rate: Matrix, normalisation: Normalisation): Matrix =>
  rate.map((row) => {
    const size = Math.sqrt(squares(row) / (normalisation === 'rms' ? row.length : 1)) + 1e-8;
    return row.map((h) => h / size);
  });

export const labelled = (input: Matrix, labels: Matrix): Matrix =>
  input.map((row, i) => [...labels[i]!, ...row.slice(labels[i]!.length)]);

export const oneHot = (labels: readonly number[], classes: number): Matrix =>
  labels.map((label) => Array.from({ length: classes }, (_, c) => Number(c === label)));

/** Every hidden layer for images that hold a label. */
export function handPass(
  values: Values,
  { hidden }: ForwardForwardNetwork,
  input: Matrix,
  normalisation: Normalisation = 'rms',
): HandLayer[] {
  const layers: HandLayer[] = [];
  for (const [l, { to }] of hidden.entries()) {
    const received = normalised(layers.at(-1)?.rate ?? input, normalisation);
    const current = multiply(received, matrix(values(`weights ${l + 1}`), to.size));
    const potential = combine(current, matrix(values(`bias ${l + 1}`), to.size), (i, b) => i + b);
    layers.push({ received, rate: potential.map((row) => row.map((v) => Math.max(v, 0))) });
  }
  return layers;
}

/** Probabilities of the read-out for images with a neutral label. */
export function handReadout(values: Values, network: ForwardForwardNetwork, input: Matrix): Matrix {
  const classes = network.populations.at(-1)!.size;
  const neutral = input.map(() => Array<number>(classes).fill(1 / classes));
  const layers = handPass(values, network, labelled(input, neutral));
  const judges = layers.length > 1 ? layers.slice(1) : layers;
  const last = layers.length;
  let potential = input.map(() => Array.from(values(`bias ${last + 1}`)));
  for (const [l, { rate }] of judges.entries()) {
    const name = l === judges.length - 1 ? `weights ${last + 1}` : `weights of hidden ${l + 2} to output`;
    const current = multiply(normalised(rate, 'rms'), matrix(values(name), classes));
    potential = combine(potential, current, (a, b) => a + b);
  }
  return softmax(potential);
}
