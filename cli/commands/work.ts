import { work as workOnTask } from '../../experiments/index.ts';
import type { Command } from '../command.ts';
import { follow } from '../follow.ts';
import { parseWhole } from '../options.ts';

interface WorkArguments {
  folder: string;
  submission: string;
  task: string;
  jobs: string;
}

export const work: Command<WorkArguments> = {
  command: 'work <folder>',
  describe: 'Do the runs of one task of a job: what the script of --launcher slurm calls',
  builder: (parser) =>
    parser
      .positional('folder', { type: 'string', demandOption: true, describe: 'Folder of a comparison' })
      .options({
        submission: {
          type: 'string',
          demandOption: true,
          requiresArg: true,
          describe: 'Number of the submission, as in <folder>/slurm/submission-<number>.json',
        },
        task: {
          type: 'string',
          demandOption: true,
          requiresArg: true,
          describe: 'Number of the task in it, from 1: $SLURM_ARRAY_TASK_ID',
        },
        jobs: {
          type: 'string',
          default: '1',
          defaultDescription: '1',
          describe: 'Runs at the same time',
        },
      }),
  handler: async ({ folder, ...args }) => {
    const task = {
      submission: parseWhole('submission', args.submission, 1),
      task: parseWhole('task', args.task, 1),
      jobs: parseWhole('jobs', args.jobs, 1),
    };
    const { result, stopped } = await follow((events) => workOnTask(folder, task, events));
    if (stopped !== null) return stopped;
    return result.some(({ status }) => status === 'failed') ? 1 : 0;
  },
};
