/** A matrix on the host, row by row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: ArrayLike<number>;
}

/** The angle of a cosine, which rounding may have put beyond 1; NaN for NaN. */
export const degrees = (cosine: number): number =>
  (Math.acos(Math.max(-1, Math.min(1, cosine))) * 180) / Math.PI;

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}

export const norm = (a: ArrayLike<number>): number => Math.sqrt(dot(a, a));

export function product(a: Matrix, b: Matrix): Matrix {
  const values = new Float64Array(a.rows * b.columns);
  for (let i = 0; i < a.rows; i++)
    for (let k = 0; k < a.columns; k++) {
      const factor = a.values[i * a.columns + k]!;
      for (let j = 0; j < b.columns; j++)
        values[i * b.columns + j] = values[i * b.columns + j]! + factor * b.values[k * b.columns + j]!;
    }
  return { rows: a.rows, columns: b.columns, values };
}

export function transpose({ rows, columns, values }: Matrix): Matrix {
  const transposed = new Float64Array(values.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) transposed[j * rows + i] = values[i * columns + j]!;
  return { rows: columns, columns: rows, values: transposed };
}
