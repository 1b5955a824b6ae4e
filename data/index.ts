export * from './browser.ts';
export { DATASETS, type LoadOptions, listDatasets, loadDataset } from './datasets.ts';
export { type Images, readImages } from './images.ts';
