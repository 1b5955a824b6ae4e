import { listBuiltIn } from '../../experiments/index.ts';
import type { Command } from '../command.ts';
import { print } from '../output.ts';

export const experiments: Command = {
  command: 'experiments',
  describe: 'List the built-in experiments',
  handler: () => {
    for (const { name, title, source, cost } of listBuiltIn())
      print(
        `${name}\n    ${title}\n${source === null ? '' : `    after ${source}\n`}    dendrite run ${name}  (${cost})\n\n`,
      );
  },
};
