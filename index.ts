export * from './data/index.ts';
export * from './devices/index.ts';
export * from './experiments/index.ts';
export * from './kernels/index.ts';
export * from './networks/index.ts';
export * from './results/index.ts';
export * from './rules/index.ts';
