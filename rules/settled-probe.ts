import type { Kernels, Tensor } from '../kernels/index.ts';
import type { EnergyNetwork, SettlingState } from '../networks/index.ts';
import { contrasts, readoutDirection } from './contrast.ts';
import type { RuleOutput } from './rule.ts';

/**
 * Strength of the nudge in the gradient: small, because its error grows with the square, but not so small that the
 * difference of the two phases is lost in float32.
 */
const BETA = 0.02;

/**
 * What a probe shows of a network that settles: its free state, and the gradient there of the cost C, the squared error
 * without the factor 1/2 or the cross-entropy. Two long phases that are nudged by +-beta differ by it up to O(beta^2)
 * (Laborieux et al. 2021); it is the gradient of backpropagation through as many of the last steps, as long as the
 * free state rests (Ernoult et al. 2019).
 * @param iterations of each nudged phase
 */
export function settledProbe(
  k: Kernels,
  energy: EnergyNetwork,
  { input, target }: { input: Tensor; target: Tensor },
  drive: Tensor,
  free: SettlingState,
  iterations: number,
): Required<Pick<RuleOutput, 'gradient' | 'observed'>> {
  const nudged = (beta: number): SettlingState =>
    energy.relax(free, drive, iterations, { nudge: { target, beta: k.constant(beta, 1, 1) } });
  const gradient = contrasts(k, energy, input, nudged(BETA), nudged(-BETA), 1 / (2 * BETA));
  const firingRates = free.map(({ rate }) => rate);
  if (energy.readout) {
    gradient.push(readoutDirection(k, energy, [free], target));
    firingRates.push(energy.output(free));
  }
  return {
    gradient,
    observed: { firingRates, ...(energy.hasEnergy && { energy: energy.energy(free, drive) }) },
  };
}
