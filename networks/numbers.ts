import type { Kernels, Tensor } from '../kernels/index.ts';

/**
 * 0, 1, 2, ... in a row, 1 x count.
 * @param of what is numbered; part of the name of the state
 * @param number what stands in a place, if it is another
 */
export const numbers = (k: Kernels, of: string, count: number, number = (i: number) => i): Tensor =>
  k.state(
    `numbers of ${of}`,
    1,
    count,
    Float32Array.from({ length: count }, (_, i) => number(i)),
  );
