import type { Options } from 'yargs';
import {
  checkSbatch,
  openExperiment,
  type PlannedExperiment,
  plannedScripts,
  type SlurmOptions,
  type Submission,
  shellQuoted,
  submitMissing,
} from '../experiments/index.ts';
import { UserError } from '../kernels/index.ts';
import { parseList, parseText, parseWhole } from './options.ts';
import { print } from './output.ts';

const SLURM = 'Slurm (docs/slurm.md):';

const option = (describe: string) => ({ type: 'string', requiresArg: true, group: SLURM, describe }) as const;

/** Of every command that starts runs: where they go on. */
export const slurmOptions = {
  launcher: {
    choices: ['local', 'slurm'],
    default: 'local',
    defaultDescription: 'local',
    group: SLURM,
    describe: 'Do the runs on this machine, or submit them to Slurm as a job array and end',
  },
  partition: option('Partition'),
  time: option('Longest time of a task, as sbatch has it: 30 (minutes), 2:00:00 or 1-12:00:00'),
  'cpus-per-task': option('Cores of a task, each for one run at a time; left out: 1'),
  'gpus-per-task': option('GPUs of a task: 1, or a100:1'),
  account: option('Account that is charged'),
  modules: option('Environment modules to load first, separated by commas'),
  'at-once': option('Most tasks at the same time'),
  'runs-per-task': option('Runs of a task; left out: as many as it does at the same time'),
  'print-script': {
    type: 'boolean',
    default: false,
    group: SLURM,
    describe: 'Print the script for sbatch, and submit and write nothing',
  },
} as const satisfies Record<string, Options>;

export interface SlurmArguments {
  launcher: 'local' | 'slurm';
  partition?: string;
  time?: string;
  'cpus-per-task'?: string;
  'gpus-per-task'?: string;
  account?: string;
  modules?: string;
  'at-once'?: string;
  'runs-per-task'?: string;
  'print-script': boolean;
}

/** Arguments that mean nothing where the runs are not done by this process. */
interface LocalArguments {
  readonly jobs?: string | undefined;
  readonly json: boolean;
  readonly tensorboard: boolean;
}

/** What is asked of Slurm. */
export interface SlurmOrder {
  readonly options: SlurmOptions;
  /** Only print the script. */
  readonly printScript: boolean;
}

/**
 * @returns null where the runs are to be done on this machine
 * @throws UserError for options of the other launcher
 */
export function parseSlurm(args: SlurmArguments & LocalArguments): SlurmOrder | null {
  if (args.launcher === 'local') {
    refuseGiven(args);
    return null;
  }
  refuseLocal(args);
  const text = (name: 'partition' | 'time' | 'gpus-per-task' | 'account'): string | undefined =>
    args[name] === undefined ? undefined : parseText(name, args[name]);
  const whole = (name: 'cpus-per-task' | 'at-once' | 'runs-per-task'): number | undefined =>
    args[name] === undefined ? undefined : parseWhole(name, args[name], 1);
  return {
    options: {
      partition: text('partition'),
      time: text('time'),
      cpusPerTask: whole('cpus-per-task'),
      gpusPerTask: text('gpus-per-task'),
      account: text('account'),
      modules: args.modules === undefined ? undefined : parseList('modules', args.modules),
      atOnce: whole('at-once'),
      runsPerTask: whole('runs-per-task'),
    },
    printScript: args['print-script'],
  };
}

function refuseGiven({ launcher: _, ...args }: SlurmArguments): void {
  const given = Object.keys(slurmOptions).find(
    (name) => ![undefined, false, 'local'].includes(args[name as keyof typeof args]),
  );
  if (given !== undefined)
    throw new UserError(`--${given} is for jobs of Slurm: add --launcher slurm, or leave it out`);
}

function refuseLocal({ jobs, json, tensorboard }: LocalArguments): void {
  const refuse = (option: string, instead: string) => {
    throw new UserError(`--${option} has no meaning with --launcher slurm: ${instead}`);
  };
  if (jobs !== undefined) refuse('jobs', '--cpus-per-task says how many runs a task does at the same time');
  if (json) refuse('json', "'dendrite table <folder> --json' prints the document once runs have ended");
  if (tensorboard)
    refuse('tensorboard', "'dendrite export <folder> --format tensorboard' writes event files later");
}

/** Submits the comparisons of an experiment, and says where they are; or prints the scripts. @returns the exit code */
export async function submitPlanned(
  planned: PlannedExperiment,
  { options, printScript }: SlurmOrder,
): Promise<number> {
  // Made in any case: what cannot be submitted is refused before a folder is made.
  const scripts = plannedScripts(planned, options);
  if (printScript) {
    print(scripts.join('\n'));
    return 0;
  }
  await checkSbatch();
  const folders = openExperiment(planned).map(({ folder }) => folder);
  for (const [i, folder] of folders.entries())
    try {
      printSubmission((await submitMissing(folder, options))!);
    } catch (error) {
      const rest = folders.slice(i + 1);
      if (rest.length > 0)
        process.stderr.write(
          `dendrite: not submitted, and to be with 'dendrite resume <folder> --launcher slurm': ${rest.map(shellQuoted).join(' ')}\n`,
        );
      throw error;
    }
  return 0;
}

export function printSubmission({ folder, job, runs, tasks }: Submission): void {
  const at = shellQuoted(folder);
  print(
    [
      `submitted job ${job}: ${count(runs, 'run')} in ${count(tasks, 'task')}, in ${folder}`,
      `  dendrite status ${at}                    # how far it is`,
      `  dendrite table ${at}                     # what it came to`,
      `  dendrite cancel ${at}                    # stops it`,
      `  dendrite resume ${at} --launcher slurm   # submits what is missing, once it has ended`,
      '',
    ].join('\n'),
  );
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
