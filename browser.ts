// What `import ... from 'dendrite/browser'` gives: everything that trains, and nothing of Node. Data and the kernels' bytes
// are handed in.
export {
  type Dataset,
  hashDataset,
  makeDataset,
  type Split,
} from './data/browser.ts';
export {
  type Device,
  type DeviceInfo,
  Kernels,
  openCpu,
  RandomStream,
  sigmoid,
  type Tensor,
  UserError,
} from './kernels/index.ts';
export * from './networks/index.ts';
export * from './rules/index.ts';
export {
  type Checkpoint,
  type Condition,
  createTrainer,
  DEFAULTS,
  DIAGNOSTICS,
  type Diagnostic,
  decodeCheckpoint,
  type EpochRecord,
  encodeCheckpoint,
  type Settings,
  TASKS,
  type TaskDefinition,
  type Trainer,
  type TrainerInput,
  tinyDataset,
} from './training/index.ts';
