import { execFile } from 'node:child_process';
import { UserError } from '../../kernels/index.ts';
import { hasCode, listSubmissions, readSubmission } from '../../results/index.ts';
import { shellQuoted } from './script.ts';

/** A program of Slurm that is not on this machine. */
export class SlurmMissing extends UserError {}

/** Variables that would change what squeue prints, such as SQUEUE_STATES. */
const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SQUEUE_')));

/** @returns what it printed @throws SlurmMissing; UserError with what it says where it fails */
function slurm(program: 'sbatch' | 'squeue' | 'scancel', ...args: string[]): Promise<string> {
  return new Promise((done, failed) => {
    execFile(program, args, { env: environment(), maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      if (error === null) return done(stdout);
      if (hasCode(error, 'ENOENT'))
        return failed(
          new SlurmMissing(
            `there is no ${program} on this machine: go to one from which jobs are submitted to Slurm`,
          ),
        );
      failed(
        new UserError(
          `${program} failed: ${
            inOneLine(`${stderr}
${stdout}`) || error.message
          }`,
        ),
      );
    });
  });
}

/** Lines such as 'sbatch: error: Batch job submission failed', as one. */
const inOneLine = (text: string): string =>
  text
    .trim()
    .split(/\s*\n\s*/)
    .map((line) => line.replace(/^(\w+: )?error: /, ''))
    .join('; ');

/** @throws UserError where jobs cannot be submitted from */
export async function checkSbatch(): Promise<void> {
  await slurm('sbatch', '--version');
}

/** Submits a script. @returns the number of the job @throws UserError with what sbatch says */
export async function sbatch(script: string): Promise<string> {
  // In a federation, a semicolon and the name of the cluster follow.
  return (await slurm('sbatch', '--parsable', script)).trim().split(';')[0]!;
}

/** Tasks of a folder's jobs that have not ended. */
export interface QueuedTask {
  /** Number of the job array. */
  readonly job: string;
  /** Number of the folder's submission. */
  readonly submission: number;
  /** Number within the array, from 1. */
  readonly task: number;
  /** As Slurm calls it, e.g. `PENDING`, `RUNNING` or `COMPLETING`. */
  readonly state: string;
  /** Why it is pending, as Slurm calls it, e.g. `Resources`; `None` while it runs. */
  readonly reason: string;
}

/**
 * Tasks of the jobs of a comparison's folder that have not ended.
 * @throws SlurmMissing where there is no squeue to ask; UserError with what it says where it fails
 */
export async function queuedTasks(folder: string): Promise<QueuedTask[]> {
  const submissions = new Map(
    listSubmissions(folder).map((number) => [readSubmission(folder, number).name, number]),
  );
  if (submissions.size === 0) return [];
  const names = `--name=${[...submissions.keys()].join(',')}`;
  const printed = await slurm('squeue', '--noheader', '--array', names, '--format=%F|%j|%K|%T|%r');
  return printed
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [job = '', name = '', task, state = '', ...reason] = line.trim().split('|');
      return {
        job,
        submission: submissions.get(name) ?? 0,
        task: Number(task),
        state,
        reason: reason.join('|'),
      };
    });
}

/**
 * Where squeue is missing nobody can be asked; then the locks of the runs keep jobs and this process apart.
 * @throws UserError that names the jobs of a comparison's folder, if there are some that have not ended
 */
export async function refuseQueued(folder: string): Promise<void> {
  const tasks = await queuedTasks(folder).catch((error: unknown) => {
    if (error instanceof SlurmMissing) return [];
    throw error;
  });
  if (tasks.length > 0)
    throw new UserError(
      `${inWords(tasks)} of Slurm works on ${folder}: wait until it has ended, or stop it with 'dendrite cancel ${shellQuoted(folder)}'`,
    );
}

/** Ends jobs. @throws UserError with what scancel says */
export async function scancel(jobs: readonly string[]): Promise<void> {
  await slurm('scancel', ...jobs);
}

/** Jobs and what their tasks do, in words: 'job 12 (2 running, 3 pending)'. */
export function inWords(tasks: readonly QueuedTask[]): string {
  const jobs = [...new Set(tasks.map(({ job }) => job))];
  return jobs
    .map((job) => `job ${job} (${statesOf(tasks.filter((task) => task.job === job))})`)
    .join(' and ');
}

function statesOf(tasks: readonly QueuedTask[]): string {
  const states = [...new Set(tasks.map(({ state }) => state))];
  return states
    .map((state) => `${tasks.filter((task) => task.state === state).length} ${state.toLowerCase()}`)
    .join(', ');
}
