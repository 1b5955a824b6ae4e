import { RandomStream } from '../../kernels/index.ts';

/**
 * An energy network for one example in plain loops, what settling and the rules on it are held against. It knows the
 * energy as a sum over pairs, and takes forces and gradients by central differences where it can.
 */
export interface HandNetwork {
  /** weights[l][i][j] from unit i of layer l to unit j of layer l + 1. */
  readonly weights: number[][][];
  /** biases[l][j] of unit j of layer l + 1. */
  readonly biases: number[][];
  readonly rho: (s: number) => number;
}

/** Potentials of the layers above the input. */
export type HandState = number[][];

export const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((total, x, i) => total + x * b[i]!, 0);

/** Eq. 1 of Scellier & Bengio 2017. */
export function handEnergy(
  { weights, biases, rho }: HandNetwork,
  x: readonly number[],
  s: HandState,
): number {
  const rates = [[...x], ...s.map((layer) => layer.map(rho))];
  let energy = 0;
  for (const layer of s) for (const value of layer) energy += 0.5 * value * value;
  for (const [l, matrix] of weights.slice(0, s.length).entries()) {
    for (const [i, row] of matrix.entries())
      for (const [j, w] of row.entries()) energy -= rates[l]![i]! * w * rates[l + 1]![j]!;
    for (const [j, b] of biases[l]!.entries()) energy -= b * rates[l + 1]![j]!;
  }
  return energy;
}

/** |y - t|^2, or the cross-entropy of a softmax of the last layer's rates if there is a connection more than layers. */
export function handCost(
  { weights, biases, rho }: HandNetwork,
  s: HandState,
  target: readonly number[],
): number {
  const rates = s.at(-1)!.map(rho);
  if (weights.length === s.length) return rates.reduce((sum, y, j) => sum + (y - target[j]!) ** 2, 0);
  const potentials = target.map(
    (_, j) =>
      dot(
        rates,
        weights.at(-1)!.map((row) => row[j]!),
      ) + biases.at(-1)![j]!,
  );
  const total = potentials.reduce((sum, v) => sum + Math.exp(v), 0);
  return -target.reduce((sum, t, j) => sum + t * Math.log(Math.exp(potentials[j]!) / total), 0);
}

/** Central difference of `f` by the number that `get` and `set` reach. */
export function slope(numbers: number[], i: number, f: () => number, h = 1e-5): number {
  const kept = numbers[i]!;
  numbers[i] = kept + h;
  const above = f();
  numbers[i] = kept - h;
  const below = f();
  numbers[i] = kept;
  return (above - below) / (2 * h);
}

/** s - epsilon dF/ds, F = E + beta C, by differences. */
export function handStep(
  net: HandNetwork,
  x: readonly number[],
  s: HandState,
  epsilon: number,
  nudge?: { target: readonly number[]; beta: number },
): HandState {
  const total = () => handEnergy(net, x, s) + (nudge ? nudge.beta * handCost(net, s, nudge.target) : 0);
  return s.map((layer) => layer.map((value, i) => value - epsilon * slope(layer, i, total)));
}

/** Currents that arrive at each layer: from below, from above, and the bias. */
export function handCurrents(
  { weights, biases }: HandNetwork,
  x: readonly number[],
  rates: number[][],
): number[][] {
  return rates.map((layer, l) =>
    layer.map((_, j) => {
      const below = dot(
        l === 0 ? x : rates[l - 1]!,
        weights[l]!.map((row) => row[j]!),
      );
      const above = l + 1 < rates.length ? dot(rates[l + 1]!, weights[l + 1]![j]!) : 0;
      return below + above + biases[l]![j]!;
    }),
  );
}

/** Weights with values of unit `size` times normal numbers, small enough to settle. */
export function handNetwork(layers: readonly number[], rho: (s: number) => number, size = 0.5): HandNetwork {
  const random = new RandomStream(11, `hand ${layers.join()}`);
  const row = (n: number) => Array.from(random.normal(n, 0, size));
  return {
    weights: layers.slice(1).map((m, l) => Array.from({ length: layers[l]! }, () => row(m))),
    biases: layers.slice(1).map(row),
    rho,
  };
}

/** |a - b| / |b| over all numbers of both lists. */
export function relativeError(a: readonly ArrayLike<number>[], b: readonly ArrayLike<number>[]): number {
  let [gap, size] = [0, 0];
  for (const [l, wanted] of b.entries())
    for (let i = 0; i < wanted.length; i++) {
      gap += (a[l]![i]! - wanted[i]!) ** 2;
      size += wanted[i]! ** 2;
    }
  return Math.sqrt(gap / size);
}
