import { writeReport } from '../../experiments/index.ts';
import type { Command } from '../command.ts';
import { parseText } from '../options.ts';
import { print } from '../output.ts';

export const report: Command<{ folder: string; out?: string }> = {
  command: 'report <folder>',
  describe: 'Write the report of a comparison, one HTML file: verdict, tables, figures, provenance',
  builder: (parser) =>
    parser
      .positional('folder', { type: 'string', demandOption: true, describe: 'Folder of a comparison' })
      .option('out', {
        type: 'string',
        requiresArg: true,
        describe: 'File to write; report.html in the folder if left out',
      }) as never,
  handler: async ({ folder, out }) => {
    print(`${await writeReport(folder, out === undefined ? undefined : parseText('out', out))}\n`);
  },
};
