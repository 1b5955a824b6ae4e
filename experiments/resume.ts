import { availableParallelism } from 'node:os';
import { UserError } from '../kernels/index.ts';
import { type ComparisonDocument, readExperiment, type StoredExperiment } from '../results/index.ts';
import type { RuleDefinition } from '../rules/index.ts';
import { type CompareEvents, type ComparisonPlan, checkJobs, finish, whileLocked } from './compare.ts';
import { type ExperimentInput, resolveExperiment } from './experiment.ts';
import { checkPlugins, loadPlugins } from './plugins.ts';
import { refuseDifference, refuseOther, type Setup, setUp } from './setup.ts';
import { refuseQueued } from './slurm/programs.ts';
import { isTuned } from './tuning/choose.ts';
import { setUpTrials, type TuningPlan } from './tuning/plan.ts';

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
  return whileLocked(folder, async (lock) => {
    const { experiment: stored } = readExperiment(folder);
    const setup = await setUpAgain(folder, stored, rules);
    const tuning = await tuningAgain(setup, stored);
    const plan: ComparisonPlan = { setup, tuning, checkpoints: stored.checkpoints, jobs };
    return finish(folder, lock, plan, events, retryFailed);
  });
}

/** A tuning that goes on; null if there is none, or its values are chosen. */
const tuningAgain = async (setup: Setup, { tuning }: StoredExperiment): Promise<TuningPlan | null> =>
  tuning && !isTuned(tuning) ? { record: tuning, setup: await setUpTrials(setup, tuning) } : null;

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
  refuseOther(folder, setup, stored);
  return setup;
}

/** With every condition as it was resolved: what a recipe or a default is now does not matter. */
const inputOf = ({ experiment, dataset, conditions }: StoredExperiment): ExperimentInput => ({
  dataset: dataset.name,
  validation: dataset.validation,
  splitSeed: dataset.splitSeed,
  task: experiment.task,
  ...(experiment.scored && { scored: experiment.scored }),
  seeds: experiment.seeds,
  contrasts: experiment.contrasts,
  ...(experiment.equivalence !== undefined && { equivalence: experiment.equivalence }),
  diagnostics: experiment.diagnostics.length === 0 ? ['none'] : experiment.diagnostics,
  ...(experiment.baselines && { baselines: experiment.baselines }),
  rules: conditions.map(({ recipe, ...condition }) => ({ ...condition, ...(recipe !== null && { recipe }) })),
});
