export { BASELINES, type Baseline, findBaseline, goesWith, scoreBaseline } from './baselines/index.ts';
export { scaleBudget, stepsPerEpoch, totalSteps } from './budget.ts';
export {
  type Checkpoint,
  hashStates,
  identify,
  type RunIdentity,
  type SavedTensor,
} from './checkpoint.ts';
export {
  type Condition,
  type ConditionInput,
  conditionSchema,
  findRecipe,
  type Named,
  namedValue,
  resolveCondition,
} from './condition.ts';
export { checkCondition, createTrainer, type TrainerInput } from './create-trainer.ts';
export {
  compareFeedback,
  DIAGNOSTICS,
  type Diagnostic,
  type FeedbackComparison,
  findDiagnostics,
  isDiagnostic,
  type Measurements,
  ObservedMinibatch,
  type ObservedRun,
  prepareMeasurements,
  type Reading,
  type Reason,
} from './diagnostics/index.ts';
export { countOf, type EpochRecord, epochSchema, parseEpoch, quantity } from './epoch.ts';
export { epochOrder } from './epoch-order.ts';
export { meanOverExamples } from './evaluation.ts';
export {
  type ForecastInput,
  type ForecastScore,
  forecastScores,
  type RecordedPair,
  type Recording,
} from './forecast-score.ts';
export { type Fired, firedIn, GUARDS, type Guard } from './guards/index.ts';
export { checkpointParts, decodeCheckpoint, encodeCheckpoint, safetensorsParts } from './safetensors.ts';
export {
  checkSearch,
  declaredSpace,
  drawValues,
  ownValues,
  type SearchedValues,
  searchedValuesSchema,
  searchSchema,
  withValues,
} from './search-space.ts';
export {
  closestSetting,
  DEFAULTS,
  describeSetting,
  findSetting,
  isUsed,
  optionName,
  parse,
  parseSomeSettings,
  SETTING_NAMES,
  type SettingName,
  type Settings,
  type SettingsInput,
  settingFromText,
  settingsSchema,
} from './settings.ts';
export { parseRunSpec, type RunSpec, runSpecSchema, SPEC_FORMAT } from './spec.ts';
export type { StartHashes } from './start-hashes.ts';
export {
  type BuiltTask,
  isTaskDefinition,
  type Score,
  type TaskContext,
  type TaskDefinition,
  type TaskSetup,
} from './task.ts';
export { type ChosenTask, findTask, TASKS, usage } from './tasks/index.ts';
export { type Moments, RIDGE_PENALTY, solveRidge } from './tasks/ridge.ts';
export { tinyDataset } from './tiny-dataset.ts';
export { type RunParts, type TracedRun, traceRun } from './traced-run.ts';
export { buildTrainer } from './trainer.ts';
export type { EpochsOptions, Measurement, Trainer } from './trainer-interface.ts';
