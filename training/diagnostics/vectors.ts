/** A matrix on the host, row by row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: ArrayLike<number>;
}

/** Coefficients of the rational function in `arcTangent` (Moshier 1989, Cephes, atan.c), highest power first. */
const P = [
  -0.8750608600031904, -16.157537187333652, -75.00855792314705, -122.88666844901361, -64.85021904942025,
] as const;
const Q = [
  1, 24.858464901423062, 165.02700983169885, 432.881060491291, 485.3903996359137, 194.5506571482614,
] as const;

const polynomial = (coefficients: readonly number[], x: number): number =>
  coefficients.reduce((sum, c) => sum * x + c, 0);

/**
 * The arc tangent of x >= 0, in radians. By arithmetic alone, which has the same bits in every engine; `Math.atan` has
 * not.
 */
export function arcTangent(x: number): number {
  if (x > 2.414213562373095) return Math.PI / 2 - arcTangent(1 / x);
  if (x > 0.66) return Math.PI / 4 + nearZero((x - 1) / (x + 1));
  return nearZero(x);
}

function nearZero(x: number): number {
  const square = x * x;
  return x + x * square * (polynomial(P, square) / polynomial(Q, square));
}

/** The angle between two unit vectors in degrees, from the lengths of their difference and their sum. */
export const angleOfUnitVectors = (difference: number, sum: number): number =>
  (360 / Math.PI) * arcTangent(difference / sum);

export const norm = (a: ArrayLike<number>): number => Math.sqrt(dot(a, a));

/** In degrees; NaN where one of the two is zero. */
export function angleBetween(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const cosine = dot(a, b) / (norm(a) * norm(b));
  // Rounding may have put it beyond 1.
  const within = Math.max(-1, Math.min(1, cosine));
  return angleOfUnitVectors(Math.sqrt(1 - within), Math.sqrt(1 + within));
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
