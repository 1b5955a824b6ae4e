export { type Dataset, makeSplit, type Split } from './dataset.ts';
export { type DatasetInfo, type LoadOptions, listDatasets, loadDataset } from './datasets.ts';
