import { type RunReadouts, readLayers } from '../../experiments/index.ts';
import type { Command } from '../command.ts';
import { print } from '../output.ts';

interface ProbeArguments {
  run: string;
  labels: string[];
  json: boolean;
}

export const probe: Command<ProbeArguments> = {
  command: 'probe <run> <labels...>',
  describe: 'Read labels from the hidden layers of a run, beside the same network untrained',
  builder: (parser) =>
    parser
      .positional('run', { type: 'string', demandOption: true, describe: 'Folder of a run' })
      .positional('labels', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'Datasets whose labels are read; with two, halves of each layer are compared',
      })
      .option('json', { type: 'boolean', default: false, describe: 'Print one JSON document' })
      .example(
        '$0 probe runs/<comparison>/<run> moving-digits:3:direction moving-digits:3',
        'where it goes, and what it is',
      ),
  handler: async ({ run, labels, json }) => {
    const read = await readLayers(run, labels);
    for (const note of read.notes) process.stderr.write(`dendrite: ${note}\n`);
    print(json ? `${JSON.stringify(read, null, 2)}\n` : textOf(read));
  },
};

/** Columns are separated by tabs. */
function textOf({ readouts, specialisations }: RunReadouts): string {
  const rows = readouts.map(({ population, labels, error, untrained }) =>
    [population, labels, error.toFixed(2), untrained.toFixed(2)].join('\t'),
  );
  const halves = specialisations.map(({ population, areStreams, index, untrained, random }) =>
    [
      population,
      areStreams ? 'streams' : 'halves',
      index.toFixed(2),
      untrained.toFixed(2),
      mean(random).toFixed(2),
      Math.max(...random).toFixed(2),
    ].join('\t'),
  );
  return [
    'population\tlabels\ttest error, %\tuntrained',
    ...rows,
    ...(halves.length > 0
      ? ['population\thalves\tspecialisation, points\tuntrained\trandom halves\tat most', ...halves]
      : []),
    '',
  ].join('\n');
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
