import { UserError } from '../../kernels/index.ts';
import { readStoredExperiment } from '../../results/index.ts';
import { type QueuedTask, queuedTasks, scancel } from './programs.ts';

/**
 * Ends the jobs of Slurm that work on the folder of a comparison or wait to. Runs that go on write a checkpoint first.
 * @returns the tasks that there were
 * @throws UserError when there are none, or Slurm says so
 */
export async function cancelJobs(folder: string): Promise<QueuedTask[]> {
  readStoredExperiment(folder);
  const tasks = await queuedTasks(folder);
  if (tasks.length === 0)
    throw new UserError(`no job of ${folder} is pending or running in Slurm: there is nothing to cancel`);
  await scancel([...new Set(tasks.map(({ job }) => job))]);
  return tasks;
}
