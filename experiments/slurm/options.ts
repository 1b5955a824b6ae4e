import { UserError } from '../../kernels/index.ts';

/** What the jobs of Slurm ask for. Names and values are those of sbatch. */
export interface SlurmOptions {
  /** Where they run; the cluster's default when left out. */
  readonly partition?: string | undefined;
  /** The longest time of a task, e.g. `30` (minutes), `2:00:00` or `1-12:00:00`; what the partition allows when left out. */
  readonly time?: string | undefined;
  /** Cores of a task, each for one run at a time; 1 when left out. */
  readonly cpusPerTask?: number | undefined;
  /** GPUs of a task, e.g. `1` or `a100:1`; none when left out. */
  readonly gpusPerTask?: string | undefined;
  /** What is charged; the user's default when left out. */
  readonly account?: string | undefined;
  /** Environment modules that are loaded first. */
  readonly modules?: readonly string[] | undefined;
  /** The most tasks that run at the same time; as many as there is room for when left out. */
  readonly atOnce?: number | undefined;
  /** Runs of a task; as many as it can do at the same time when left out, and more if there were more than 1,000 tasks. */
  readonly runsPerTask?: number | undefined;
}

/** A site that says nothing else allows tasks up to number 1000 (MaxArraySize=1001). */
const MOST_TASKS = 1000;

/** @throws UserError that names the option whose value cannot be */
export function checkSlurm({ cpusPerTask, atOnce, runsPerTask, modules = [], ...texts }: SlurmOptions): void {
  for (const [name, value] of Object.entries({ cpusPerTask, atOnce, runsPerTask }))
    if (value !== undefined && !(Number.isInteger(value) && value > 0))
      throw new UserError(`${name}: ${value} must be a whole number above 0`);
  // A line break would begin a line of its own in the script.
  for (const [name, value] of Object.entries({ ...texts, modules: modules.join(' ') }))
    if (value !== undefined && /[\p{Cc}\\]/u.test(value))
      throw new UserError(
        `${name}: '${value}' holds a line break or a backslash, which the script for sbatch cannot`,
      );
}

/**
 * @param runs in all
 * @param seedsTogether how many seeds of a condition one device trains together
 */
export const runsPerTaskOf = (
  { cpusPerTask = 1, runsPerTask }: SlurmOptions,
  runs: number,
  seedsTogether: number,
): number => runsPerTask ?? Math.max(cpusPerTask, seedsTogether, Math.ceil(runs / MOST_TASKS));
