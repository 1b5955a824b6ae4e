export { ACTIVATIONS, type Activation, type ActivationName } from './activation.ts';
export {
  AssociativeNetwork,
  type AssociativeOptions,
  associativeNetwork,
  checkAssociative,
  type NeuronAtHand,
  type Recall,
} from './associative.ts';
export {
  AstrocyteNetwork,
  type AstrocyteOptions,
  type AstrocyteRates,
  type AstrocyteState,
  astrocyteNetwork,
  checkAstrocyte,
} from './astrocyte.ts';
export {
  ATTENTIONS,
  type Attended,
  AttentionNetwork,
  type AttentionOptions,
  attentionNetwork,
  type BlockErrors,
  checkAttention,
} from './attention.ts';
export { BROADCASTS, BroadcastFeedback, type BroadcastKind } from './broadcast.ts';
export {
  CompartmentalNetwork,
  type CompartmentalOptions,
  checkNeurons,
  compartmentalNetwork,
  GUERGUIEV_2017,
  type NeuronConstants,
} from './compartmental.ts';
export {
  CompetitiveNetwork,
  type CompetitiveOptions,
  checkCompetitive,
  competitiveNetwork,
} from './competitive.ts';
export {
  checkDenseMemory,
  DenseMemoryNetwork,
  type DenseMemoryOptions,
  denseMemoryNetwork,
  type Hypothesis,
  type Overlaps,
} from './dense-memory.ts';
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
  type StepDerivative,
  type Synapses,
} from './energy.ts';
export { drawFeedback, type FeedbackPath, feedbackPath } from './feedback.ts';
export {
  checkForwardForward,
  ForwardForwardNetwork,
  type ForwardForwardOptions,
  forwardForwardNetwork,
  type HiddenActivity,
  type LabelledImages,
} from './forward-forward.ts';
export { type ComplexNudge, type ComplexRate, checkHolomorphic, settleHolomorphic } from './holomorphic.ts';
export { INITIAL_WEIGHTS, type InitialWeights } from './initial.ts';
export { KeptCurrents } from './kept-currents.ts';
export { LayeredNetwork, layeredNetwork } from './layered.ts';
export { hasSigmoidRates } from './layers.ts';
export { LOSSES, type Loss, type Readout } from './loss.ts';
export {
  checkMicrocircuit,
  type LateralCircuit,
  type MicrocircuitConstants,
  MicrocircuitNetwork,
  type MicrocircuitOptions,
  type MicrocircuitTime,
  microcircuitNetwork,
  type TaughtLayer,
} from './microcircuit.ts';
export {
  type MicrocircuitRecording,
  type PopulationTraces,
  recordMicrocircuit,
} from './microcircuit-recorder.ts';
export {
  type MicrocircuitInstant,
  type MicrocircuitPhase,
  MicrocircuitSimulation,
  type NeuronsInTime,
} from './microcircuit-simulation.ts';
export type { Instant } from './millisecond.ts';
export type {
  Activity,
  Compartment,
  Connection,
  Network,
  NetworkKind,
  NetworkSettings,
  Population,
} from './network.ts';
export {
  createNeuronRecorder,
  mostChanged,
  type NeuronRecorder,
  type NeuronRecording,
  type RecordedPotentials,
} from './neuron-recorder.ts';
export type { Allocate, NeuronState, SomaState } from './neuron-state.ts';
export {
  type Attention,
  PatchAttentionNetwork,
  type PatchAttentionOptions,
  patchAttentionNetwork,
  patchPixels,
} from './patch-attention.ts';
export type { MeanName, PhaseMeans } from './phase-means.ts';
export { inverseGaussian, type RandomDuration, randomDuration } from './phases.ts';
export { EARLIEST_PLATEAU } from './plateau-times.ts';
export { Presentation, type TimedPhase } from './presentation.ts';
export { type PspKernel, pspTaps, shareOfWindow, type Window } from './psp.ts';
export { raised } from './raised.ts';
export {
  createRecorder,
  type Electrode,
  type Recorder,
  type RecorderOptions,
  type Recording,
  type RecordOptions,
} from './recorder.ts';
export {
  createSettlingRecorder,
  type SettlingPhases,
  type SettlingRecorder,
  type SettlingRecording,
  settlingPhases,
} from './settling-recorder.ts';
export { softmaxBackward } from './softmax-backward.ts';
export {
  checkStructure,
  type Mask,
  maskWeights,
  STRUCTURES,
  type Structure,
  type StructureSettings,
} from './structure.ts';
export {
  checkTemT,
  type PositionStep,
  TemT,
  type TemTActivity,
  type TemTOptions,
  temT,
} from './tem-t.ts';
export {
  checkTwoCompartments,
  type TwoCompartmentConstants,
  TwoCompartmentNetwork,
  twoCompartmentNetwork,
  URBANCZIK_2014,
} from './two-compartment.ts';
