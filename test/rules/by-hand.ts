import type { Connection } from '../../networks/index.ts';

/** Small matrices as lists of rows, in plain loops: what rules are held against, without any kernel. */
export type Matrix = number[][];

export const matrix = (values: ArrayLike<number>, columns: number): Matrix =>
  Array.from({ length: values.length / columns }, (_, i) =>
    Array.from({ length: columns }, (_, j) => values[i * columns + j]!),
  );

export const transpose = (a: Matrix): Matrix => a[0]!.map((_, j) => a.map((row) => row[j]!));

export const multiply = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((total, value, i) => total + value * b[i]![j]!, 0)));

/** Element by element; `b` of one row serves every row of `a`. */
export const combine = (a: Matrix, b: Matrix, f: (x: number, y: number) => number): Matrix =>
  a.map((row, i) => row.map((x, j) => f(x, b[b.length === 1 ? 0 : i]![j]!)));

export const softmax = (a: Matrix): Matrix =>
  a.map((row) => {
    const total = row.reduce((sum, v) => sum + Math.exp(v), 0);
    return row.map((v) => Math.exp(v) / total);
  });

/** preᵀ post / batch */
export const meanProduct = (pre: Matrix, post: Matrix): Matrix =>
  multiply(transpose(pre), post).map((row) => row.map((value) => value / pre.length));

/** Potentials of every layer but the input, with `f` for the hidden rates. */
export function potentials(
  values: (state: string) => ArrayLike<number>,
  connections: readonly Connection[],
  input: Matrix,
  f: (v: number) => number,
): Matrix[] {
  const found: Matrix[] = [];
  let rate = input;
  for (const [l, { to }] of connections.entries()) {
    const current = multiply(rate, matrix(values(`weights ${l + 1}`), to.size));
    const potential = combine(current, matrix(values(`bias ${l + 1}`), to.size), (i, b) => i + b);
    found.push(potential);
    rate = potential.map((row) => row.map(f));
  }
  return found;
}

/** The largest difference between a flat tensor and a matrix. */
export const distance = (a: ArrayLike<number>, b: Matrix): number => {
  const flat = b.flat();
  if (flat.length !== a.length) return Number.POSITIVE_INFINITY;
  return Math.max(...flat.map((value, i) => Math.abs(value - a[i]!)));
};
