import { consecutive, RandomStream } from '../kernels/index.ts';

/**
 * The order of the training examples in an epoch: it depends on the seed and the epoch alone.
 * @param epoch from 0
 * @param count of the training examples
 * @returns numbers of rows, each once
 */
export const epochOrder = (seed: number, epoch: number, count: number): Uint32Array =>
  new RandomStream(seed, 'batches', epoch).shuffle(consecutive(0, count));
