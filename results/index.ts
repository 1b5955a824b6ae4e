export { readCheckpoint, writeCheckpoint } from './checkpoint-file.ts';
export {
  type ComparedRun,
  type ComparisonDocument,
  type ConditionSummary,
  comparisonJsonSchema,
  type DeviceRecord,
  type ExperimentRecord,
  type RunResult,
  type RunStatus,
} from './comparison.schema.ts';
export { type Comparison, comparisonDocument, referenceCondition } from './comparison-document.ts';
export {
  makeTimedFolder,
  type OpenComparison,
  openComparison,
  type ReadComparison,
  readExperiment,
} from './comparison-folder.ts';
export { causeOf } from './files.ts';
export { collectProvenance, ownPackage, type Provenance } from './provenance.ts';
export {
  openRun,
  type RunEnd,
  type RunProvenance,
  readRun,
  type StoredRun,
} from './run-folder.ts';
export { pairedDifference, type Spread, summarize, tQuantile } from './statistics.ts';
export { comparisonTable, type TableOptions } from './table.ts';
