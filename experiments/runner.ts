import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { Tinypool } from 'tinypool';
import { type Dataset, loadDataset } from '../data/index.ts';
import { type DeviceOptions, openDevice } from '../devices/index.ts';
import {
  type CompareDocument,
  collectProvenance,
  compareDocument,
  makeComparisonFolder,
  type RunResult,
} from '../results/index.ts';
import { checkAgainst, type Experiment, ownSettings, type RulePlan } from './experiment.ts';
import { executeInLockstep, lockstepGroups } from './lockstep.ts';
import { firstLine } from './plugins.ts';
import type { RunOrder, RunProgress } from './run.ts';

export interface RunnerOptions {
  readonly experiment: Experiment;
  readonly device: DeviceOptions;
  /** Files whose rules the experiment may name. */
  readonly plugins: readonly string[];
  /** Folder in which the comparison's folder is made. */
  readonly out: string;
  /** Runs at the same time, one worker thread each. Results do not depend on it. */
  readonly jobs: number;
  progress?(progress: RunProgress): void;
  /** After each run, finished or not. */
  runEnded?(run: RunResult): void;
}

/**
 * Runs every rule from every seed, and gathers what came out.
 * @throws UserError for settings that cannot work; faults of single runs are in their records
 */
export async function runExperiment(options: RunnerOptions): Promise<CompareDocument> {
  const { experiment, plugins } = options;
  const dataset = await loadDataset(experiment.dataset, { validation: experiment.validation });
  checkAgainst(experiment, dataset);
  const device = await settleDevice(options.device, experiment);
  const provenance = collectProvenance();
  const comparison = makeComparisonFolder(options.out);
  const orders = experiment.rules.flatMap((plan) =>
    experiment.seeds.map((seed): RunOrder => {
      const folder = join(comparison, `${plan.name}-seed-${seed}`);
      return { plan, seed, dataset, device, plugins, folder, provenance };
    }),
  );
  // A GPU serves the seeds of one rule at a time, from this thread.
  const runs = device.device === 'gpu' ? await runHere(orders, options) : await runInWorkers(orders, options);
  return compareDocument({ dendrite: provenance.dendrite, experiment: describe(experiment, dataset), runs });
}

/**
 * Opens the device once, so that one that cannot work ends the experiment before it starts, and so that `auto` means
 * the same device for every run.
 */
async function settleDevice(
  options: DeviceOptions,
  { layers, settings: { batch } }: Experiment,
): Promise<DeviceOptions> {
  const device = await openDevice({ ...options, layers, batch });
  const { name } = device.info;
  await device.dispose();
  return { ...options, device: name === 'gpu' ? 'gpu' : 'cpu' };
}

async function runHere(orders: readonly RunOrder[], options: RunnerOptions): Promise<RunResult[]> {
  const runs: RunResult[] = [];
  for (const group of lockstepGroups(orders)) {
    const ended = await executeInLockstep(group, (progress) => options.progress?.(progress));
    for (const run of ended) options.runEnded?.(run);
    runs.push(...ended);
  }
  return runs;
}

async function runInWorkers(orders: readonly RunOrder[], options: RunnerOptions): Promise<RunResult[]> {
  const threads = Math.min(options.jobs, orders.length);
  const worker = import.meta.url.endsWith('.ts') ? './worker-from-source.mjs' : './worker.js';
  const filename = new URL(worker, import.meta.url).href;
  const pool = new Tinypool({ filename, minThreads: threads, maxThreads: threads });
  try {
    const broken = new Promise<never>((_, reject) => pool.on('error', reject));
    return await Promise.race([
      broken,
      Promise.all(orders.map((order) => runInWorker(pool, order, options))),
    ]);
  } finally {
    await pool.destroy();
  }
}

async function runInWorker(pool: Tinypool, order: RunOrder, options: RunnerOptions): Promise<RunResult> {
  const { port1, port2 } = new MessageChannel();
  port1.on('message', (progress: RunProgress) => options.progress?.(progress));
  let run: RunResult;
  try {
    run = await pool.run({ order, port: port2 }, { transferList: [port2] });
  } catch (error) {
    // The thread itself died, e.g. for want of memory.
    const { plan, seed, folder } = order;
    run = {
      rule: plan.name,
      seed,
      folder,
      epochs: [],
      device: null,
      status: 'failed',
      reason: firstLine(error),
    };
  } finally {
    port1.close();
  }
  options.runEnded?.(run);
  return run;
}

/** The experiment as results show it. */
function describe(experiment: Experiment, dataset: Dataset): CompareDocument['experiment'] {
  const { dataset: name, layers, seeds, validation, diagnostics, settings, rules } = experiment;
  const byRule = <T>(value: (plan: RulePlan) => T) =>
    Object.fromEntries(rules.map((plan) => [plan.name, value(plan)]));
  return {
    dataset: name,
    ...(dataset.comparable !== true && {
      note: `not comparable with published figures: ${dataset.comparable}`,
    }),
    trainExamples: dataset.train.images.count,
    testExamples: dataset.test.images.count,
    validation,
    diagnostics,
    layers,
    seeds,
    rules: rules.map((plan) => plan.name),
    ...settings,
    ownSettings: byRule((plan) => ownSettings(experiment, plan)),
    options: byRule(({ options }) => options),
  };
}
