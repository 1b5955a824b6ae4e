import { type ImagePrediction, predictRun } from '../../experiments/index.ts';
import type { Command } from '../command.ts';
import { print } from '../output.ts';

interface PredictArguments {
  run: string;
  images: string;
  device: 'auto' | 'cpu' | 'gpu' | undefined;
  json: boolean;
}

export const predict: Command<PredictArguments> = {
  command: 'predict <run> <images>',
  describe: 'Show images to the network of a run: class and output rates of each',
  builder: (parser) =>
    parser
      .positional('run', { type: 'string', demandOption: true, describe: 'Folder of a run' })
      .positional('images', {
        type: 'string',
        demandOption: true,
        describe: 'IDX file of images, PNG file, or folder of PNG files',
      })
      .option('device', {
        choices: ['auto', 'cpu', 'gpu'] as const,
        describe: 'Where to compute; that of the run if left out',
      })
      .option('json', { type: 'boolean', default: false, describe: 'Print one JSON document' }),
  handler: async ({ run, images, device, json }) => {
    const prediction = await predictRun(run, images, { device });
    for (const note of prediction.notes) process.stderr.write(`dendrite: ${note}\n`);
    print(json ? `${JSON.stringify(prediction, null, 2)}\n` : prediction.images.map(lineOf).join(''));
  },
};

/** Columns are separated by tabs. */
const lineOf = ({ image, class: predicted, rates }: ImagePrediction): string =>
  `${image}\t${predicted ?? '-'}\t${rates.map((rate) => rate.toFixed(4)).join(' ')}\n`;
