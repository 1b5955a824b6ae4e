import { type Kernels, type Tensor, UserError } from '../kernels/index.ts';
import type { EnergyNetwork, PhaseOptions, SettlingState, Synapses } from '../networks/index.ts';
import { contrasts } from './contrast.ts';
import type { OptimizerOptions } from './optimizer.ts';

/** A nudged phase in which copies of weights and biases follow each step (Ernoult et al. 2020). */
export function followedPhase(
  k: Kernels,
  energy: EnergyNetwork,
  free: SettlingState,
  input: Tensor,
  iterations: number,
  phase: PhaseOptions,
  inverse: Tensor,
  learningRate: readonly number[],
): SettlingState {
  const copy = (t: Tensor) => k.map((w) => w, t);
  const moving = energy.connections.map(
    ({ weights, bias }): Synapses => ({ weights: copy(weights), bias: bias && copy(bias) }),
  );
  const synapses = energy.readout ? [...moving, energy.readout] : moving;
  let state = free;
  for (let i = 0; i < iterations; i++) {
    const next = energy.step(state, energy.drive(input, moving[0]), { ...phase, synapses });
    // dW = rate / beta (rho rho at this step - rho rho at the one before)
    for (const [l, { products }] of contrasts(k, energy, input, next, state, inverse).entries()) {
      const { weights, bias } = moving[l]!;
      for (const { pre, post, scale } of products) {
        const change = -(learningRate[l] ?? learningRate[0]!) * (scale as number);
        k.matmul(pre, post, { transposeA: true, scale: change, into: weights, accumulate: true });
        if (bias) k.sum(post, { over: 'rows', scale: change, into: bias, accumulate: true });
      }
    }
    state = next;
  }
  return state;
}

/** @throws UserError when other settings do not go with the option `continual` */
export function checkContinual(
  estimate: string,
  { optimizer, schedule, weightDecay }: OptimizerOptions,
): void {
  if (estimate === 'symmetric')
    throw new UserError(
      "the option 'continual' of the rule 'equilibrium-propagation' goes with the one-sided estimate only",
    );
  if (optimizer !== 'sgd' || schedule !== 'constant' || weightDecay > 0)
    throw new UserError(
      "the option 'continual' of the rule 'equilibrium-propagation' needs the optimizer sgd, a constant schedule and no weight decay",
    );
}
