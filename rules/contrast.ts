import { type Kernels, type Tensor, UserError } from '../kernels/index.ts';
import type { Connection, EnergyNetwork, SettlingState } from '../networks/index.ts';
import type { Direction } from './direction.ts';

/**
 * Contrastive Hebbian directions of all connections of the energy: -factor (rho rho in `plus` - rho rho in `minus`),
 * averaged over the batch.
 */
export const contrasts = (
  k: Kernels,
  energy: EnergyNetwork,
  input: Tensor,
  plus: SettlingState,
  minus: SettlingState,
  factor: Tensor | number,
): Direction[] =>
  energy.connections.map((connection, l) =>
    l === 0
      ? inputContrast(k, connection, input, plus[0]!.rate, minus[0]!.rate, factor)
      : contrast(
          k,
          connection,
          [plus[l - 1]!.rate, minus[l - 1]!.rate],
          [plus[l]!.rate, minus[l]!.rate],
          factor,
        ),
  );

/** The input is the same in both phases, so that one product does. */
function inputContrast(
  k: Kernels,
  connection: Connection,
  input: Tensor,
  plus: Tensor,
  minus: Tensor,
  factor: Tensor | number,
): Direction {
  const post = k.map((p, m, f) => f * (m - p), plus, minus, factor);
  return { connection, products: [{ pre: input, post, scale: 1 / input.rows }] };
}

/** The factor goes into the postsynaptic side, so that plain descent can add the products straight to the weights. */
function contrast(
  k: Kernels,
  connection: Connection,
  pre: readonly [plus: Tensor, minus: Tensor],
  post: readonly [plus: Tensor, minus: Tensor],
  factor: Tensor | number,
): Direction {
  const times = (rate: Tensor) => k.map((r, f) => f * r, rate, factor);
  const scale = 1 / pre[0].rows;
  return {
    connection,
    products: [
      { pre: pre[0], post: times(post[0]), scale: -scale },
      { pre: pre[1], post: times(post[1]), scale },
    ],
  };
}

/** The softmax readout descends the cross-entropy of the nudged states: dC/dW = rho(s)ᵀ (y - t). */
export function readoutDirection(
  k: Kernels,
  energy: EnergyNetwork,
  states: readonly SettlingState[],
  target: Tensor,
): Direction {
  const products = states.map((state) => ({
    pre: state.at(-1)!.rate,
    post: k.map((y, t) => y - t, energy.output(state), target),
    scale: 1 / (target.rows * states.length),
  }));
  return { connection: energy.readout!, products };
}

/** The iterations that the authors' code uses, and their learning rates, by the number of hidden layers. */
export function publishedFor(layers: readonly number[]) {
  const hidden = layers.length - 2;
  if (hidden <= 1) return { free: 20, nudged: 4, beta: 0.5, learningRate: hidden < 1 ? [0.05] : [0.1, 0.05] };
  if (hidden === 2) return { free: 150, nudged: 6, beta: 1, learningRate: [0.4, 0.1, 0.01] };
  // Published for three hidden layers; each connection learns four times as fast as the next one.
  return {
    free: 500,
    nudged: 8,
    beta: 1,
    learningRate: layers.slice(1).map((_, l) => 0.002 * 4 ** (hidden - l)),
  };
}

/** @throws UserError naming the option */
export function checkPhases(
  rule: string,
  iterations: Readonly<Record<string, number>>,
  epsilon: number,
): void {
  for (const [name, value] of Object.entries(iterations))
    if (!Number.isInteger(value) || value < 1)
      throw new UserError(
        `the option '${name}' of the rule '${rule}' must be a whole number above 0, not ${value}`,
      );
  if (!(epsilon > 0 && epsilon <= 1))
    throw new UserError(
      `the option 'epsilon' of the rule '${rule}' must be above 0 and at most 1, not ${epsilon}`,
    );
}
