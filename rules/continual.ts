import type { Kernels, Tensor } from '../kernels/index.ts';
import type { EnergyNetwork, Nudge, SettlingState } from '../networks/index.ts';
import { contrast } from './contrast.ts';
import type { FreePhase } from './free-phase.ts';
import { copySynapses, descend } from './moving-synapses.ts';

/**
 * A nudged phase in which weights and biases follow each step (Ernoult et al. 2020):
 *
 *   dW(t) = -eta / beta [dF/dW(s(t + 1)) - dF/dW(s(t))]
 *
 * The weights that move are copies. The changes of all steps add up to the contrast of the last state with the first, which
 * the optimizer applies to the weights themselves.
 * @param inverse 1 / beta, 1 x 1
 */
export function continualPhase(
  k: Kernels,
  network: EnergyNetwork,
  { input, state: free }: FreePhase,
  nudge: Nudge,
  inverse: Tensor,
  { iterations, learningRate }: { iterations: number; learningRate: readonly number[] },
): SettlingState {
  const moving = copySynapses(k, network.settlingConnections);
  const synapses = network.readout ? [...moving, network.readout] : moving;
  let state = free;
  for (let i = 0; i < iterations; i++) {
    const next = network.step(state, network.drive(input, moving[0]), { nudge, synapses });
    for (const [l, direction] of contrast(k, network, input, state, next, inverse).entries())
      descend(k, moving[l]!, direction, learningRate[l] ?? learningRate[0]!);
    state = next;
  }
  return state;
}
