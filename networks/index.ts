export { ACTIVATIONS, type Activation, type ActivationName } from './activation.ts';
export { BroadcastFeedback, type BroadcastKind } from './broadcast.ts';
export {
  CompartmentalNetwork,
  type CompartmentalOptions,
  GUERGUIEV_2017,
  type Memory,
  type NeuronConstants,
} from './compartmental.ts';
export {
  DYNAMICS,
  EnergyNetwork,
  energyNetwork,
  type Nudge,
  type Particles,
  type RowWrite,
  type SettlingOptions,
  type SettlingPhase,
  type SettlingState,
  type Synapses,
} from './energy.ts';
export { drawFeedback, type FeedbackPath, feedbackPath } from './feedback.ts';
export { INITIAL_WEIGHTS, type InitialWeights } from './initial.ts';
export { LayeredNetwork, layeredNetwork } from './layered.ts';
export type { Readout } from './loss.ts';
export type {
  Activity,
  Compartment,
  Connection,
  Network,
  NetworkKind,
  NetworkSettings,
  Population,
} from './network.ts';
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
