import { EXPORT_FORMATS, type ExportFormat, exportFolder } from '../../results/index.ts';
import type { Command } from '../command.ts';
import { parseText } from '../options.ts';
import { print } from '../output.ts';

interface ExportArguments {
  folder: string;
  format: ExportFormat;
  out?: string;
  all: boolean;
  force: boolean;
}

export const exportCommand: Command<ExportArguments> = {
  command: 'export <folder>',
  describe: 'Write the weights of a run, or the records of runs, in a format of other programs',
  builder: (parser) =>
    parser
      .positional('folder', {
        type: 'string',
        demandOption: true,
        describe: 'Folder of a run; for records (tensorboard, parquet) also of a comparison',
      })
      .option('format', {
        choices: EXPORT_FORMATS,
        demandOption: true,
        describe: 'Weights as safetensors, npz (NumPy) or csv; records as tensorboard or parquet',
      })
      .option('out', {
        type: 'string',
        describe:
          'File to write, or folder for csv and tensorboard; named like the exported folder if left out',
      })
      .option('all', {
        type: 'boolean',
        default: false,
        describe: 'Of weights: with what is kept of each training example',
      })
      .option('force', { type: 'boolean', default: false, describe: 'Write over what is there' })
      .example('$0 export runs/<comparison>/backprop-seed-1 --format npz', 'weights for NumPy')
      .example('$0 export runs/<comparison> --format parquet', 'all epochs for pandas or DuckDB') as never,
  handler: async ({ folder, format, out, all, force }) => {
    const { path, content, notes } = await exportFolder(folder, {
      format,
      all,
      force,
      ...(out !== undefined && { out: parseText('out', out) }),
    });
    for (const note of notes) process.stderr.write(`dendrite: ${note}\n`);
    print(`${path} holds ${content}\n`);
  },
};
