import { cancelJobs, inWords, shellQuoted } from '../../experiments/index.ts';
import type { Command } from '../command.ts';
import { print } from '../output.ts';

export const cancel: Command<{ folder: string }> = {
  command: 'cancel <folder>',
  describe: 'Stop the jobs of Slurm that work on a comparison',
  builder: (parser) =>
    parser.positional('folder', { type: 'string', demandOption: true, describe: 'Folder of a comparison' }),
  handler: async ({ folder }) => {
    const tasks = await cancelJobs(folder);
    print(
      `cancelled ${inWords(tasks)}; runs that go on write a checkpoint first, and 'dendrite resume ${shellQuoted(folder)}' goes on from there\n`,
    );
  },
};
