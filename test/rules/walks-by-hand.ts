import { RandomStream } from '../../kernels/index.ts';
import { type Matrix, multiply } from './by-hand.ts';

/** Steps of a walk: the action, and the symbol. */
export type Steps = readonly (readonly [action: number, symbol: number])[];

/** Random walks. */
export function randomWalks(count: number, steps: number, actions: number, symbols: number): Steps[] {
  const random = new RandomStream(5, 'walks');
  return Array.from({ length: count }, () =>
    Array.from(
      { length: steps },
      (_, t) => [t === 0 ? 0 : random.integer(actions), random.integer(symbols)] as const,
    ),
  );
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** e_t = f(e_{t-1} W_a) of each step, in plain loops. @param matrixOf the matrix of an action */
export function positionsOf(
  walk: Steps,
  start: readonly number[],
  matrixOf: (action: number) => Matrix,
  f: (v: number) => number,
): Matrix {
  const positions = [[...start]];
  for (const [action] of walk.slice(1))
    positions.push(multiply([positions.at(-1)!], matrixOf(action))[0]!.map(f));
  return positions;
}

/** The previous symbol and the action, one-hot side by side; nothing at the first step. */
export const previousSymbolsOf = (walk: Steps, symbols: number, actions: number): Matrix =>
  walk.map(([action], t) =>
    Array.from({ length: symbols + actions }, (_, i) =>
      t > 0 && (i === walk[t - 1]![1] || i === symbols + action) ? 1 : 0,
    ),
  );

/** Probabilities of symbols at each step, from the symbols before and the keys. */
export function predictionsOf(walk: Steps, keys: Matrix, symbols: number): Matrix {
  return walk.map((_, t) => {
    const scores = keys.slice(0, t).map((key) => dot(key, keys[t]!));
    const most = Math.max(...scores);
    const weights = scores.map((s) => Math.exp(s - most));
    const total = weights.reduce((sum, w) => sum + w, 0);
    const probabilities = new Array<number>(symbols).fill(0);
    for (const [j, w] of weights.entries()) probabilities[walk[j]![1]]! += w / total;
    return probabilities;
  });
}
