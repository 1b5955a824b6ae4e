import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../kernels/index.ts';
import { makeFolder, readJson, writeJson, writeWhole, writingTo } from './files.ts';

/** Folder, within the comparison's, of what was submitted to Slurm. */
const FOLDER = 'slurm';
const FORMAT = 1;

const submissionSchema = z.object({
  format: z.literal(FORMAT),
  /** Name of the job, which no other job has: by it, and not by a number that a cluster may give again, Slurm is asked. */
  name: z.string(),
  /** Number of the job; null: sbatch refused it, or this process ended before it had said. */
  job: z.string().nullable(),
  submittedAt: z.string(),
  /** Folders of the runs, within the comparison's; task 1 does the first `runsPerTask` of them, and so on. */
  runs: z.array(z.string()).min(1),
  runsPerTask: z.int().positive(),
  /** Whether those of the runs that have failed are tried again. */
  retryFailed: z.boolean(),
});

/** slurm/submission-<number>.json: which runs were submitted together, as which job. */
export type StoredSubmission = z.infer<typeof submissionSchema>;

/** Paths of what a submission leaves in the folder of a comparison. */
export const submissionPaths = (folder: string, number: number) => {
  const path = join(folder, FOLDER, `submission-${number}`);
  return {
    record: `${path}.json`,
    script: `${path}.sbatch`,
    /** What a task prints. @param task its number from 1, or Slurm's pattern for it */
    log: (task: number | '%a') => `${path}-${task}.log`,
  };
};

/** Numbers of the submissions of a comparison, from the first to the last. */
export function listSubmissions(folder: string): number[] {
  const path = join(folder, FOLDER);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .flatMap((name) => /^submission-(\d+)\.json$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** Writes the script of a submission. @throws UserError if it cannot be written; so does `writeSubmission` */
export function writeScript(folder: string, number: number, text: string): void {
  makeFolder(join(folder, FOLDER));
  writingTo(folder, () =>
    writeWhole(submissionPaths(folder, number).script, [new TextEncoder().encode(text)]),
  );
}

/** Writes the record of a submission, whole or not at all. */
export function writeSubmission(
  folder: string,
  number: number,
  submission: Omit<StoredSubmission, 'format'>,
): void {
  makeFolder(join(folder, FOLDER));
  writingTo(folder, () =>
    writeJson(submissionPaths(folder, number).record, { format: FORMAT, ...submission }),
  );
}

/** @throws UserError if there is no such submission, or its file is damaged */
export function readSubmission(folder: string, number: number): StoredSubmission {
  const name = join(FOLDER, `submission-${number}.json`);
  const parsed = submissionSchema.safeParse(
    readJson(folder, name, `name the folder of a comparison that was submitted to Slurm`),
  );
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new UserError(
    `${join(folder, name)} is damaged or of another version (${path.join('.')}: ${message}); once no job of it runs, remove it`,
  );
}

/** Folders of the runs of a task. @param task its number, from 1 */
export const runsOfTask = ({ runs, runsPerTask }: StoredSubmission, task: number): string[] =>
  runs.slice((task - 1) * runsPerTask, task * runsPerTask);
