import type { Kernels, Tensor } from '../kernels/index.ts';
import { ACTIVATIONS, type ActivationName } from './activation.ts';

/** What the output layer reports, and how far that is from the target. All tensors are batch x classes. */
export interface Readout {
  /** Output rates from the potentials of the output somata. */
  rate(k: Kernels, potential: Tensor): Tensor;
  /** Derivative of the loss by the potential, one row an example (not averaged over the batch). */
  error(k: Kernels, potential: Tensor, rate: Tensor, target: Tensor): Tensor;
  /** The loss of each output, to be summed over outputs. */
  loss(k: Kernels, rate: Tensor, target: Tensor): Tensor;
}

/** Softmax outputs and L = -sum t log y, so that dL/dv = y - t. */
export const crossEntropy: Readout = {
  rate: (k, potential) => k.softmax(potential),
  error: (k, _potential, rate, target) => k.map((y, t) => y - t, rate, target),
  // The smallest float32 normal keeps log finite where the softmax underflows; a NaN passes through max.
  loss: (k, rate, target) => k.map((y, t) => -t * Math.log(Math.max(y, 1.17549435e-38)), rate, target),
};

/** L = 1/2 sum (y - t)^2 with y = f(v), so that dL/dv = (y - t) f'(v). */
export const squaredError = (activation: ActivationName): Readout => ({
  rate: (k, potential) => k.map(ACTIVATIONS[activation].rate, potential),
  error: (k, potential, rate, target) =>
    k.map(
      ACTIVATIONS[activation].backward,
      k.map((y, t) => y - t, rate, target),
      potential,
      rate,
    ),
  loss: (k, rate, target) => k.map((y, t) => 0.5 * (y - t) * (y - t), rate, target),
});
