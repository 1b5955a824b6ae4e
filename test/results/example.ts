import type { DeviceRecord, EpochRecord, ExperimentRecord, RunResult } from '../../results/index.ts';

/** Made-up runs for the tests of this folder. */

export const device: DeviceRecord = {
  name: 'cpu',
  backend: 'wasm-simd',
  blas: 'OpenBLAS 0.3.21',
  executorKind: null,
  fallbackReason: null,
  hardware: 'An example processor',
};

export const experiment: ExperimentRecord = {
  dataset: 'mnist',
  note: 'Not comparable with published figures.',
  trainExamples: 8000,
  testExamples: 2000,
  layers: [784, 500, 10],
  activation: 'tanh',
  loss: 'cross-entropy',
  rules: ['backprop', 'feedback-alignment'],
  seeds: [1, 2, 3],
  epochs: 2,
  batch: 100,
  optimizer: 'sgd',
  learningRate: [0.1],
};

/** Two seconds of training for 8000 examples. */
export const epochRecord = (epoch: number, testError: number): EpochRecord => ({
  epoch,
  examples: 8000 * epoch,
  trainLoss: 0.25,
  trainError: 3.5,
  testError,
  seconds: 2,
  evaluationSeconds: 0.5,
  examplesPerSecond: 4000,
});

export const run = (
  rule: string,
  seed: number,
  errors: number[],
  changes: Partial<RunResult> = {},
): RunResult => ({
  rule,
  seed,
  status: 'finished',
  epochs: errors.map((error, index) => epochRecord(index + 1, error)),
  device,
  folder: `runs/example/${rule}-${seed}`,
  ...changes,
});
