/** What works on every platform: nothing here reads files. `index.ts` adds what does. */
export { makeAssociativeRecall } from './associative-recall.ts';
export {
  type Dataset,
  type DatasetParts,
  makeDataset,
  makeSplit,
  type Split,
  type SplitBytes,
  type Walks,
} from './dataset.ts';
export {
  type DatasetDefinition,
  type DatasetInfo,
  type DatasetRequest,
  defineDataset,
  isDatasetDefinition,
} from './definition.ts';
export { makeMnist, parsePixels } from './digits.ts';
export { makeGraphWorlds } from './graph-worlds.ts';
export { hashDataset } from './hash.ts';
export { type Idx, type IdxContent, type IdxFiles, makeIdxDataset, parseIdx } from './idx.ts';
export { type MovingLabel, makeMovingDigits } from './moving-digits.ts';
export { findOverlap, type Overlap } from './overlap.ts';
export { makePatterns } from './patterns.ts';
export { divide, withTrainingExamples, withValidation } from './stratify.ts';
