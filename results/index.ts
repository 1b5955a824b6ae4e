export { lastHidden } from './baseline-summary.ts';
export type { BaselineScore, BaselineSummary } from './baselines.schema.ts';
export { readBaselines, writeBaselines } from './baselines-file.ts';
export {
  addCheckpoint,
  type NewestCheckpoint,
  newestCheckpoint,
  readCheckpoint,
  writeCheckpoint,
} from './checkpoint-file.ts';
export {
  type ComparedRun,
  type ComparisonDocument,
  type ConditionSummary,
  comparisonJsonSchema,
  type DeviceRecord,
  deviceSchema,
  type ExperimentRecord,
  type RunResult,
  type RunStatus,
} from './comparison.schema.ts';
export {
  type Comparison,
  comparedRun,
  comparisonDocument,
  defaultContrasts,
  referenceCondition,
} from './comparison-document.ts';
export {
  type CheckpointPlan,
  documentOf,
  holdsComparison,
  makeTimedFolder,
  type OpenComparison,
  openComparison,
  type ReadComparison,
  readExperiment,
  readStoredExperiment,
  removeDocument,
  reopenComparison,
  type StoredExperiment,
} from './comparison-folder.ts';
export { type Contrast, type ContrastResult, contrastSchema } from './contrast.schema.ts';
export {
  type ComparisonDiff,
  type ConditionDiff,
  type ConfigurationDifference,
  type ConfigurationValue,
  diffComparisons,
  diffText,
} from './diff/index.ts';
export { firstDifference } from './difference.ts';
export {
  EXPORT_FORMATS,
  type Exported,
  type ExportFormat,
  type ExportOptions,
  exportFolder,
} from './exports/export-folder.ts';
export { GrowingEventFiles } from './exports/tensorboard.ts';
export {
  encodeFigure,
  FIGURE_FORMATS,
  type FigureFormat,
  makeFigureDocument,
  writeFigure,
} from './figure-file.ts';
export { causeOf, hasCode, makeFolder, readText, writeWhole, writingTo } from './files.ts';
export { checkLock, type FolderLock, FolderTaken, lockFolder, type Owner, ownersOf } from './folder-lock.ts';
export { withBlock } from './generated-block.ts';
export { markdownTable } from './markdown-table.ts';
export { type NumberStyle, numberText } from './number-text.ts';
export {
  COST_NAMES,
  type Explanation,
  explainCell,
  explanationText,
  formatPivot,
  MEASURE_NAMES,
  PIVOT_FORMATS,
  type PivotCell,
  type PivotDocument,
  type PivotFormat,
  type PivotLine,
  type PivotOptions,
  type PivotTable,
  pivotJsonSchema,
  pivotTable,
  type TerminalOptions,
} from './pivot/index.ts';
export { collectProvenance, ownPackage, type Provenance } from './provenance.ts';
export {
  endRun,
  hasEnded,
  holdsRun,
  type OpenRun,
  openRun,
  type RunEnd,
  type RunProvenance,
  readRun,
  reopenRun,
  type StoredRun,
} from './run-folder.ts';
export { type Spread, summarize } from './statistics/spread.ts';
export {
  listSubmissions,
  readSubmission,
  runsOfTask,
  type StoredSubmission,
  submissionPaths,
  writeScript,
  writeSubmission,
} from './submission-file.ts';
export { comparisonTable, type TableOptions } from './table.ts';
export { verdictText } from './table-contrasts.ts';
export { valuesText } from './table-tuning.ts';
export { budgetText, valueText, wordsOf } from './table-words.ts';
export { type TrainedCheckpoint, trainedCheckpoint } from './trained-checkpoint.ts';
export type { Trial, TrialOutcome, TunedCondition, TuningRecord } from './tuning.schema.ts';
