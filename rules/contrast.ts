import type { Kernels, Tensor } from '../kernels/index.ts';
import type { Connection, EnergyNetwork, SettlingState } from '../networks/index.ts';
import type { Direction } from './direction.ts';

/** A value in each of the two states that are contrasted. */
type Pair = readonly [at1: Tensor, at2: Tensor];

/**
 * factor [dF/dW(s2) - dF/dW(s1)] for all connections of the energy, averaged over the batch. As dF/dW_ij is
 * -rho(s_i) rho(s_j), this is -factor times the difference of the Hebbian products in s2 and in s1.
 * @param factor a number or 1 x 1
 */
export const contrast = (
  k: Kernels,
  network: EnergyNetwork,
  input: Tensor,
  s1: SettlingState,
  s2: SettlingState,
  factor: Tensor | number,
): Direction[] =>
  network.settlingConnections.map((connection, l) => {
    const post: Pair = [s1[l]!.rate, s2[l]!.rate];
    return l === 0
      ? inputContrast(k, connection, input, post, factor)
      : hebbianContrast(k, connection, [s1[l - 1]!.rate, s2[l - 1]!.rate], post, factor);
  });

/** The input is the same in both states, so that one product does. */
export function inputContrast(
  k: Kernels,
  connection: Connection,
  input: Tensor,
  [at1, at2]: Pair,
  factor: Tensor | number,
): Direction {
  const post = k.map((r1, r2, f) => f * (r1 - r2), at1, at2, factor);
  return { connection, products: [{ pre: input, post, scale: 1 / input.rows }] };
}

/** The factor goes into the postsynaptic side, so that plain descent can add the products straight to the weights. */
export function hebbianContrast(
  k: Kernels,
  connection: Connection,
  pre: Pair,
  post: Pair,
  factor: Tensor | number,
): Direction {
  const times = (rate: Tensor) => k.map((r, f) => f * r, rate, factor);
  const scale = 1 / pre[0].rows;
  return {
    connection,
    products: [
      { pre: pre[1], post: times(post[1]), scale: -scale },
      { pre: pre[0], post: times(post[0]), scale },
    ],
  };
}

/**
 * The softmax readout is no part of the energy and descends the cross-entropy itself, as a mean over `states`:
 * dC/dW = rho(s)ᵀ (y - t).
 */
export function readoutDirection(
  k: Kernels,
  network: EnergyNetwork,
  states: readonly SettlingState[],
  target: Tensor,
): Direction {
  const products = states.map((state) => ({
    pre: state.at(-1)!.rate,
    post: k.map((y, t) => y - t, network.output(state), target),
    scale: 1 / (target.rows * states.length),
  }));
  return { connection: network.readout!, products };
}
