import { forecastRuns, type RunForecast } from '../../experiments/index.ts';
import type { Command } from '../command.ts';
import { parseWhole } from '../options.ts';
import { print } from '../output.ts';

interface ForecastArguments {
  brain: string;
  model: string;
  dataset: string | undefined;
  'brain-layer': string | undefined;
  'model-layer': string | undefined;
  distance: string | undefined;
  json: boolean;
}

export const forecast: Command<ForecastArguments> = {
  command: 'forecast <brain> <model>',
  describe: 'How well the future of one network explains another, beside the past and an untrained brain',
  builder: (parser) =>
    parser
      .positional('brain', {
        type: 'string',
        demandOption: true,
        describe: 'Folder of the run that is explained',
      })
      .positional('model', {
        type: 'string',
        demandOption: true,
        describe: 'Folder of the run that explains it',
      })
      .option('dataset', {
        type: 'string',
        requiresArg: true,
        describe: 'Sequences that both are shown; moving-digits:32 if left out',
      })
      .option('brain-layer', {
        type: 'string',
        requiresArg: true,
        describe: 'Hidden layer, from 1; the last if left out',
      })
      .option('model-layer', {
        type: 'string',
        requiresArg: true,
        describe: 'Hidden layer, from 1; the last if left out',
      })
      .option('distance', {
        type: 'string',
        requiresArg: true,
        describe: 'The largest, in frames; 7 if left out',
      })
      .option('json', { type: 'boolean', default: false, describe: 'Print one JSON document' }),
  handler: async ({ brain, model, dataset, distance, json, ...layers }) => {
    const whole = (name: string, text: string | undefined) =>
      text === undefined ? undefined : parseWhole(name, text, 1);
    const found = await forecastRuns(brain, model, {
      dataset,
      brainLayer: whole('brain-layer', layers['brain-layer']),
      modelLayer: whole('model-layer', layers['model-layer']),
      distance: whole('distance', distance),
    });
    for (const note of found.notes) process.stderr.write(`dendrite: ${note}\n`);
    print(json ? `${JSON.stringify(found, null, 2)}\n` : textOf(found));
  },
};

/** Columns are separated by tabs. */
function textOf({ brain, passive, brainLayer, modelLayer }: RunForecast): string {
  const rows = brain.scores.map(({ distance, future, past, difference }, i) => {
    const control = passive.scores[i]!;
    return [
      distance,
      ...[future, past, difference, control.future, control.past, control.difference].map(signed),
    ].join('\t');
  });
  return [
    `${brainLayer} of the brain by ${modelLayer} of the model: R ${brain.brainScore.toFixed(4)}, untrained brain ${passive.brainScore.toFixed(4)}`,
    'frames\tfuture\tpast\tdifference\tuntrained: future\tpast\tdifference',
    ...rows,
    '',
  ].join('\n');
}

const signed = (value: number): string => `${value < 0 ? '' : '+'}${value.toFixed(4)}`;
