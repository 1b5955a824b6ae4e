import { diffComparisons, diffText } from '../../results/index.ts';
import type { Command } from '../command.ts';
import { print } from '../output.ts';

export const diff: Command<{ folderA: string; folderB: string; json: boolean }> = {
  command: 'diff <folderA> <folderB>',
  describe: 'Say what differs between two comparisons: configuration, results by seed, bits',
  builder: (parser) =>
    parser
      .positional('folderA', { type: 'string', demandOption: true, describe: 'Folder of a comparison' })
      .positional('folderB', { type: 'string', demandOption: true, describe: 'Folder of another one' })
      .option('json', { type: 'boolean', default: false, describe: 'Print one JSON document instead' }),
  handler: ({ folderA, folderB, json }) => {
    const found = diffComparisons(folderA, folderB);
    print(json ? `${JSON.stringify(found, null, 2)}\n` : diffText(found));
  },
};
