import type { Kernels, Tensor } from '../kernels/index.ts';

/**
 * The largest value of each row, m x 1.
 * @param values m x n
 * @param numbers 0, 1, 2, ... of the columns, 1 x n
 */
export const largestOfRows = (k: Kernels, values: Tensor, numbers: Tensor): Tensor =>
  k.sum(
    k.map((v, number, place) => (number === place ? v : 0), values, numbers, k.argmax(values)),
    { over: 'columns' },
  );
