import type { Kernels, Tensor } from '../kernels/index.ts';

/** Plateau potentials happen at most so many ms before the end of a phase. */
export const EARLIEST_PLATEAU = 5;
/** Of the normal distribution that the times are drawn from, ms. The paper calls 3 the variance; in its code it is the deviation. */
const DEVIATION = 3;

/**
 * Apical means that end when each neuron has its plateau potential: the whole ms of |N(0, 3)|, 5 at most, before the end of
 * the phase (Guerguiev, Lillicrap & Richards 2017, Fig. 6 - figure supplement 1; as in their code).
 * @param means those that end 0, 1, ... EARLIEST_PLATEAU ms before the end of the phase, batch x size
 * @param stream of the random times
 */
export function meansAtPlateaus(k: Kernels, means: readonly Tensor[], stream: string): Tensor {
  const [last, ...earlier] = means;
  const { rows, columns } = last!;
  const ms = k.normal(stream, rows, columns, 0, DEVIATION);
  for (const [e, mean] of earlier.entries())
    k.mapInto(last!, (later, x, z, from) => (Math.abs(z) >= from ? x : later), last!, mean, ms, e + 1);
  return last!;
}
