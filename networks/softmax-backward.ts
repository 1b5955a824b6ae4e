import type { Kernels, Tensor } from '../kernels/index.ts';

/**
 * Errors in the logits of a softmax: s (d - sum of s d), row by row.
 * @param shares s, what the softmax gave
 * @param error d, errors in them, of the same shape
 */
export function softmaxBackward(k: Kernels, shares: Tensor, error: Tensor): Tensor {
  const mean = k.sum(
    k.map((s, d) => s * d, shares, error),
    { over: 'columns' },
  );
  return k.map((s, d, mean) => s * (d - mean), shares, error, mean);
}
