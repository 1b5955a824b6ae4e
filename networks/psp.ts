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

/** The last ms of a phase that are averaged, and those before in which spikes may still count. */
export interface Window {
  readonly before: number;
  readonly size: number;
}

/** What the value of a ms adds to the mean over a window: 1 / size inside, 0 outside (1 x 1). */
export const weightInWindow = (
  k: Kernels,
  iteration: Tensor,
  { before, size }: Window,
  delay: number,
): Tensor =>
  k.map(
    (i, first, ms, late) => (i + late >= first && i + late < first + ms ? 1 / ms : 0),
    iteration,
    before,
    size,
    delay,
  );

/**
 * What a spike adds to the mean of the postsynaptic potentials over a window (1 x 1). So the mean is a weighted sum of spikes,
 * and the potentials themselves need not be computed, if the window begins `taps` ms after the first spike or later.
 * @param iteration number of the spike's millisecond, from 0 for the first of those before the window
 * @param delay ms between the spike and the first tap: 0 upwards, and 1 downwards, to neurons that were updated before; more
 * for a window that ends before the phase does
 */
export const shareOfWindow = (
  k: Kernels,
  iteration: Tensor,
  { before, size }: Window,
  { rise, decay, taps }: PspKernel,
  delay: number,
): Tensor =>
  k.map(
    (i, ahead, ms, length, late, slow, fast) => {
      // The taps first + 1 ... last fall into the window: the difference of two geometric series.
      const first = Math.min(Math.max(ahead - i - late, 0), length);
      const last = Math.min(Math.max(ahead + ms - i - late, 0), length);
      const slowSum = (Math.exp(-first / slow) - Math.exp(-last / slow)) / (Math.exp(1 / slow) - 1);
      const fastSum = (Math.exp(-first / fast) - Math.exp(-last / fast)) / (Math.exp(1 / fast) - 1);
      return (slowSum - fastSum) / ((slow - fast) * ms);
    },
    iteration,
    before,
    size,
    taps,
    delay,
    decay,
    rise,
  );
