import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Dataset, hashDataset, loadDataset } from '../data/index.ts';
import { type DeviceOptions, openDevice } from '../devices/index.ts';
import { type Device, UserError } from '../kernels/index.ts';
import {
  type CheckpointPlan,
  type ComparisonDocument,
  checkLock,
  collectProvenance,
  comparisonDocument,
  type ExperimentRecord,
  type FolderLock,
  lockFolder,
  type OpenComparison,
  openComparison,
  type Provenance,
  type RunResult,
  type StoredRun,
} from '../results/index.ts';
import { RULES } from '../rules/index.ts';
import { type RunSpec, SPEC_FORMAT } from '../training/index.ts';
import { checkBudgets } from './check-budgets.ts';
import { checkAgainst, type Experiment, type ExperimentInput, resolveExperiment } from './experiment.ts';
import { oneByOne, seedsTogether } from './launchers/groups.ts';
import { inThisThread } from './launchers/in-this-thread.ts';
import { inWorkers } from './launchers/in-workers.ts';
import type { Job, Launcher, RunEvents } from './launchers/launcher.ts';
import { startProcess, startThread } from './launchers/start-worker.ts';
import { mistakeAt } from './mistake.ts';
import { loadPlugins, type Plugins } from './plugins.ts';

/** What is compared, on what, and where the results go. */
export interface CompareOptions extends ExperimentInput {
  /** Where to compute; `auto` when left out. */
  readonly device?: DeviceOptions;
  /** Files whose rules, datasets, tasks and diagnostics the experiment may name; or what `loadPlugins` made of them. */
  readonly plugins?: readonly string[] | Plugins;
  /** Folder in which the comparison's folder is made; `runs` when left out. */
  readonly out?: string;
  /**
   * Runs at the same time on the cpu, one worker thread each; as many as there are cores when left out. Results do not depend on it. A
   * gpu trains the seeds of a condition together, in a process of its own.
   */
  readonly jobs?: number;
  /** Checkpoints that stay in the folder of each run: its newest two (`last`, when left out), `every` one, or `none`. */
  readonly checkpoint?: CheckpointPlan['keep'];
  /** Seconds between two checkpoints of a run; after each epoch when left out. */
  readonly checkpointEvery?: number;
}

/** What a comparison tells on its way, and how it is stopped. */
export interface CompareEvents extends RunEvents {
  /** Once, before the first run. */
  started?(comparison: Started): void;
  /** After each run, finished or not. */
  runEnded?(run: RunResult): void;
}

export interface Started {
  readonly experiment: Experiment;
  readonly folder: string;
  /** Runs in all. */
  readonly runs: number;
  /** Those that are to be done: of a comparison that goes on, the missing ones. */
  readonly toDo: readonly RunSpec[];
}

/** A comparison that is checked and ready to run. */
export interface PreparedComparison {
  readonly experiment: Experiment;
  readonly folder: string;
  /** SHA-256 of the dataset's content. */
  readonly datasetHash: string;
  run(events?: CompareEvents): Promise<ComparisonDocument>;
}

/**
 * Trains networks by every rule from every seed, and gathers what came out. Everything is also left in a folder, from which
 * `readExperiment` gives it back.
 * @throws UserError for what cannot work; faults of single runs are in their results
 */
export async function compare(
  options: CompareOptions,
  events: CompareEvents = {},
): Promise<ComparisonDocument> {
  return (await prepareComparison(options)).run(events);
}

/**
 * Everything of a comparison that comes before training: plug-ins, checks, dataset, device and folder.
 * @throws UserError for what cannot work
 */
export async function prepareComparison(options: CompareOptions): Promise<PreparedComparison> {
  const { out, ...rest } = options;
  return openPlanned(await planComparison(rest), out);
}

/** A comparison that is checked, before anything of it is written. */
export interface ComparisonPlan {
  readonly setup: Setup;
  readonly checkpoints: CheckpointPlan;
  readonly jobs: number;
}

/**
 * Loads plug-ins and dataset, opens the device, and checks everything.
 * @throws UserError for what cannot work; an ExperimentMistake where it belongs to one key of the experiment
 */
export async function planComparison(options: Omit<CompareOptions, 'out'>): Promise<ComparisonPlan> {
  const {
    device: asked = {},
    plugins: given = [],
    jobs = availableParallelism(),
    checkpoint: keep = 'last',
    checkpointEvery,
    ...input
  } = options;
  checkJobs(jobs);
  const checkpoints = checkPlan({ keep, seconds: checkpointEvery ?? null });
  const plugins = 'files' in given ? given : await loadPlugins(given);
  return { setup: await setUp(resolveExperiment(input, plugins), plugins, asked), checkpoints, jobs };
}

/**
 * Makes the folder of a comparison.
 * @param out folder in which it is made
 * @param given the experiment as the user gave it, for experiment.json
 * @param name of the folder; the time when left out
 * @throws UserError if it cannot be made or written
 */
export function openPlanned(
  { setup, checkpoints, jobs }: ComparisonPlan,
  out = 'runs',
  given: unknown = setup.experiment.given,
  name?: string,
): PreparedComparison {
  const { experiment, record, common, specs, provenance } = setup;
  const comparison = openComparison(
    out,
    {
      dendrite: provenance.dendrite,
      given,
      experiment: record,
      conditions: [...experiment.conditions],
      ...common,
      checkpoints,
      runs: specs.map(placeOf),
    },
    new Date(),
    name,
  );
  const { folder } = comparison;
  const jobsToDo = specs.map((spec) => ({ spec, folder: join(folder, placeOf(spec).folder) }));
  const launcher = launcherFor(setup, jobs);
  return {
    experiment,
    folder,
    datasetHash: common.dataset.hash,
    run: async (events = {}) => {
      const lock = await lockFolder(folder);
      try {
        return await runAll(jobsToDo, { setup, comparison, checkpoints, launcher, lock, before: [] }, events);
      } finally {
        lock.release();
      }
    },
  };
}

/** @throws UserError if it is no number of workers */
export function checkJobs(jobs: number): void {
  if (!Number.isInteger(jobs) || jobs < 1)
    throw new UserError(`jobs: ${jobs} must be a whole number above 0`);
}

function checkPlan(plan: CheckpointPlan): CheckpointPlan {
  const { keep, seconds } = plan;
  if (!['none', 'last', 'every'].includes(keep))
    throw new UserError(`checkpoint: '${keep}' must be one of none, last, every`);
  if (seconds !== null && !(seconds > 0 && Number.isFinite(seconds)))
    throw new UserError(`checkpointEvery: ${seconds} must be a number of seconds above 0`);
  if (keep === 'none' && seconds !== null)
    throw new UserError(
      `checkpointEvery: ${seconds} has no meaning with checkpoint 'none'; leave one of them out`,
    );
  return plan;
}

/** All that runs need, checked. */
export interface Setup {
  readonly experiment: Experiment;
  readonly record: ExperimentRecord;
  readonly dataset: Dataset;
  readonly plugins: Plugins;
  readonly replicas: Device['capabilities']['replicas'];
  /** What the specs have in common. */
  readonly common: Common;
  readonly specs: readonly RunSpec[];
  readonly provenance: Provenance;
}

type Common = Pick<RunSpec, 'dataset' | 'device' | 'plugins'>;

/**
 * Loads the dataset and opens the device, so that what cannot work ends a comparison before it starts.
 * @param opened how the device is opened, where that is not as it was asked for
 */
export async function setUp(
  experiment: Experiment,
  plugins: Plugins,
  asked: DeviceOptions,
  opened = asked,
): Promise<Setup> {
  const { dataset: name, validation, splitSeed } = experiment;
  const dataset = await loadDataset(name, { validation, seed: splitSeed }, plugins.datasets).catch(
    mistakeAt(['dataset']),
  );
  checkAgainst(experiment, dataset);
  const hashing = hashDataset(dataset);
  const { settled, replicas } = await settleDevice(opened, experiment).catch(mistakeAt(['device']));
  const common: Common = {
    dataset: { name, hash: await hashing, validation, splitSeed },
    device: { asked, settled },
    plugins: [...plugins.files],
  };
  await checkBudgets(experiment, dataset, common.dataset.hash);
  return {
    experiment,
    record: recordOf(experiment, dataset),
    dataset,
    plugins,
    replicas,
    common,
    specs: specsOf(experiment, common),
    provenance: collectProvenance(),
  };
}

/** Where a run lies in the comparison's folder. */
export const placeOf = ({ condition: { id }, seed }: RunSpec) => ({
  condition: id,
  seed,
  folder: `${id}-seed-${seed}`,
});

const specsOf = ({ conditions, seeds, task, diagnostics }: Experiment, common: Common): RunSpec[] =>
  conditions.flatMap((condition) =>
    seeds.map((seed) => ({
      format: SPEC_FORMAT,
      condition,
      seed,
      task,
      diagnostics: [...diagnostics],
      ...common,
    })),
  );

/** A device as it will be opened for every run, and how many replicas it takes. */
interface Settled {
  readonly settled: RunSpec['device']['settled'];
  readonly replicas: Device['capabilities']['replicas'];
}

/**
 * Opens the device once, so that one that cannot work ends the comparison before it starts, and so that `auto` means
 * the same device for every run.
 */
async function settleDevice(options: DeviceOptions, { conditions }: Experiment): Promise<Settled> {
  const { layers, batch } = conditions[0]!.settings;
  const device = await openDevice({ ...options, layers, batch });
  const { name, backend, blas } = device.info;
  await device.dispose();
  return {
    settled: { device: name === 'gpu' ? 'gpu' : 'cpu', backend, blas },
    replicas: device.capabilities.replicas,
  };
}

/**
 * Threads for the cpu, one run each; for a gpu one process, which does the seeds of one condition at a time. Rules in memory cannot be
 * sent to either.
 */
export function launcherFor(setup: Setup, jobs: number): Launcher {
  const { experiment, plugins, replicas, common } = setup;
  const isGpu = common.device.settled.device === 'gpu';
  const grouped = isGpu ? seedsTogether(replicas) : oneByOne;
  if (rulesInMemory(setup).length > 0) return inThisThread(grouped, plugins, experiment.definitions);
  return isGpu ? inWorkers(startProcess, 1, grouped) : inWorkers(startThread, jobs, grouped);
}

/** Names of rules that only this thread has: they are neither built in nor of a plug-in. */
export function rulesInMemory({ experiment: { definitions }, plugins }: Setup): string[] {
  const known = [...RULES, ...plugins.rules];
  return [...definitions].flatMap(([name, definition]) => (known.includes(definition) ? [] : name));
}

interface Running {
  readonly setup: Setup;
  readonly comparison: OpenComparison;
  readonly checkpoints: CheckpointPlan;
  readonly launcher: Launcher;
  readonly lock: FolderLock;
  /** Runs that were begun before, done or not. */
  readonly before: readonly StoredRun[];
}

/**
 * comparison.json holds all runs, and takes longer to write the more there are. So many milliseconds lie between two times, and at most
 * this share of the time goes into it.
 */
const SAVE_EVERY = 1000;
const SHARE_OF_SAVING = 0.02;

/** Does jobs, and keeps the comparison's document up to date. */
export async function runAll(
  jobs: readonly Job[],
  { setup, comparison, checkpoints, launcher, lock, before }: Running,
  { started, runEnded, signal, ...events }: CompareEvents,
): Promise<ComparisonDocument> {
  const { experiment, record, dataset, provenance } = setup;
  const runs = new Map<string, RunResult>(before.map((run) => [run.folder, run]));
  let saveAt = 0;
  const save = (): ComparisonDocument => {
    const begin = performance.now();
    checkLock(lock.path);
    const document = comparisonDocument({
      dendrite: provenance.dendrite,
      experiment: record,
      conditions: experiment.conditions,
      runs: [...runs.values()],
    });
    comparison.save(document);
    const now = performance.now();
    saveAt = now + Math.max(SAVE_EVERY, (now - begin) / SHARE_OF_SAVING);
    return document;
  };
  save();
  const { folder } = comparison;
  const total = record.seeds.length * experiment.conditions.length;
  started?.({ experiment, folder, runs: total, toDo: jobs.map(({ spec }) => spec) });
  const stop = signal ? AbortSignal.any([signal, lock.lost]) : lock.lost;
  const shared = { dataset, provenance, checkpoints, lock: lock.path };
  for await (const run of launcher(jobs, shared, { ...events, signal: stop })) {
    runs.set(run.folder, run);
    runEnded?.(run);
    if (performance.now() >= saveAt) save();
  }
  return save();
}

/** The experiment as results show it. */
function recordOf(experiment: Experiment, dataset: Dataset): ExperimentRecord {
  const { dataset: name, validation, task, seeds, diagnostics, chosenTask } = experiment;
  return {
    dataset: name,
    ...(dataset.comparable !== true && {
      note: `not comparable with published figures: ${dataset.comparable}`,
    }),
    trainExamples: dataset.train.images.count,
    testExamples: dataset.test.images.count,
    validation,
    task,
    score: chosenTask.definition.score,
    diagnostics: [...diagnostics],
    seeds: [...seeds],
  };
}
