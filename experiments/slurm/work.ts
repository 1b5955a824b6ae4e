import { join } from 'node:path';
import { UserError } from '../../kernels/index.ts';
import {
  checkLock,
  FolderTaken,
  hasEnded,
  holdsRun,
  lockFolder,
  type RunResult,
  readExperiment,
  readRun,
  readStoredExperiment,
  readSubmission,
  removeDocument,
  reopenComparison,
  runsOfTask,
} from '../../results/index.ts';
import { completeBaselines } from '../baselines/complete.ts';
import { type CompareEvents, checkJobs, launcherFor } from '../compare.ts';
import { missingJobs } from '../missing-jobs.ts';
import { writeReport } from '../report.ts';
import { setUpAgain } from '../resume.ts';
import { placeOf, type Setup } from '../setup.ts';

/** Which of a folder's runs are a task's. */
export interface Task {
  /** Number of the submission. */
  readonly submission: number;
  /** Number of the task in it, from 1. */
  readonly task: number;
  /** Runs at the same time. */
  readonly jobs: number;
}

/**
 * A task that Slurm began anew, as its machine broke down, waits until the lock of its first life passes for dead; one that begins while
 * the submission is still being written down waits for that.
 */
const PATIENCE = 90_000;

/**
 * Does the runs of one task, as far as they are not done, each from its last checkpoint. Other tasks do others meanwhile, so that there is no
 * comparison.json until the one that ends last writes it.
 * @returns the runs that were done, or stopped
 * @throws UserError as `resume` does; or when the submission has no such task
 */
export async function work(
  folder: string,
  { submission: number, task, jobs }: Task,
  { started, runEnded, signal, ...events }: CompareEvents = {},
): Promise<RunResult[]> {
  checkJobs(jobs);
  const stored = readStoredExperiment(folder);
  const submission = readSubmission(folder, number);
  const own = runsOfTask(submission, task);
  if (own.length === 0) throw new UserError(`submission ${number} of ${folder} has no task ${task}`);
  const ended: RunResult[] = [];
  const lock = await lockFolder(folder, { runs: own, patience: PATIENCE });
  let setup: Setup;
  try {
    setup = await setUpAgain(folder, stored, []);
    const specs = setup.specs.filter((spec) => own.includes(placeOf(spec).folder));
    const begun = own.map((run) => join(folder, run)).filter(holdsRun);
    const toDo = missingJobs(folder, specs, begun.map(readRun), submission.retryFailed);
    const { experiment } = setup;
    started?.({
      experiment,
      folder,
      runs: own.length,
      toDo: toDo.map(({ spec }) => spec),
      whole: folder,
      rung: null,
    });
    if (toDo.length > 0) removeDocument(folder);
    const { dataset, provenance } = setup;
    const shared = { dataset, provenance, checkpoints: stored.checkpoints, lock: lock.path };
    const stop = signal ? AbortSignal.any([signal, lock.lost]) : lock.lost;
    for await (const run of launcherFor(setup, jobs)(toDo, shared, { ...events, signal: stop })) {
      ended.push(run);
      runEnded?.(run);
    }
    checkLock(lock.path);
  } finally {
    lock.release();
  }
  await endIfAllEnded(folder, setup, { ...events, ...(signal && { signal }) });
  return ended;
}

/**
 * Scores the baselines, and writes comparison.json and the report, if no run is missing any more. Each task looks after it has given back its lock, so that the last one to look
 * sees all runs ended and nobody at work; who finds the folder taken leaves it to a task that has yet to look.
 */
async function endIfAllEnded(
  folder: string,
  setup: Setup,
  { signal, ...events }: CompareEvents,
): Promise<void> {
  // From the end, since the last ones are missing for the longest time.
  if (setup.specs.findLast((spec) => !hasEnded(join(folder, placeOf(spec).folder)))) return;
  try {
    const lock = await lockFolder(folder);
    const stop = signal ? AbortSignal.any([signal, lock.lost]) : lock.lost;
    try {
      await completeBaselines(folder, setup, lock.path, stop, events);
      const { document } = readExperiment(folder);
      checkLock(lock.path);
      reopenComparison(folder).save(document);
      await writeReport(folder);
    } finally {
      lock.release();
    }
  } catch (error) {
    if (!(error instanceof FolderTaken)) throw error;
  }
}
