// What `import ... from 'dendrite'` gives on Node. dendrite/browser has the part of it that runs in a browser.

export {
  type Dataset,
  type DatasetDefinition,
  defineDataset,
  hashDataset,
  type LoadOptions,
  listDatasets,
  loadDataset,
  makeDataset,
  type Split,
} from './data/index.ts';
export { type DeviceOptions, listDevices, openDevice } from './devices/index.ts';
export {
  type ComparedRule,
  type CompareEvents,
  type CompareOptions,
  type CreateTrainerOptions,
  checkRule,
  compare,
  createTrainer,
  type RunProgress,
  repeatRun,
} from './experiments/index.ts';
export {
  type Device,
  type DeviceInfo,
  Kernels,
  RandomStream,
  ReferenceDevice,
  sigmoid,
  type Tensor,
  UserError,
} from './kernels/index.ts';
export * from './networks/index.ts';
export {
  type ComparisonDocument,
  comparisonJsonSchema,
  comparisonTable,
  readCheckpoint,
  readExperiment,
  readRun,
  writeCheckpoint,
} from './results/index.ts';
export * from './rules/index.ts';
export {
  type Checkpoint,
  type Condition,
  DEFAULTS,
  DIAGNOSTICS,
  type Diagnostic,
  type EpochRecord,
  type Settings,
  TASKS,
  type TaskDefinition,
  type Trainer,
} from './training/index.ts';
