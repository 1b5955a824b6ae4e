import type { DeviceRecord, ExperimentRecord, RunResult } from '../../results/index.ts';
import {
  type Condition,
  DEFAULTS,
  type EpochRecord,
  type RunSpec,
  type Settings,
} from '../../training/index.ts';

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
  validation: 0,
  task: 'classify',
  score: { label: 'Test error', unit: '%', better: 'lower', digits: 2 },
  diagnostics: ['angle'],
  seeds: [1, 2, 3],
  contrasts: [{ condition: 'feedback-alignment', to: 'backprop' }],
};

export const condition = (rule: string, settings: Partial<Settings> = {}, id = rule): Condition => ({
  id,
  label: id,
  rule,
  recipe: null,
  settings: {
    ...DEFAULTS,
    epochs: 2,
    batch: 100,
    optimizer: 'sgd',
    schedule: 'constant',
    ...settings,
  },
  options: {},
});

export const conditions = [condition('backprop'), condition('feedback-alignment')];

export const spec = (seed: number): RunSpec => ({
  format: 1,
  condition: conditions[0]!,
  seed,
  task: 'classify',
  dataset: { name: 'mnist', hash: '0'.repeat(64), validation: 0, splitSeed: 0 },
  diagnostics: ['angle'],
  device: { asked: {}, settled: { device: 'cpu', backend: 'wasm-simd', blas: null } },
  plugins: [],
});

/** Two seconds of training for 8000 examples. */
export const epochRecord = (epoch: number, testScore: number): EpochRecord => ({
  epoch,
  examples: 8000 * epoch,
  multiplyAccumulates: 6e9 * epoch,
  trainLoss: 0.25,
  trainScore: 3.5,
  testScore,
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
  condition: rule,
  rule,
  seed,
  status: 'finished',
  epochs: errors.map((error, index) => epochRecord(index + 1, error)),
  device,
  folder: `runs/example/${rule}-${seed}`,
  ...changes,
});
