import { readExperiment } from '../../results/index.ts';
import type { Command } from '../command.ts';
import { printComparison } from '../print-comparison.ts';

export const table: Command<{ folder: string; best: boolean; json: boolean }> = {
  command: 'table <folder>',
  describe: 'Print what compare printed, from the folder of a comparison',
  builder: (parser) =>
    parser
      .positional('folder', { type: 'string', demandOption: true, describe: 'Folder of a comparison' })
      .option('best', {
        type: 'boolean',
        default: false,
        describe: 'Show the best score of any epoch too, as many papers do: it is chosen by the score itself',
      })
      .option('json', {
        type: 'boolean',
        default: false,
        describe: 'Print one JSON document instead of the table',
      }),
  handler: ({ folder, json, best }) => printComparison(readExperiment(folder).document, json, best),
};
