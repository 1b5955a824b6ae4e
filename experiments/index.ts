export { type BuiltInExperiment, builtInFile, listBuiltIn } from './built-in.ts';
export {
  type CompareEvents,
  type CompareOptions,
  compare,
  prepareComparison,
  type Started,
} from './compare.ts';
export { type CheckResult, checkRule } from './conformance.ts';
export { type CreateTrainerOptions, createTrainer } from './create-trainer.ts';
export { type ConditionCost, type Estimate, estimateCost, makespan } from './estimate.ts';
export {
  defineExperiment,
  type ExperimentDefinition,
  type ExperimentRule,
  experimentJsonSchema,
} from './experiment.schema.ts';
export {
  type ComparedRule,
  comparedScore,
  type Experiment,
  type ExperimentInput,
  type Extensions,
  resolveExperiment,
} from './experiment.ts';
export { type ExperimentSource, isFileName, mapPaths, readExperimentFile } from './experiment-file.ts';
export { type BrainScores, type ForecastOptions, forecastRuns, type RunForecast } from './forecast.ts';
export { expandExperiment } from './grid.ts';
export type { Job, Launcher, RunEvents, RunProgress, Shared } from './launchers/launcher.ts';
export { describePlace, type Place } from './mistake.ts';
export {
  type FigureText,
  figureText,
  type ListedFigure,
  listFigures,
  type PlotOptions,
  type PlottedFigure,
  plotFigure,
} from './plotting/plot.ts';
export { loadPlugin, loadPlugins, type Plugins } from './plugins.ts';
export {
  type ImagePrediction,
  type PredictOptions,
  predictRun,
  type RunPrediction,
} from './predict.ts';
export { type LayerReadout, type RunReadouts, readLayers, type Specialisation } from './readouts.ts';
export { checkRepeatable, type Repetition, repeatRun } from './repeat.ts';
export { writeReport } from './report.ts';
export {
  ALL_RULES,
  type AllRulesRecord,
  allRulesPage,
  expectedFigure,
  readAllRules,
  recordAllRules,
} from './reproduce/all-rules.ts';
export { type Paper, type Part, paperNames, readCatalogue, readPaper } from './reproduce/catalogue.ts';
export { RESULT_COLUMNS, resultCells } from './reproduce/pages.ts';
export { type RunRecord, readRecords, writeRecords } from './reproduce/records.ts';
export { chooseParts, missingSeeds, type ReproduceOptions, runPart } from './reproduce/reproduce.ts';
export { checkTables, rowsOf, TABLES, writeTables } from './reproduce/tables.ts';
export { type ReproducedRow, reproduceRows, type Verdict } from './reproduce/verdict.ts';
export { type ResumeOptions, resume } from './resume.ts';
export {
  openExperiment,
  type PlannedExperiment,
  planExperiment,
  type RunExperimentOptions,
  runExperiment,
} from './run-experiment.ts';
export { checkSavedName, experimentYaml, saveExperiment } from './save-experiment.ts';
export { cancelJobs } from './slurm/cancel.ts';
export type { SlurmOptions } from './slurm/options.ts';
export { checkSbatch, inWords, type QueuedTask } from './slurm/programs.ts';
export { shellQuoted } from './slurm/script.ts';
export {
  missingScript,
  plannedScripts,
  resubmit,
  type Submission,
  submitComparison,
  submitMissing,
} from './slurm/submit.ts';
export { type Task, work } from './slurm/work.ts';
export {
  type ComparisonStatus,
  type ConditionStatus,
  comparisonStatus,
  type SlurmStatus,
  type StatusError,
} from './status.ts';
export type { SearchInput } from './tuning/spaces.ts';
export type { TuneInput } from './tuning/tune.schema.ts';
