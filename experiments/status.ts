import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { UserError } from '../kernels/index.ts';
import {
  listSubmissions,
  type Owner,
  ownersOf,
  type ReadComparison,
  readExperiment,
  readSubmission,
  runsOfTask,
  type StoredRun,
  submissionPaths,
} from '../results/index.ts';
import type { Settings } from '../training/index.ts';
import { type QueuedTask, queuedTasks, SlurmMissing } from './slurm/programs.ts';

/** How far the runs of a condition are. */
export interface ConditionStatus {
  /** Its id. */
  readonly condition: string;
  readonly label: string;
  /** Runs in all: the sum of the next six. */
  readonly runs: number;
  readonly finished: number;
  readonly diverged: number;
  readonly failed: number;
  /** A process works on them. */
  readonly running: number;
  /** Begun, and stopped or killed. */
  readonly unfinished: number;
  readonly notBegun: number;
  /** Recorded, of all runs. */
  readonly epochs: number;
  /** That all runs will have if no other one ends early; null where their budget is not in epochs. */
  readonly epochsInAll: number | null;
}

/** What went wrong: a run that failed, or a task of Slurm that left runs undone. */
export interface StatusError {
  /** Folder of the run, or what the task printed, within the comparison's folder. */
  readonly where: string;
  readonly what: string;
  /** ISO 8601, UTC. */
  readonly when: string;
}

/** What Slurm says of a folder's jobs. */
export interface SlurmStatus {
  /** Number of the job that was submitted last; null if sbatch refused it. */
  readonly lastJob: string | null;
  /** Tasks that have not ended. */
  readonly tasks: readonly QueuedTask[];
  /** Why Slurm could not be asked; null if it could. */
  readonly notAsked: string | null;
}

/** How far a comparison is. */
export interface ComparisonStatus {
  readonly folder: string;
  /** In the order of the experiment. */
  readonly conditions: readonly ConditionStatus[];
  /** Processes that work on it. */
  readonly workers: readonly Pick<Owner, 'host' | 'pid' | 'since'>[];
  /** Null: it was never submitted. */
  readonly slurm: SlurmStatus | null;
  /** The newest ones, the newest first. */
  readonly errors: readonly StatusError[];
}

const MOST_ERRORS = 5;

/**
 * How far a comparison is, whoever works on it and wherever: told from its folder and from Slurm. It only looks.
 * @param read what is read of the folder already; read here when left out
 * @throws UserError if the folder holds no comparison or one of its files is damaged
 */
export async function comparisonStatus(
  folder: string,
  { experiment, runs }: Pick<ReadComparison, 'experiment' | 'runs'> = readExperiment(folder),
): Promise<ComparisonStatus> {
  const workers = ownersOf(folder);
  const isHeld = heldRuns(workers);
  const slurm = await slurmStatus(folder);
  const conditions = experiment.conditions.map(({ id, label, settings }): ConditionStatus => {
    const own = runs.filter((run) => run.condition === id);
    const count = (status: StoredRun['status']) => own.filter((run) => run.status === status).length;
    const running = own.filter((run) => run.status === 'unfinished' && isHeld(basename(run.folder))).length;
    const inAll = experiment.experiment.seeds.length;
    return {
      condition: id,
      label,
      runs: inAll,
      finished: count('finished'),
      diverged: count('diverged'),
      failed: count('failed'),
      running,
      unfinished: count('unfinished') - running,
      notBegun: inAll - own.length,
      epochs: own.reduce((sum, run) => sum + run.epochs.length, 0),
      epochsInAll: epochsInAll(own, inAll, settings),
    };
  });
  const errors = [...failures(runs), ...lostTasks(folder, runs, isHeld, slurm?.tasks ?? [])];
  return {
    folder,
    conditions,
    workers: workers.map(({ host, pid, since }) => ({ host, pid, since })),
    slurm,
    errors: errors.sort((a, b) => (a.when < b.when ? 1 : -1)).slice(0, MOST_ERRORS),
  };
}

function epochsInAll(begun: readonly StoredRun[], inAll: number, settings: Settings): number | null {
  const { epochs, examples, multiplyAccumulates, seconds } = settings;
  if (examples !== null || multiplyAccumulates !== null || seconds !== null) return null;
  const ended = begun.filter(({ status }) => status !== 'unfinished');
  return ended.reduce((sum, run) => sum + run.epochs.length, (inAll - ended.length) * epochs);
}

/** Whether a living process has the lock of a run. */
function heldRuns(workers: readonly Owner[]): (run: string) => boolean {
  const isAllHeld = workers.some(({ runs }) => runs === null);
  const held = new Set(workers.flatMap(({ runs }) => runs ?? []));
  return (run) => isAllHeld || held.has(run);
}

async function slurmStatus(folder: string): Promise<SlurmStatus | null> {
  const last = listSubmissions(folder).at(-1);
  if (last === undefined) return null;
  const lastJob = readSubmission(folder, last).job;
  try {
    return { lastJob, tasks: await queuedTasks(folder), notAsked: null };
  } catch (error) {
    if (error instanceof SlurmMissing)
      return { lastJob, tasks: [], notAsked: 'there is no squeue on this machine' };
    if (error instanceof UserError) return { lastJob, tasks: [], notAsked: error.message };
    throw error;
  }
}

const failures = (runs: readonly StoredRun[]): StatusError[] =>
  runs
    .filter(({ status }) => status === 'failed')
    .map(({ folder, reason, finishedAt }) => ({
      where: basename(folder),
      what: reason ?? 'failed',
      when: finishedAt ?? '',
    }));

/** Tasks of the last submission that are not there any more and have runs that are not done: the last they said. */
function lostTasks(
  folder: string,
  runs: readonly StoredRun[],
  isHeld: (run: string) => boolean,
  queued: readonly QueuedTask[],
): StatusError[] {
  const number = listSubmissions(folder).at(-1);
  if (number === undefined) return [];
  const submission = readSubmission(folder, number);
  const ended = new Set(
    runs.filter(({ status }) => status !== 'unfinished').map((run) => basename(run.folder)),
  );
  const isLost = ({ task }: Log): boolean =>
    !queued.some((one) => one.submission === number && one.task === task) &&
    runsOfTask(submission, task).some((run) => !ended.has(run) && !isHeld(run));
  return logsOf(folder, number)
    .filter(isLost)
    .slice(0, MOST_ERRORS)
    .map(({ path, written }) => ({
      where: relative(folder, path),
      what: lastWords(path),
      when: new Date(written).toISOString(),
    }));
}

/** What a task printed. */
interface Log {
  readonly path: string;
  readonly task: number;
  /** When, in ms since 1970. */
  readonly written: number;
}

/** Those of a submission, the newest first. */
function logsOf(folder: string, submission: number): Log[] {
  const at = dirname(submissionPaths(folder, submission).record);
  const pattern = new RegExp(`^submission-${submission}-(\\d+)\\.log$`);
  return readdirSync(at)
    .flatMap((name) => {
      const task = pattern.exec(name)?.[1];
      const path = join(at, name);
      const written = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
      return task === undefined || written === undefined ? [] : [{ path, task: Number(task), written }];
    })
    .sort((a, b) => b.written - a.written);
}

const TAIL = 4096;

/** The last line of Dendrite or Slurm in a log, or else the last one. */
function lastWords(path: string): string {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(TAIL, size));
    readSync(file, bytes, 0, bytes.length, size - bytes.length);
    const lines = bytes
      .toString('utf8')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    const said = lines.findLast((line) => /^(dendrite|slurmstepd[^ ]*|bash|[^ ]*: line \d+): /.test(line));
    // What to do about it is said for all of them at once.
    return (said ?? lines.at(-1) ?? 'it ended without a word').replace(/; 'dendrite .*/, '');
  } finally {
    closeSync(file);
  }
}
