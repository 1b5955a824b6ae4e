import { availableParallelism } from 'node:os';
import { resume as resumeComparison } from '../../experiments/index.ts';
import type { Command } from '../command.ts';
import { exitCodeOf, follow } from '../follow.ts';
import { parseWhole } from '../options.ts';
import { printComparison } from '../print-comparison.ts';
import { TensorBoardLogs, tensorBoardOption } from '../tensorboard.ts';

interface ResumeArguments {
  folder: string;
  jobs: string;
  'retry-failed': boolean;
  tensorboard: boolean;
  json: boolean;
}

export const resume: Command<ResumeArguments> = {
  command: 'resume <folder>',
  describe: 'Go on with a comparison that was stopped or killed',
  builder: (parser) =>
    parser
      .positional('folder', { type: 'string', demandOption: true, describe: 'Folder of a comparison' })
      .option('retry-failed', {
        type: 'boolean',
        default: false,
        describe: 'Try runs that failed again, from their last checkpoint',
      })
      .option('jobs', {
        type: 'string',
        default: String(availableParallelism()),
        defaultDescription: String(availableParallelism()),
        describe: 'Runs at the same time',
      })
      .option('tensorboard', tensorBoardOption)
      .option('json', {
        type: 'boolean',
        default: false,
        describe: 'Print one JSON document instead of the table',
      }),
  handler: async ({ folder, jobs, 'retry-failed': retryFailed, tensorboard, json }) => {
    const options = { retryFailed, jobs: parseWhole('jobs', jobs, 1) };
    const logs = tensorboard ? await TensorBoardLogs.load() : null;
    const { result, stopped } = await follow((events) =>
      resumeComparison(folder, options, logs?.follow(events) ?? events),
    );
    if (stopped !== null) return stopped;
    printComparison(result, json);
    logs?.end();
    return exitCodeOf(result, folder);
  },
};
