import { type Kernels, normalPair, type RandomStream, type Times, unitUniform } from '../kernels/index.ts';

/**
 * A draw from the inverse Gaussian (Wald) distribution out of a standard normal and a uniform number in [0, 1), by the
 * method of Michael, Schucany & Haas 1976, Am. Stat. 30:88-90.
 */
export function inverseGaussian(mean: number, shape: number, normal: number, uniform: number): number {
  const y = mean * normal * normal;
  const smaller = mean + (mean * (y - Math.sqrt(y * (4 * shape + y)))) / (2 * shape);
  return uniform * (mean + smaller) <= mean ? smaller : (mean * mean) / smaller;
}

/** Longer extra times, of which there is one in 10^10, are cut. */
const LONGEST_EXTRA = 200;

/** How long a phase lasts, where that is not always the same. */
export interface RandomDuration {
  /** ms. */
  readonly shortest: number;
  /** The phase without so many of its ms, at most `shortest`. */
  without(ms: number): Times;
}

/**
 * `shortest` ms and the whole ms of a Wald distributed time of mean 2 and shape 1, new at each step: about 51.5 ms on
 * average for 50 (Guerguiev, Lillicrap & Richards 2017, "Simulation details").
 * @param random the time depends on this stream and the number of the step alone
 * @param otherwise what to do for a fixed time, for the error of a device that needs one
 */
export const randomDuration = (
  k: Kernels,
  random: RandomStream,
  shortest: number,
  otherwise: string,
): RandomDuration => ({
  shortest,
  without: (ms) => ({
    scalar: k.hostScalar('ms of a phase', ({ step }) => {
      const [normal] = normalPair(random.wordAt(4 * step), random.wordAt(4 * step + 1));
      const extra = inverseGaussian(2, 1, normal, unitUniform(random.wordAt(4 * step + 2)));
      return shortest - ms + Math.min(LONGEST_EXTRA, Math.floor(extra));
    }),
    bound: shortest - ms + LONGEST_EXTRA,
    otherwise,
  }),
});
