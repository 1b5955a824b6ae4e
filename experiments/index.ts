export {
  type CompareEvents,
  type CompareOptions,
  compare,
  prepareComparison,
} from './compare.ts';
export { type CheckResult, checkRule } from './conformance.ts';
export { type CreateTrainerOptions, createTrainer } from './create-trainer.ts';
export {
  type Axis,
  type ComparedRule,
  checkAgainst,
  defineExperiment,
  type Experiment,
  type ExperimentInput,
  type Extensions,
} from './experiment.ts';
export type { Job, Launcher, RunEvents, RunProgress, Shared } from './launchers/launcher.ts';
export { loadPlugin, loadPlugins, type Plugins } from './plugins.ts';
export {
  type ImagePrediction,
  type PredictOptions,
  predictRun,
  type RunPrediction,
} from './predict.ts';
export { type Repetition, repeatRun } from './repeat.ts';
export { type ResumeOptions, resume } from './resume.ts';
