import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Dataset, hashDataset, loadDataset } from '../data/index.ts';
import { type DeviceOptions, openDevice } from '../devices/index.ts';
import { type Device, UserError } from '../kernels/index.ts';
import {
  type ComparisonDocument,
  collectProvenance,
  comparisonDocument,
  type ExperimentRecord,
  type OpenComparison,
  openComparison,
  type Provenance,
  type RunResult,
} from '../results/index.ts';
import { RULES } from '../rules/index.ts';
import { type RunSpec, SPEC_FORMAT } from '../training/index.ts';
import { checkAgainst, type Experiment, type ExperimentInput, resolveExperiment } from './experiment.ts';
import { inLockstep } from './launchers/in-lockstep.ts';
import { inThisThread } from './launchers/in-this-thread.ts';
import type { Job, Launcher, RunEvents } from './launchers/launcher.ts';
import { workerThreads } from './launchers/worker-threads.ts';
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
  /** Runs at the same time, one worker thread each; as many as there are cores when left out. Results do not depend on it. */
  readonly jobs?: number;
}

/** What a comparison tells on its way, and how it is stopped. */
export interface CompareEvents extends RunEvents {
  /** Once, before the first run. */
  started?(comparison: { readonly experiment: Experiment; readonly folder: string }): void;
  /** After each run, finished or not. */
  runEnded?(run: RunResult): void;
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
  readonly experiment: Experiment;
  readonly dataset: Dataset;
  /** SHA-256 of the dataset's content. */
  readonly datasetHash: string;
  readonly specs: readonly RunSpec[];
  readonly plugins: Plugins;
  readonly device: Settled;
  readonly jobs: number;
}

/**
 * Loads plug-ins and dataset, opens the device, and checks everything.
 * @throws UserError for what cannot work; an ExperimentMistake where it belongs to one key of the experiment
 */
export async function planComparison(options: Omit<CompareOptions, 'out'>): Promise<ComparisonPlan> {
  const { device: asked = {}, plugins: given = [], jobs = availableParallelism(), ...input } = options;
  if (!Number.isInteger(jobs) || jobs < 1)
    throw new UserError(`jobs: ${jobs} must be a whole number above 0`);
  const plugins = 'files' in given ? given : await loadPlugins(given);
  const experiment = resolveExperiment(input, plugins);
  const { dataset: name, validation, splitSeed } = experiment;
  const dataset = await loadDataset(name, { validation, seed: splitSeed }, plugins.datasets).catch(
    mistakeAt(['dataset']),
  );
  checkAgainst(experiment, dataset);
  const hashing = hashDataset(dataset);
  const device = await settleDevice(asked, experiment).catch(mistakeAt(['device']));
  const datasetHash = await hashing;
  const specs = specsOf(experiment, {
    dataset: { name, hash: datasetHash, validation, splitSeed },
    device: { asked, settled: device.settled },
    plugins: [...plugins.files],
  });
  return { experiment, dataset, datasetHash, specs, plugins, device, jobs };
}

/**
 * Makes the folder of a comparison.
 * @param out folder in which it is made
 * @param given the experiment as the user gave it, for experiment.json
 * @param name of the folder; the time when left out
 * @throws UserError if it cannot be made or written
 */
export function openPlanned(
  { experiment, dataset, datasetHash, specs, plugins, device, jobs }: ComparisonPlan,
  out = 'runs',
  given: unknown = experiment.given,
  name?: string,
): PreparedComparison {
  const provenance = collectProvenance();
  const record = recordOf(experiment, dataset);
  const comparison = openComparison(
    out,
    {
      dendrite: provenance.dendrite,
      given,
      experiment: record,
      conditions: [...experiment.conditions],
      runs: specs.map(placeOf),
    },
    new Date(),
    name,
  );
  const { folder } = comparison;
  const jobsToDo = specs.map((spec) => ({ spec, folder: join(folder, placeOf(spec).folder) }));
  const launcher = launcherFor(experiment, plugins, device, jobs);
  const running = { experiment, record, dataset, provenance, comparison, launcher };
  return { experiment, folder, datasetHash, run: (events = {}) => runAll(jobsToDo, running, events) };
}

/** Where a run lies in the comparison's folder. */
const placeOf = ({ condition: { id }, seed }: RunSpec) => ({
  condition: id,
  seed,
  folder: `${id}-seed-${seed}`,
});

const specsOf = (
  { conditions, seeds, task, diagnostics }: Experiment,
  common: Pick<RunSpec, 'dataset' | 'device' | 'plugins'>,
): RunSpec[] =>
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
export interface Settled {
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

/** A GPU serves the seeds of one condition at a time, from this thread; rules in memory cannot be sent to another one. */
function launcherFor(
  { definitions }: Experiment,
  plugins: Plugins,
  { settled, replicas }: Settled,
  jobs: number,
): Launcher {
  if (settled.device === 'gpu') return inLockstep(plugins, definitions, replicas);
  const known = [...RULES, ...plugins.rules];
  const isInMemory = [...definitions.values()].some((definition) => !known.includes(definition));
  return isInMemory ? inThisThread(plugins, definitions) : workerThreads(jobs);
}

interface Running {
  readonly experiment: Experiment;
  readonly record: ExperimentRecord;
  readonly dataset: Dataset;
  readonly provenance: Provenance;
  readonly comparison: OpenComparison;
  readonly launcher: Launcher;
}

/** comparison.json holds all runs: with many of them it is not written after each. */
const SAVE_EVERY = 1000;

async function runAll(
  jobs: readonly Job[],
  { experiment, record, dataset, provenance, comparison, launcher }: Running,
  { started, runEnded, ...events }: CompareEvents,
): Promise<ComparisonDocument> {
  const runs: RunResult[] = [];
  const document = (): ComparisonDocument =>
    comparisonDocument({
      dendrite: provenance.dendrite,
      experiment: record,
      conditions: experiment.conditions,
      runs,
    });
  comparison.save(document());
  started?.({ experiment, folder: comparison.folder });
  let saved = performance.now();
  for await (const run of launcher(jobs, { dataset, provenance }, events)) {
    runs.push(run);
    runEnded?.(run);
    if (performance.now() - saved < SAVE_EVERY) continue;
    comparison.save(document());
    saved = performance.now();
  }
  const all = document();
  comparison.save(all);
  return all;
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
