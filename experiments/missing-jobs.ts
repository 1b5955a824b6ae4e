import { join } from 'node:path';
import type { RunResult } from '../results/index.ts';
import type { RunSpec } from '../training/index.ts';
import type { Job } from './launchers/launcher.ts';
import { placeOf } from './setup.ts';

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
