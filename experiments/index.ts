export { type CheckResult, checkRule } from './conformance.ts';
export { DIAGNOSTICS, type Diagnostic, findDiagnostics } from './diagnostics/index.ts';
export {
  checkAgainst,
  DEFAULTS,
  defineExperiment,
  type Experiment,
  type ExperimentInput,
  type RulePlan,
  type Settings,
} from './experiment.ts';
export { loadPlugin, loadPlugins } from './plugins.ts';
export type { RunProgress } from './run.ts';
export { type RunnerOptions, runExperiment } from './runner.ts';
export { tinyTask } from './tiny-task.ts';
export { type TrainingHooks, type TrainingOutcome, train } from './training.ts';
