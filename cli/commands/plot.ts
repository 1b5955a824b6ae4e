import { type ListedFigure, listFigures, plotFigure } from '../../experiments/index.ts';
import { FIGURE_FORMATS, type FigureFormat } from '../../results/index.ts';
import type { Command } from '../command.ts';
import { parseList, parseText, parseWhole } from '../options.ts';
import { print } from '../output.ts';

interface PlotArguments {
  folder: string;
  figure: string | undefined;
  by: 'examples' | 'multiply-accumulates' | 'seconds' | undefined;
  condition: string | undefined;
  seed: string | undefined;
  image: string | undefined;
  format: FigureFormat | undefined;
  out: string | undefined;
  force: boolean;
}

export const plot: Command<PlotArguments> = {
  command: 'plot <folder>',
  describe: 'Draw a figure of a comparison, as SVG or PNG; without --figure, list what can be drawn',
  builder: (parser) =>
    parser
      .positional('folder', { type: 'string', demandOption: true, describe: 'Folder of a comparison' })
      .option('figure', {
        type: 'string',
        requiresArg: true,
        describe:
          'curves, scores, angles, alignment, activity, confusion, receptive-fields, feedback-weights, voltages or settling',
      })
      .option('by', {
        choices: ['examples', 'multiply-accumulates', 'seconds'] as const,
        describe: 'Of curves, angles and alignment: by how much training; by examples if left out',
      })
      .option('condition', {
        type: 'string',
        requiresArg: true,
        describe: 'Ids of conditions to show, separated by commas; all if left out',
      })
      .option('seed', {
        type: 'string',
        requiresArg: true,
        describe: 'The one seed to show; all if left out, and of networks the first that finished',
      })
      .option('image', {
        type: 'string',
        requiresArg: true,
        describe: 'Of voltages and settling: number of a test image, from 0; the first if left out',
      })
      .option('format', {
        choices: FIGURE_FORMATS,
        describe: 'Of the file; that of the ending of --out, or svg, if left out',
      })
      .option('out', {
        type: 'string',
        requiresArg: true,
        describe: 'File to write; named like folder and figure if left out',
      })
      .option('force', { type: 'boolean', default: false, describe: 'Write over what is there' })
      .example('$0 plot runs/<comparison>', 'what can be drawn')
      .example('$0 plot runs/<comparison> --figure curves --out curves.png', 'learning curves for a talk'),
  handler: async ({ folder, figure, by, condition, seed, image, format, out, force }) => {
    if (figure === undefined) {
      print(listText(await listFigures(folder)));
      return;
    }
    const { path, notes } = await plotFigure(folder, {
      ...{ figure, by, format, force },
      conditions: condition === undefined ? undefined : parseList('condition', condition),
      seed: seed === undefined ? undefined : parseWhole('seed', seed, 0),
      image: image === undefined ? undefined : parseWhole('image', image, 0),
      out: out === undefined ? undefined : parseText('out', out),
    });
    for (const note of notes) process.stderr.write(`dendrite: ${note}\n`);
    print(`${path}\n`);
  },
};

/** Each with its sentence and, where it cannot be drawn, why. */
function listText(figures: readonly ListedFigure[]): string {
  const width = Math.max(...figures.map(({ name }) => name.length)) + 2;
  return figures
    .map(({ name, description, missing }) => {
      const reason = missing === null ? '' : `\n${' '.repeat(width)}not here: ${missing}`;
      return `${name.padEnd(width)}${description}${reason}\n`;
    })
    .join('');
}
