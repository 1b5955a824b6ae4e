import { type JsScalarFunction, sigmoid } from '../kernels/index.ts';

/** How a soma's potential becomes a firing rate. Both functions are `map` functions (docs/kernels.md). */
export interface Activation {
  /** rate = f(potential) */
  readonly rate: JsScalarFunction;
  /** f'(potential) times an error in the rate: (error, potential, rate) => error in the potential. */
  readonly backward: JsScalarFunction;
}

/** One of ACTIVATIONS. */
export type ActivationName = 'linear' | 'relu' | 'leaky-relu' | 'tanh' | 'sigmoid' | 'hard-sigmoid';

/** By the name of the settings activation and outputActivation. Potentials and rates have no unit. */
export const ACTIVATIONS: Readonly<Record<ActivationName, Activation>> = {
  linear: {
    rate: (v: number) => v,
    backward: (error: number, _v: number, _r: number) => error,
  },
  relu: {
    rate: (v: number) => Math.max(v, 0),
    backward: (error: number, v: number, _r: number) => (v > 0 ? error : 0),
  },
  /** With a slope of 0.1 below zero, as in dendritic networks (Chavlis & Poirazi 2025). */
  'leaky-relu': {
    rate: (v: number) => Math.max(v, 0.1 * v),
    backward: (error: number, v: number, _r: number) => (v > 0 ? error : 0.1 * error),
  },
  tanh: {
    rate: (v: number) => Math.tanh(v),
    backward: (error: number, _v: number, r: number) => error * (1 - r * r),
  },
  sigmoid: {
    rate: (v: number) => sigmoid(v),
    backward: (error: number, _v: number, r: number) => error * r * (1 - r),
  },
  /** Clipped to [0, 1] (Scellier & Bengio 2017); the derivative is 1 inside the interval, 0 outside. */
  'hard-sigmoid': {
    rate: (v: number) => Math.min(Math.max(v, 0), 1),
    backward: (error: number, v: number, _r: number) => (v > 0 && v < 1 ? error : 0),
  },
};
