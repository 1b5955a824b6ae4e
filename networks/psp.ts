import type { Kernels, Tensor } from '../kernels/index.ts';

/**
 * Postsynaptic potential of one spike, kappa(t) = (exp(-t / decay) - exp(-t / rise)) / (decay - rise) (Guerguiev et al.
 * 2017, eq. 12), at t = 1, 2, ... `taps` ms. The first tap belongs to the millisecond of the spike itself.
 */
export interface PspKernel {
  /** ms. */
  readonly rise: number;
  readonly decay: number;
  /** After so many ms a spike is forgotten. */
  readonly taps: number;
}

/** The taps, which add up to 0.5104 for 3 ms, 10 ms and 10 taps: a mean potential is about half of the mean rate. */
export const pspTaps = ({ rise, decay, taps }: PspKernel): Float32Array =>
  Float32Array.from({ length: taps }, (_, j) => {
    const t = j + 1;
    return (Math.exp(-t / decay) - Math.exp(-t / rise)) / (decay - rise);
  });

/**
 * What a spike adds to the mean of the postsynaptic potentials over the last `window` ms of a phase (1 x 1). So the mean
 * is a weighted sum of spikes, and the potentials themselves need not be computed.
 * @param iteration number of the spike's millisecond among the last `window + taps` ms
 * @param delay ms between the spike and the first tap: 0 upwards, and 1 downwards, to neurons that were updated before
 */
export const shareOfWindow = (
  k: Kernels,
  iteration: Tensor,
  window: number,
  { rise, decay, taps }: PspKernel,
  delay: number,
): Tensor =>
  k.map(
    (i, size, length, late, slow, fast) => {
      // The taps first + 1 ... last fall into the window: the difference of two geometric series.
      const first = Math.min(Math.max(length - i - late, 0), length);
      const last = Math.min(size + length - i - late, length);
      const slowSum = (Math.exp(-first / slow) - Math.exp(-last / slow)) / (Math.exp(1 / slow) - 1);
      const fastSum = (Math.exp(-first / fast) - Math.exp(-last / fast)) / (Math.exp(1 / fast) - 1);
      return (slowSum - fastSum) / ((slow - fast) * size);
    },
    iteration,
    window,
    taps,
    delay,
    decay,
    rise,
  );
