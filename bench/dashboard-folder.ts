import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  collectProvenance,
  defaultContrasts,
  endRun,
  openComparison,
  type StoredExperiment,
} from '../results/index.ts';
import { findRule } from '../rules/index.ts';
import { type Condition, type EpochRecord, resolveCondition, SPEC_FORMAT } from '../training/index.ts';

const RULES = [
  'backprop',
  'feedback-alignment',
  'direct-feedback-alignment',
  'sign-symmetry',
  'equilibrium-propagation',
];
const WIDTHS = [50, 100, 200, 500, 1000];
const LEARNING_RATES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1];
const SEEDS = 10;
const EPOCHS = 20;

/** Made-up runs as a sweep leaves them: 5 rules x 5 widths x 8 learning rates x 10 seeds. */
export interface MadeFolder {
  /** Name of the comparison's folder. */
  readonly name: string;
  readonly runs: number;
  /** Adds an epoch to the last run, which has not ended. */
  addEpoch(): EpochRecord;
}

/**
 * Writes a comparison of 2,000 runs, of which the last one has not ended.
 * @param out folder for its folder
 */
export function makeFolder(out: string): MadeFolder {
  const name = 'sweep';
  const conditions = RULES.flatMap((rule) =>
    WIDTHS.flatMap((width) => LEARNING_RATES.map((learningRate) => conditionOf(rule, width, learningRate))),
  );
  const seeds = Array.from({ length: SEEDS }, (_, i) => i + 1);
  const runs = conditions.flatMap(({ id }) =>
    seeds.map((seed) => ({ condition: id, seed, folder: `${id}-seed-${seed}` })),
  );
  const stored = storedOf(conditions, seeds, runs);
  mkdirSync(out, { recursive: true });
  const { folder } = openComparison(out, stored, new Date(), name);
  for (const [i, { condition, seed, folder: run }] of runs.entries()) {
    const at = join(folder, run);
    mkdirSync(at);
    const spec = {
      ...{ format: SPEC_FORMAT, condition: conditions.find(({ id }) => id === condition)!, seed },
      ...{ task: 'classify', dataset: stored.dataset, diagnostics: [], device: stored.device, plugins: [] },
    };
    writeFileSync(join(at, 'config.json'), JSON.stringify(spec));
    writeFileSync(join(at, 'provenance.json'), JSON.stringify({ ...collected, device: null }));
    const isLast = i === runs.length - 1;
    const epochs = Array.from({ length: isLast ? 1 : EPOCHS }, (_, e) => epochOf(e + 1, i));
    writeFileSync(join(at, 'metrics.jsonl'), epochs.map((epoch) => `${JSON.stringify(epoch)}\n`).join(''));
    if (!isLast) endRun(at, { status: 'finished' });
  }
  let epochs = 1;
  return {
    name,
    runs: runs.length,
    addEpoch: () => {
      const epoch = epochOf(++epochs, runs.length);
      appendFileSync(join(folder, runs.at(-1)!.folder, 'metrics.jsonl'), `${JSON.stringify(epoch)}\n`);
      return epoch;
    },
  };
}

const collected = collectProvenance();

const conditionOf = (rule: string, width: number, learningRate: number): Condition =>
  resolveCondition(findRule(rule), {
    id: `${rule}-${width}-${learningRate}`.replaceAll('.', '-'),
    label: `${rule}, ${width} neurons, learning rate ${learningRate}`,
    settings: { layers: [784, width, 10], learningRate: [learningRate], epochs: EPOCHS },
  });

function storedOf(
  conditions: Condition[],
  seeds: number[],
  runs: StoredExperiment['runs'],
): Omit<StoredExperiment, 'format' | 'startedAt'> {
  return {
    dendrite: collected.dendrite,
    given: { title: 'A made-up sweep' },
    experiment: {
      ...{ dataset: 'mnist', trainExamples: 8000, testExamples: 2000, validation: 0, task: 'classify' },
      score: { label: 'Test error', unit: '%', better: 'lower', digits: 2 },
      ...{ diagnostics: [], seeds, contrasts: defaultContrasts(conditions) },
    },
    ...{ conditions, runs, plugins: [] },
    dataset: { name: 'mnist', hash: '0'.repeat(64), validation: 0, splitSeed: 0 },
    device: { asked: {}, settled: { device: 'cpu', backend: 'wasm-simd', blas: null } },
    checkpoints: { keep: 'none', seconds: null },
  };
}

/** An error that falls, and differs from run to run. */
const epochOf = (epoch: number, run: number): EpochRecord => ({
  ...{
    epoch,
    examples: 8000 * epoch,
    multiplyAccumulates: 6e9 * epoch,
    trainLoss: 1 / epoch,
    trainScore: 20 / epoch,
  },
  testScore: 3 + (run % 97) / 40 + (20 + (run % 13)) / epoch,
  ...{ seconds: 2, evaluationSeconds: 0.5, examplesPerSecond: 4000 },
});
