/** Of readouts and of the fit of hidden pixels: it only keeps silent neurons and dark pixels from making the fit singular. */
export const RIDGE_PENALTY = 1e-3;

/** Sums over examples of firing rates h (n of them) and targets t (m), row by row. */
export interface Moments {
  /** n x n and n x m. */
  readonly hh: ArrayLike<number>;
  readonly ht: ArrayLike<number>;
  /** n and m. */
  readonly h: ArrayLike<number>;
  readonly t: ArrayLike<number>;
}

/**
 * The weights W (n x m) and biases b (m) that minimise the mean of |h W + b - t|^2 plus a penalty on |W|^2, which is
 * `penalty` times the mean variance of h. Computed in float64 from the centred moments, by Cholesky factorisation.
 */
export function solveRidge(
  { hh, ht, h, t }: Moments,
  examples: number,
  penalty: number,
): { weights: Float32Array; bias: Float32Array } {
  const [n, m] = [h.length, t.length];
  const covariance = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      covariance[i * n + j] = hh[i * n + j]! / examples - (h[i]! / examples) * (h[j]! / examples);
  let trace = 0;
  for (let i = 0; i < n; i++) trace += covariance[i * n + i]!;
  // Without any variance there is nothing to read: the weights are zero whatever the penalty.
  const ridge = penalty * (trace / n) || 1;
  for (let i = 0; i < n; i++) covariance[i * n + i]! += ridge;
  const lower = cholesky(covariance, n);
  const weights = new Float32Array(n * m);
  const bias = new Float32Array(m);
  for (let c = 0; c < m; c++) {
    const right = Float64Array.from(
      { length: n },
      (_, i) => ht[i * m + c]! / examples - (h[i]! / examples) * (t[c]! / examples),
    );
    const column = solve(lower, n, right);
    let mean = t[c]! / examples;
    for (let i = 0; i < n; i++) {
      weights[i * m + c] = column[i]!;
      mean -= column[i]! * (h[i]! / examples);
    }
    bias[c] = mean;
  }
  return { weights, bias };
}

/** The lower triangle L with L Lᵀ = a, for a symmetric positive definite n x n matrix. */
function cholesky(a: Float64Array, n: number): Float64Array {
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= lower[i * n + k]! * lower[j * n + k]!;
      lower[i * n + j] = i === j ? Math.sqrt(sum) : sum / lower[j * n + j]!;
    }
  return lower;
}

/** x with L Lᵀ x = right. */
function solve(lower: Float64Array, n: number, right: Float64Array): Float64Array {
  const x = right.slice();
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i]! -= lower[i * n + k]! * x[k]!;
    x[i]! /= lower[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i]! -= lower[k * n + i]! * x[k]!;
    x[i]! /= lower[i * n + i]!;
  }
  return x;
}
