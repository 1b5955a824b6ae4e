export * from './browser.ts';
export { DATASETS, type LoadOptions, listDatasets, loadDataset } from './datasets.ts';
