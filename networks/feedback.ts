import type { Kernels } from '../kernels/index.ts';
import type { Connection, Population } from './layered.ts';

/**
 * Synapses of their own that bring a signal from a higher population down to the apical compartments of a lower one.
 * @param values weights row by row, from.size x to.size, so that the signal arrives as `signal @ weights`
 */
export const feedbackConnection = (
  k: Kernels,
  from: Population,
  to: Population,
  values: Float32Array,
): Connection => ({
  name: `feedback from ${from.name} to ${to.name}`,
  from,
  to,
  compartment: 'apical',
  weights: k.state(`feedback from ${from.name} to ${to.name}`, from.size, to.size, values),
  bias: null,
});
