/** A matrix on the host, row by row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: ArrayLike<number>;
}

export const degrees = (radians: number): number => (radians * 180) / Math.PI;

export const norm = (a: ArrayLike<number>): number => Math.sqrt(dot(a, a));

/** In degrees; NaN where one of the two is zero. */
export function angleBetween(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const cosine = dot(a, b) / (norm(a) * norm(b));
  // Rounding may have put it beyond 1.
  return degrees(Math.acos(Math.max(-1, Math.min(1, cosine))));
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}

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
