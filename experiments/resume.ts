import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../kernels/index.ts';
import {
  type ComparisonDocument,
  firstDifference,
  lockFolder,
  type RunResult,
  readExperiment,
  reopenComparison,
  type StoredExperiment,
} from '../results/index.ts';
import type { RuleDefinition } from '../rules/index.ts';
import type { RunSpec } from '../training/index.ts';
import { type CompareEvents, checkJobs, launcherFor, placeOf, runAll, type Setup, setUp } from './compare.ts';
import { type ExperimentInput, resolveExperiment } from './experiment.ts';
import type { Job } from './launchers/launcher.ts';
import { checkPlugins, loadPlugins } from './plugins.ts';
import { refuseQueued } from './slurm/programs.ts';

/** How a comparison goes on. */
export interface ResumeOptions {
  /** Whether runs that failed are tried again, from their last checkpoint; not when left out. */
  readonly retryFailed?: boolean;
  /** Runs at the same time; as many as there are cores when left out. Results do not depend on it. */
  readonly jobs?: number;
  /** Rules in memory, if the comparison has some: its folder holds only their names. */
  readonly rules?: readonly RuleDefinition[];
}

/**
 * Goes on with what is missing in the folder of a comparison, each run from its last checkpoint. Runs that finished or
 * diverged are never run again.
 * @throws UserError when the folder holds no comparison, another process or a job of Slurm works on it, or dataset, plug-ins, device or what
 * this version makes of the experiment are not those of the folder
 */
export async function resume(
  folder: string,
  { retryFailed = false, jobs = availableParallelism(), rules = [] }: ResumeOptions = {},
  events: CompareEvents = {},
): Promise<ComparisonDocument> {
  checkJobs(jobs);
  // Before a lock is put into a folder that is something else.
  readExperiment(folder);
  await refuseQueued(folder);
  const lock = await lockFolder(folder);
  try {
    const comparison = reopenComparison(folder);
    const read = readExperiment(folder);
    const setup = await setUpAgain(folder, read.experiment, rules);
    const toDo = missingJobs(folder, setup.specs, read.runs, retryFailed);
    const { checkpoints } = read.experiment;
    const launcher = launcherFor(setup, jobs);
    return await runAll(toDo, { setup, comparison, checkpoints, launcher, lock, before: read.runs }, events);
  } finally {
    lock.release();
  }
}

/** Whether a run is not to be done: it has ended, and is no failed one that is tried again. */
export const isDone = ({ status }: RunResult, retryFailed: boolean): boolean =>
  status !== 'unfinished' && !(status === 'failed' && retryFailed);

/** Jobs of the runs that are not done. @param runs those of them that have begun */
export function missingJobs(
  folder: string,
  specs: readonly RunSpec[],
  runs: readonly RunResult[],
  retryFailed: boolean,
): Job[] {
  const done = new Set(runs.filter((run) => isDone(run, retryFailed)).map((run) => run.folder));
  return specs
    .map((spec) => ({ spec, folder: join(folder, placeOf(spec).folder), begun: true }))
    .filter((job) => !done.has(job.folder));
}

/**
 * The comparison of a folder as this version and this machine make it.
 * @param rules in memory
 * @throws UserError if that is another one
 */
export async function setUpAgain(
  folder: string,
  stored: StoredExperiment,
  rules: readonly RuleDefinition[],
): Promise<Setup> {
  checkPlugins(stored.plugins);
  const plugins = await loadPlugins(stored.plugins.map(({ path }) => path));
  const experiment = resolveExperiment(inputOf(stored), {
    ...plugins,
    rules: [...plugins.rules, ...rules],
  });
  const { asked, settled } = stored.device;
  const setup = await setUp(experiment, plugins, asked, { ...asked, device: settled.device });
  const { dataset, device } = setup.common;
  if (dataset.hash !== stored.dataset.hash)
    throw new UserError(
      `the dataset '${dataset.name}' is not the one that ${folder} was trained on (SHA-256 ${dataset.hash.slice(0, 12)}..., not ${stored.dataset.hash.slice(0, 12)}...): bring its files back`,
    );
  refuseDifference(folder, 'device', device.settled, settled);
  const { dendrite } = setup.provenance;
  const versions =
    dendrite === stored.dendrite ? '' : ` in Dendrite ${dendrite}, which ${stored.dendrite} made,`;
  refuseDifference(folder, `comparison${versions}`, resolved(setup), {
    experiment: stored.experiment,
    conditions: stored.conditions,
  });
  return setup;
}

/** With every condition as it was resolved: what a recipe or a default is now does not matter. */
const inputOf = ({ experiment, dataset, conditions }: StoredExperiment): ExperimentInput => ({
  dataset: dataset.name,
  validation: dataset.validation,
  splitSeed: dataset.splitSeed,
  task: experiment.task,
  seeds: experiment.seeds,
  diagnostics: experiment.diagnostics.length === 0 ? ['none'] : experiment.diagnostics,
  rules: conditions.map(({ recipe, ...condition }) => ({ ...condition, ...(recipe !== null && { recipe }) })),
});

const resolved = ({ record, experiment }: Setup) =>
  JSON.parse(JSON.stringify({ experiment: record, conditions: experiment.conditions }));

function refuseDifference(folder: string, what: string, now: unknown, then: unknown): void {
  const difference = firstDifference(now, then);
  if (difference !== null)
    throw new UserError(
      `the ${what} is not that of ${folder} (${difference} as there): go on where it was begun, or start a new comparison`,
    );
}
