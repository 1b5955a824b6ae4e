import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { UserError } from '../../kernels/index.ts';
import {
  holdsRun,
  listSubmissions,
  lockFolder,
  readRun,
  readStoredExperiment,
  type StoredExperiment,
  submissionPaths,
  writeScript,
  writeSubmission,
} from '../../results/index.ts';
import {
  type CompareOptions,
  type ComparisonPlan,
  openPlanned,
  planComparison,
  rulesInMemory,
} from '../compare.ts';
import { isDone } from '../missing-jobs.ts';
import { setUpAgain } from '../resume.ts';
import type { PlannedExperiment } from '../run-experiment.ts';
import { isTuned } from '../tuning/choose.ts';
import { checkSlurm, runsPerTaskOf, type SlurmOptions } from './options.ts';
import { checkSbatch, refuseQueued, sbatch } from './programs.ts';
import { type ScriptedJob, scriptOf } from './script.ts';

/** Runs that were handed to Slurm as one job array. */
export interface Submission {
  /** The comparison's. */
  readonly folder: string;
  /** Number of the job. */
  readonly job: string;
  /** What sbatch was given. */
  readonly script: string;
  /** Runs in all. */
  readonly runs: number;
  /** Tasks of the array. */
  readonly tasks: number;
}

/**
 * Makes the folder of a comparison, and submits its runs to Slurm. It does not wait for them: `comparisonStatus` says how far they are, and
 * `readExperiment` what they came to.
 * @param options `jobs` has no meaning here
 * @throws UserError for what cannot work; where sbatch refuses, the folder stays and can be resumed
 */
export async function submitComparison(
  { out, ...options }: CompareOptions,
  slurm: SlurmOptions = {},
): Promise<Submission> {
  checkSlurm(slurm);
  await checkSbatch();
  const plan = await planComparison(options);
  checkSendable(plan);
  return (await submitMissing(openPlanned(plan, out).folder, slurm))!;
}

/**
 * Submits what is missing in the folder of a comparison, each run from its last checkpoint.
 * @param retryFailed whether runs that failed are tried again
 * @returns null when nothing is missing
 * @throws UserError as `resume` does; or when sbatch refuses
 */
export async function resubmit(
  folder: string,
  slurm: SlurmOptions = {},
  retryFailed = false,
): Promise<Submission | null> {
  await checkSbatch();
  await refuseQueued(folder);
  // What the tasks would refuse is refused here.
  await setUpAgain(folder, readStoredExperiment(folder), []);
  return submitMissing(folder, slurm, retryFailed);
}

/** @throws UserError for what no job could do: trials that wait for each other, or a rule that it cannot have */
function checkSendable({ setup, tuning }: Pick<ComparisonPlan, 'setup' | 'tuning'>): void {
  if (tuning) throw notTuned();
  const [rule] = rulesInMemory(setup);
  if (rule !== undefined)
    throw new UserError(
      `the rule '${rule}' is only in the memory of this process, and a job of Slurm cannot be sent it: export it from a file, and name that among the plug-ins`,
    );
}

const notTuned = (): UserError =>
  new UserError(
    "a tuning cannot be submitted to Slurm, for its rungs wait for each other: tune on one machine (without --launcher slurm, or by 'dendrite resume'), and submit a comparison of the values that it chose",
  );

/**
 * Submits the runs of a folder that are not done.
 * @returns null when there are none
 */
export async function submitMissing(
  folder: string,
  slurm: SlurmOptions,
  retryFailed = false,
): Promise<Submission | null> {
  const lock = await lockFolder(folder);
  try {
    const experiment = readStoredExperiment(folder);
    if (experiment.tuning && !isTuned(experiment.tuning)) throw notTuned();
    const runs = missingRuns(folder, experiment, retryFailed);
    if (runs.length === 0) return null;
    return await submitRuns(folder, runs, experiment, slurm, retryFailed);
  } finally {
    lock.release();
  }
}

/** Folders, within the comparison's, of runs that are not done. */
const missingRuns = (folder: string, { runs }: StoredExperiment, retryFailed: boolean): string[] =>
  runs
    .map((run) => run.folder)
    .filter((run) => {
      const path = join(folder, run);
      return !(holdsRun(path) && isDone(readRun(path), retryFailed));
    });

async function submitRuns(
  folder: string,
  runs: readonly string[],
  experiment: StoredExperiment,
  slurm: SlurmOptions,
  retryFailed: boolean,
): Promise<Submission> {
  const number = nextSubmission(folder);
  const scripted = describeJob(folder, runs.length, experiment, slurm, number);
  const { name, runsPerTask } = scripted;
  const submission = {
    name,
    submittedAt: new Date().toISOString(),
    runs: [...runs],
    runsPerTask,
    retryFailed,
  };
  const { script } = submissionPaths(folder, number);
  writeScript(folder, number, scriptOf(scripted, slurm));
  // Before sbatch: a task may begin before it has said the job's number.
  writeSubmission(folder, number, { ...submission, job: null });
  const job = await sbatch(script).catch((error: unknown) => {
    throw error instanceof UserError ? withFolder(error, folder) : error;
  });
  writeSubmission(folder, number, { ...submission, job });
  return { folder, job, script, runs: runs.length, tasks: Math.ceil(runs.length / runsPerTask) };
}

const withFolder = ({ message }: UserError, folder: string): UserError =>
  new UserError(`${message}; the folder ${folder} stays, and 'dendrite resume' goes on with it`);

const nextSubmission = (folder: string): number => (listSubmissions(folder).at(-1) ?? 0) + 1;

/** What the script of a submission is about, under a new name. */
const describeJob = (
  folder: string,
  runs: number,
  { device, experiment }: Pick<StoredExperiment, 'device' | 'experiment'>,
  slurm: SlurmOptions,
  number: number,
): ScriptedJob => ({
  name: `dendrite-${randomBytes(4).toString('hex')}`,
  folder,
  number,
  runs,
  runsPerTask: runsPerTaskOf(slurm, runs, device.settled.device === 'gpu' ? experiment.seeds.length : 1),
});

/**
 * The scripts that would be submitted for an experiment; its folders, which do not exist yet, have a placeholder in their names.
 * @throws UserError as for `submitComparison`
 */
export const plannedScripts = ({ parts, out }: PlannedExperiment, slurm: SlurmOptions): string[] =>
  parts.map(({ name, plan }) => {
    checkSendable(plan);
    const { setup } = plan;
    const folder = join(out, parts.length === 1 ? '<comparison>' : '<experiment>', name);
    const stored = { device: setup.common.device, experiment: setup.record };
    return scriptOf(describeJob(folder, setup.specs.length, stored, slurm, 1), slurm);
  });

/**
 * The script that `resubmit` would submit.
 * @throws UserError when nothing is missing
 */
export function missingScript(folder: string, slurm: SlurmOptions, retryFailed: boolean): string {
  const experiment = readStoredExperiment(folder);
  if (experiment.tuning && !isTuned(experiment.tuning)) throw notTuned();
  const runs = missingRuns(folder, experiment, retryFailed).length;
  if (runs === 0) throw new UserError(`nothing is missing in ${folder}: there is nothing to submit`);
  return scriptOf(describeJob(folder, runs, experiment, slurm, nextSubmission(folder)), slurm);
}
