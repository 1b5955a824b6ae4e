import { type Kernels, sigmoid, type Tensor } from '../kernels/index.ts';
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

/** Sigmoid outputs and L = -sum (t log y + (1 - t) log(1 - y)), each output a yes or no of its own, so that dL/dv = y - t. */
export const binaryCrossEntropy: Readout = {
  rate: (k, potential) => k.map((v) => sigmoid(v), potential),
  error: (k, _potential, rate, target) => k.map((y, t) => y - t, rate, target),
  // Kept finite as above.
  loss: (k, rate, target) =>
    k.map(
      (y, t) =>
        -t * Math.log(Math.max(y, 1.17549435e-38)) - (1 - t) * Math.log(Math.max(1 - y, 1.17549435e-38)),
      rate,
      target,
    ),
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

/** Names of the losses. */
export const LOSSES = ['cross-entropy', 'binary-cross-entropy', 'squared-error'] as const;

/** One of LOSSES. */
export type Loss = (typeof LOSSES)[number];

/**
 * The output layer of a loss.
 * @param outputActivation with squared error; the others have one of their own
 */
export function readoutOf(loss: Loss, outputActivation: ActivationName): Readout {
  if (loss === 'cross-entropy') return crossEntropy;
  return loss === 'binary-cross-entropy' ? binaryCrossEntropy : squaredError(outputActivation);
}

/** What the output neurons are called after, for a loss. */
export function activationOfOutput(loss: Loss, outputActivation: ActivationName): ActivationName | 'softmax' {
  if (loss === 'cross-entropy') return 'softmax';
  return loss === 'binary-cross-entropy' ? 'sigmoid' : outputActivation;
}
