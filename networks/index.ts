export { ACTIVATIONS, type Activation, type ActivationName } from './activation.ts';
export { BroadcastFeedback, type BroadcastKind } from './broadcast.ts';
export {
  CompartmentalNetwork,
  type CompartmentalOptions,
  GUERGUIEV_2017,
  type Memory,
  type NeuronConstants,
} from './compartmental.ts';
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
export { inverseGaussian, randomDuration } from './phases.ts';
export {
  type Instant,
  type PhaseMeans,
  type PhaseOptions as TimedPhaseOptions,
  Presentation,
} from './presentation.ts';
export { type PspKernel, pspTaps } from './psp.ts';
export {
  createRecorder,
  type Electrode,
  type Recorder,
  type RecorderOptions,
  type Traces,
} from './recording.ts';
export {
  DYNAMICS,
  EnergyNetwork,
  type Nudge,
  type PhaseOptions,
  type RowWrite,
  type SettlingState,
  type Synapses,
} from './settling.ts';
