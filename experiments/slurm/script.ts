import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../kernels/index.ts';
import { submissionPaths } from '../../results/index.ts';
import { checkSlurm, type SlurmOptions } from './options.ts';

/** What a script is about. */
export interface ScriptedJob {
  /** Name of the job. */
  readonly name: string;
  /** The comparison's; relative to the current folder or not. */
  readonly folder: string;
  /** Number of the submission. */
  readonly number: number;
  readonly runs: number;
  readonly runsPerTask: number;
}

/** The time in which a task that is told to stop ends its minibatches and writes its checkpoints. */
const SECONDS_TO_STOP = 60;

/**
 * The script that sbatch is given.
 * @param program what starts Dendrite: an executable and its first arguments
 * @param cwd where the tasks start: paths of datasets may be relative to it
 * @throws UserError when an option or a path cannot be written into a script
 */
export function scriptOf(
  { name, folder, number, runs, runsPerTask }: ScriptedJob,
  options: SlurmOptions,
  program = ownProgram(),
  cwd = process.cwd(),
): string {
  checkSlurm(options);
  const { partition, account, time, cpusPerTask = 1, gpusPerTask, modules = [], atOnce } = options;
  const at = resolve(cwd, folder);
  for (const path of [at, cwd]) refuseCharacters(path);
  const tasks = Math.ceil(runs / runsPerTask);
  const asked: readonly (readonly [name: string, value: string | number | undefined])[] = [
    ['job-name', name],
    ['array', `1-${tasks}${atOnce === undefined ? '' : `%${atOnce}`}`],
    ['partition', partition],
    ['account', account],
    ['time', time],
    // Without the number of tasks (Slurm's word for processes), sbatch refuses --gpus-per-task.
    ['ntasks', 1],
    ['cpus-per-task', cpusPerTask],
    ['gpus-per-task', gpusPerTask],
    ['chdir', cwd],
    ['output', submissionPaths(at.replaceAll('%', '%%'), number).log('%a')],
    ['open-mode', 'append'],
    ['signal', `B:TERM@${SECONDS_TO_STOP}`],
  ];
  const command = [...program, 'work', at].map(shellQuoted).join(' ');
  return [
    // `module` is a function, which a login shell knows.
    modules.length > 0 ? '#!/bin/bash -l' : '#!/bin/bash',
    ...asked.flatMap(([option, value]) =>
      value === undefined ? [] : `#SBATCH --${option}=${sbatchQuoted(String(value))}`,
    ),
    '',
    `# Submission ${number} of a comparison: ${count(runs, 'run')}, ${runsPerTask} to a task.`,
    ...(modules.length > 0 ? [`module load ${modules.map(shellQuoted).join(' ')} || exit`] : []),
    'set -euo pipefail',
    `# "exec", so that the signal before the end of the time reaches Dendrite, which then writes checkpoints and ends.`,
    `exec ${command} \\`,
    `  --submission ${number} --task "$SLURM_ARRAY_TASK_ID" --jobs "$SLURM_CPUS_PER_TASK"`,
    '',
  ].join('\n');
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;

/** Of the name of a file, sbatch reads a backslash as a sign that no pattern is in it; a line break ends the line. */
function refuseCharacters(path: string): void {
  if (/[\p{Cc}\\]/u.test(path))
    throw new UserError(
      `the path ${path} holds a line break or a backslash, which the script for sbatch cannot: choose another folder`,
    );
}

/** What starts this program again, from its build or, as in a checkout, from its source. */
function ownProgram(): string[] {
  const isSource = import.meta.url.endsWith('.ts');
  const main = fileURLToPath(new URL(`../../cli/main.${isSource ? 'ts' : 'js'}`, import.meta.url));
  return [process.execPath, ...(isSource ? ['--import', import.meta.resolve('tsx')] : []), main];
}

const PLAIN = /^[\w./:,=@%+-]+$/;

/** A text as a shell reads it. */
export const shellQuoted = (text: string): string =>
  PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** A text as sbatch reads it in its lines: within quotation marks, too, a backslash is before what is meant literally. */
const sbatchQuoted = (text: string): string =>
  PLAIN.test(text) ? text : `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
