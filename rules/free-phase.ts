import type { Tensor } from '../kernels/index.ts';
import type { EnergyNetwork, KeptCurrents, Particles, SettlingState } from '../networks/index.ts';

/** A network that has settled without a target. */
export interface FreePhase {
  /** batch x inputs */
  readonly input: Tensor;
  /** The current of the input. */
  readonly drive: Tensor;
  /** s^0, where the network settled. */
  readonly state: SettlingState;
  /** What a second phase starts from, in copies; null where currents are not kept. */
  readonly currents: KeptCurrents | null;
}

/**
 * The phase that learning and answering begin with: the network settles under the input alone, ds/dt = -dE/ds.
 * @param particles where it starts for examples that were shown before; null: from potentials of zero
 */
export function freePhase(
  network: EnergyNetwork,
  input: Tensor,
  iterations: number,
  particles: Particles | null,
): FreePhase {
  const drive = network.drive(input);
  const start = particles ? particles.recall(input.rows) : network.rest(input.rows);
  const currents = network.keepCurrents(drive);
  return { input, drive, state: network.relax(start, drive, iterations, { currents }), currents };
}

/** Firing rates and residuals where a network has settled, as `Rule.settle` gives them. */
export const settledAt = (
  network: EnergyNetwork,
  { drive, state }: FreePhase,
): { firingRates: Tensor[]; residuals: Tensor[] } => ({
  firingRates: network.firingRates(state),
  residuals: network.residuals(state, drive),
});
