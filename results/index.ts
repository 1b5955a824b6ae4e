export {
  type CompareDocument,
  type CompareRun,
  type CompareSummary,
  compareJsonSchema,
  type DeviceRecord,
  type EpochRecord,
  type ExperimentRecord,
  type RunRecord,
  type RunStatus,
} from './compare.schema.ts';
export { type Comparison, compareDocument } from './compare-document.ts';
export { makeComparisonFolder } from './comparison-folder.ts';
export { collectProvenance, ownPackage, type Provenance } from './provenance.ts';
export {
  type OpenRun,
  openRun,
  type RunConfig,
  type RunEnd,
  type RunProvenance,
  readRun,
  type StoredRun,
} from './run-record.ts';
export { pairedDifference, type Spread, summarize, tQuantile } from './statistics.ts';
export { comparisonTable, type TableOptions } from './table.ts';
