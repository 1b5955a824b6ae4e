import { consecutive, RandomStream } from '../../kernels/index.ts';

/**
 * Which of many things are drawn, in order: all where they are few enough.
 * @param stream name of the random stream; of two sets of one size the same are drawn
 */
export function drawnAtRandom(count: number, most: number, stream: string): number[] {
  const all = consecutive(0, count);
  if (count <= most) return [...all];
  return [...new RandomStream(0, stream).shuffle(all).subarray(0, most)].sort((a, b) => a - b);
}

/** The absolute value below which a share of the values lies; 1 where it is 0. */
export function quantileOfSizes(values: ArrayLike<number>, share: number): number {
  const sizes = Float64Array.from(values, Math.abs).sort();
  return sizes[Math.min(sizes.length - 1, Math.floor(share * sizes.length))] || 1;
}
