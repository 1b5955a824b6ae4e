import type { Kernels, Tensor } from '../kernels/index.ts';
import type { EnergyNetwork, Nudge, SettlingState, Synapses } from '../networks/index.ts';
import { contrast } from './contrast.ts';
import type { Direction } from './direction.ts';
import type { FreePhase } from './free-phase.ts';

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
  const copy = (t: Tensor) => k.map((w) => w, t);
  const moving = network.settlingConnections.map(
    ({ weights, bias }): Synapses => ({ weights: copy(weights), bias: bias && copy(bias) }),
  );
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

/** Plain gradient descent of copies; the scale of a contrast is a number. */
function descend(k: Kernels, { weights, bias }: Synapses, { products }: Direction, rate: number): void {
  for (const { pre, post, scale } of products) {
    const change = -rate * (scale as number);
    k.matmul(pre, post, { transposeA: true, scale: change, into: weights, accumulate: true });
    if (bias) k.sum(post, { over: 'rows', scale: change, into: bias, accumulate: true });
  }
}
