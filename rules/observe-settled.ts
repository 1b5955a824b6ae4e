import type { Kernels, Tensor } from '../kernels/index.ts';
import type { EnergyNetwork, SettlingState } from '../networks/index.ts';
import { contrast, readoutDirection } from './contrast.ts';
import type { FreePhase } from './free-phase.ts';
import type { Observation } from './rule.ts';

/**
 * Strength of the nudge in the gradient: small, because its error grows with the square, but not so small that the
 * difference of the two phases is lost in float32.
 */
const BETA = 0.02;

/**
 * What diagnostics see of a network that settles, beside the directions of its rule: its free state, and the gradient there of the
 * cost C, the squared error without the factor 1/2 or the cross-entropy. Two long phases that are nudged by +-beta differ by
 * it up to O(beta^2) (Laborieux et al. 2021); it is the gradient of backpropagation through as many of the last steps, as
 * long as the free state rests (Ernoult et al. 2019).
 * @param iterations of each nudged phase
 */
export function observeSettled(
  k: Kernels,
  network: EnergyNetwork,
  { input, drive, state: free, currents }: FreePhase,
  target: Tensor,
  iterations: number,
): Omit<Observation, 'directions'> {
  const nudged = (beta: number): SettlingState =>
    network.relax(free, drive, iterations, {
      nudge: { target, beta: k.constant(beta, 1, 1) },
      currents: currents?.copy(),
    });
  const gradient = contrast(k, network, input, nudged(-BETA), nudged(BETA), 1 / (2 * BETA));
  if (network.readout) gradient.push(readoutDirection(k, network, [free], target));
  return {
    gradient,
    firingRates: network.firingRates(free),
    ...(network.hasEnergy && { energy: network.energy(free, drive) }),
  };
}
