import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { DeviceOptions } from '../devices/index.ts';
import { UserError } from '../kernels/index.ts';
import {
  type CheckpointPlan,
  type ComparisonDocument,
  checkLock,
  comparisonDocument,
  type FolderLock,
  holdsComparison,
  lockFolder,
  type OpenComparison,
  openComparison,
  type RunResult,
  readBaselines,
  readExperiment,
  reopenComparison,
  type StoredRun,
  type TuningRecord,
} from '../results/index.ts';
import { RULES } from '../rules/index.ts';
import type { RunSpec } from '../training/index.ts';
import { type BaselineEvents, completeBaselines } from './baselines/complete.ts';
import { type Experiment, type ExperimentInput, resolveExperiment } from './experiment.ts';
import { oneByOne, seedsTogether } from './launchers/groups.ts';
import { inThisThread } from './launchers/in-this-thread.ts';
import { inWorkers } from './launchers/in-workers.ts';
import type { Job, Launcher, RunEvents } from './launchers/launcher.ts';
import { startProcess, startThread } from './launchers/start-worker.ts';
import { missingJobs } from './missing-jobs.ts';
import { loadPlugins, type Plugins } from './plugins.ts';
import { placeOf, refuseOther, type Setup, setUp, withConditions } from './setup.ts';
import { planTuning, type TuningPlan } from './tuning/plan.ts';
import { tune } from './tuning/tune.ts';

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
export interface CompareEvents extends RunEvents, BaselineEvents {
  /** Before the first run; and in a tuning before the first trial of each rung. */
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
  /** The folder that `resume` is given: where the trials of a rung start, that of the comparison that is tuned. */
  readonly whole: string;
  /** Which rung of a tuning starts, from 1, and of how many; null: the runs themselves. */
  readonly rung: readonly [number: number, of: number] | null;
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
  /** How values of its conditions are chosen before its runs; null: they stay, or are chosen. */
  readonly tuning: TuningPlan | null;
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
  const setup = await setUp(resolveExperiment(input, plugins), plugins, asked);
  return { setup, tuning: await planTuning(setup), checkpoints, jobs };
}

/**
 * Makes the folder of a comparison.
 * @param out folder in which it is made
 * @param given the experiment as the user gave it, for experiment.json
 * @param name of the folder; the time when left out
 * @throws UserError if it cannot be made or written
 */
export function openPlanned(
  plan: ComparisonPlan,
  out = 'runs',
  given: unknown = plan.setup.experiment.given,
  name?: string,
): PreparedComparison {
  const { experiment, common } = plan.setup;
  const { folder } = openFolder(plan, out, given, name);
  return {
    experiment,
    folder,
    datasetHash: common.dataset.hash,
    run: (events = {}) => whileLocked(folder, (lock) => finish(folder, lock, plan, events)),
  };
}

function openFolder(
  { setup, tuning, checkpoints }: ComparisonPlan,
  out: string,
  given: unknown,
  name: string | undefined,
): OpenComparison {
  const { experiment, record, common, specs, provenance } = setup;
  return openComparison(
    out,
    {
      dendrite: provenance.dendrite,
      given,
      experiment: record,
      ...(tuning && { tuning: tuning.record }),
      conditions: [...experiment.conditions],
      ...common,
      checkpoints,
      runs: specs.map(placeOf),
    },
    new Date(),
    name,
  );
}

/** Works on a folder as the only process that does. @throws UserError if another one does */
export async function whileLocked<T>(folder: string, work: (lock: FolderLock) => Promise<T>): Promise<T> {
  const lock = await lockFolder(folder);
  try {
    return await work(lock);
  } finally {
    lock.release();
  }
}

/**
 * Does what is missing in the folder of a comparison: its tuning first, if it has one.
 * @param retryFailed whether runs that failed are missing too
 */
export async function finish(
  folder: string,
  lock: FolderLock,
  plan: ComparisonPlan,
  events: CompareEvents,
  retryFailed = false,
): Promise<ComparisonDocument> {
  const comparison = reopenComparison(folder);
  const { tuning } = plan;
  if (tuning && !(await tuneIn(comparison, lock, { ...plan, tuning }, events, retryFailed)))
    return readExperiment(folder).document;
  const { experiment: stored, runs: before } = readExperiment(folder);
  const setup = withConditions(plan.setup, stored.conditions);
  const launcher = launcherFor(setup, plan.jobs);
  const running = { setup, comparison, checkpoints: plan.checkpoints, launcher, lock, before };
  return runAll(
    missingJobs(folder, setup.specs, before, retryFailed),
    { ...running, tuning: stored.tuning },
    events,
  );
}

/** Folder within that of a comparison, with one for each rung. */
const TUNING = 'tuning';

/** Chooses the values of the conditions, and records them. @returns whether it came to an end */
async function tuneIn(
  comparison: OpenComparison,
  lock: FolderLock,
  plan: ComparisonPlan & { readonly tuning: TuningPlan },
  events: CompareEvents,
  retryFailed: boolean,
): Promise<boolean> {
  const { folder } = comparison;
  const { given } = readExperiment(folder).experiment;
  const out = join(folder, TUNING);
  const { rungs } = plan.tuning.record;
  const save = (changes: Parameters<OpenComparison['update']>[0]): void => {
    checkLock(lock.path);
    comparison.update(changes);
    comparison.save(readExperiment(folder).document);
  };
  save({});
  return tune(plan.tuning, plan.setup.experiment, {
    save: (tuning, conditions) => save({ tuning, conditions: [...conditions] }),
    train(rung, setup) {
      const trials = { ...plan, setup, tuning: null };
      const name = `rung-${rung}`;
      const at = join(out, name);
      if (holdsComparison(at)) refuseOther(at, setup, readExperiment(at).experiment);
      else openFolder(trials, out, given, name);
      const watched: CompareEvents = {
        ...events,
        started: (started) => events.started?.({ ...started, whole: folder, rung: [rung, rungs.length] }),
        signal: events.signal ? AbortSignal.any([events.signal, lock.lost]) : lock.lost,
      };
      return whileLocked(at, (own) => finish(at, own, trials, watched, retryFailed));
    },
  });
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
  /** How the values of the conditions were chosen, if they were. */
  readonly tuning: TuningRecord | undefined;
}

/**
 * comparison.json holds all runs, and takes longer to write the more there are. So many milliseconds lie between two times, and at most
 * this share of the time goes into it.
 */
const SAVE_EVERY = 1000;
const SHARE_OF_SAVING = 0.02;

/** Does jobs, and keeps the comparison's document up to date. */
async function runAll(
  jobs: readonly Job[],
  { setup, comparison, checkpoints, launcher, lock, before, tuning }: Running,
  { started, runEnded, signal, ...events }: CompareEvents,
): Promise<ComparisonDocument> {
  const { experiment, record, dataset, provenance } = setup;
  const { folder } = comparison;
  const runs = new Map<string, RunResult>(before.map((run) => [run.folder, run]));
  let baselineScores = readBaselines(folder);
  let saveAt = 0;
  const save = (): ComparisonDocument => {
    const begin = performance.now();
    checkLock(lock.path);
    const document = comparisonDocument({
      dendrite: provenance.dendrite,
      experiment: record,
      tuning,
      conditions: experiment.conditions,
      runs: [...runs.values()],
      baselineScores,
    });
    comparison.save(document);
    const now = performance.now();
    saveAt = now + Math.max(SAVE_EVERY, (now - begin) / SHARE_OF_SAVING);
    return document;
  };
  save();
  const total = record.seeds.length * experiment.conditions.length;
  started?.({
    experiment,
    folder,
    runs: total,
    toDo: jobs.map(({ spec }) => spec),
    whole: folder,
    rung: null,
  });
  const stop = signal ? AbortSignal.any([signal, lock.lost]) : lock.lost;
  const shared = { dataset, provenance, checkpoints, lock: lock.path };
  for await (const run of launcher(jobs, shared, { ...events, signal: stop })) {
    runs.set(run.folder, run);
    runEnded?.(run);
    if (performance.now() >= saveAt) save();
  }
  baselineScores = await completeBaselines(folder, setup, lock.path, stop, events);
  return save();
}
