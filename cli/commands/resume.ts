import { availableParallelism } from 'node:os';
import { missingScript, resubmit, resume as resumeComparison } from '../../experiments/index.ts';
import type { Command } from '../command.ts';
import { exitCodeOf, follow } from '../follow.ts';
import { parseJobs } from '../options.ts';
import { print } from '../output.ts';
import { printComparison } from '../print-comparison.ts';
import { printReports, reportOn } from '../report.ts';
import { parseSlurm, printSubmission, type SlurmArguments, slurmOptions } from '../slurm.ts';
import { TensorBoardLogs, tensorBoardOption } from '../tensorboard.ts';

interface ResumeArguments extends SlurmArguments {
  folder: string;
  jobs?: string;
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
        defaultDescription: String(availableParallelism()),
        describe: 'Runs at the same time',
      })
      .option('tensorboard', tensorBoardOption)
      .option('json', {
        type: 'boolean',
        default: false,
        describe: 'Print one JSON document instead of the table',
      })
      .options(slurmOptions) as never,
  handler: async (args) => {
    const { folder, 'retry-failed': retryFailed, tensorboard, json } = args;
    const slurm = parseSlurm(args);
    if (slurm?.printScript) {
      print(missingScript(folder, slurm.options, retryFailed));
      return 0;
    }
    const submission = slurm && (await resubmit(folder, slurm.options, retryFailed));
    if (submission) {
      printSubmission(submission);
      return 0;
    }
    // Here, or in Slurm with nothing that is missing.
    const options = { retryFailed, jobs: parseJobs(args.jobs) };
    const logs = tensorboard ? await TensorBoardLogs.load() : null;
    const { result, stopped } = await follow((events) =>
      resumeComparison(folder, options, logs?.follow(events) ?? events),
    );
    if (stopped !== null) return stopped;
    printComparison(result, json);
    const exitCode = exitCodeOf(result, folder);
    const reported = printReports([await reportOn(folder)]);
    logs?.end();
    return Math.max(exitCode, reported);
  },
};
