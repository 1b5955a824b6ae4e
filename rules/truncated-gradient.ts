import type { Kernels, Tensor } from '../kernels/index.ts';
import type { EnergyNetwork, StepDerivative } from '../networks/index.ts';
import type { Direction } from './direction.ts';
import type { FreePhase } from './free-phase.ts';

/**
 * Gradients of the cost C by backpropagation through the last steps of the free phase, cut off after one step, two, and so on (Ernoult
 * et al. 2019, eq. 8), for a network that rests there: what estimates of a nudged phase are held against, step by step.
 * @returns for each number of steps the directions of the connections that errors have come to, averaged over the batch; null where the
 *   derivative of a step is not known
 */
export function truncatedGradients(
  k: Kernels,
  network: EnergyNetwork,
  { input, drive, state }: FreePhase,
  target: Tensor,
  steps: number,
): Direction[][] | null {
  const derivatives = network.stepDerivatives(state, drive);
  if (!derivatives) return null;
  const sums = network.settlingConnections.map(({ from, to }) => ({
    weights: k.constant(0, from.size, to.size),
    bias: k.constant(0, 1, to.size),
  }));
  const rates = [input, ...state.map(({ rate }) => rate)];
  let errors = network.costErrors(state, target);
  return Array.from({ length: steps }, (_, t) => {
    const received = errors.map((error, l) => k.map((e, d) => e * d, error, derivatives[l]!.current));
    for (const [l, { weights, bias }] of sums.entries()) {
      const add = (pre: Tensor, post: Tensor): Tensor =>
        k.matmul(pre, post, { transposeA: true, scale: 1 / input.rows, into: weights, accumulate: true });
      add(rates[l]!, received[l]!);
      // The same synapses carry currents back, except those of the input, which is given.
      if (l > 0) add(received[l - 1]!, rates[l + 1]!);
      k.sum(received[l]!, { over: 'rows', scale: 1 / input.rows, into: bias, accumulate: true });
    }
    errors = stepBack(k, network, errors, received, derivatives);
    return network.settlingConnections
      .map((connection, l) => ({
        connection,
        products: [],
        estimate: { weights: k.map((w) => w, sums[l]!.weights), bias: k.map((b) => b, sums[l]!.bias) },
      }))
      .slice(-1 - t);
  });
}

/** Errors in the rates one step earlier. @param received errors in the currents of the step */
const stepBack = (
  k: Kernels,
  { settlingConnections }: EnergyNetwork,
  errors: readonly Tensor[],
  received: readonly Tensor[],
  derivatives: readonly StepDerivative[],
): Tensor[] =>
  errors.map((error, l) => {
    const before = k.map((e, d) => e * d, error, derivatives[l]!.own);
    const above = settlingConnections[l + 1];
    if (above)
      k.matmul(received[l + 1]!, above.weights, { transposeB: true, into: before, accumulate: true });
    if (l > 0)
      k.matmul(received[l - 1]!, settlingConnections[l]!.weights, { into: before, accumulate: true });
    return before;
  });
