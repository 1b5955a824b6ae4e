export { ACTIVATIONS, type Activation, type ActivationName } from './activation.ts';
export { feedbackConnection } from './feedback.ts';
export { INITIAL_WEIGHTS, type InitialWeights } from './initial.ts';
export {
  type Activity,
  type Compartment,
  type Connection,
  LayeredNetwork,
  type LayeredOptions,
  type Population,
} from './layered.ts';
export type { Readout } from './loss.ts';
export {
  DYNAMICS,
  EnergyNetwork,
  type Nudge,
  type PhaseOptions,
  type Remembered,
  type SettlingState,
  type Synapses,
} from './settling.ts';
