/** Tables of what hidden layers know of moving digits, for docs/claims.md, from docs/measurements/two-streams-readouts.json. */
import { readFileSync } from 'node:fs';
import { markdownTable } from '../results/index.ts';
import type { StreamReadouts } from './record-streams.ts';
import { deviationOf, meanOf } from './spread.ts';

export const streamReadouts = (): readonly StreamReadouts[] =>
  JSON.parse(readFileSync(new URL('measurements/two-streams-readouts.json', import.meta.url), 'utf8'));

const LAYERS = ['hidden 1', 'hidden 2'];
const LABELS = ['moving-digits:3:direction', 'moving-digits:3'];
/** What the networks were taught, and by which structure. */
const GROUPS = [
  ['next frame, one pathway', 'next-frame:1', 'full'],
  ['next frame, two streams', 'next-frame:1', 'two-streams'],
  ['digits, one pathway', 'classify', 'full'],
  ['digits, two streams', 'classify', 'two-streams'],
] as const;

const spread = (values: readonly number[]): string =>
  `${meanOf(values).toFixed(1)} ± ${deviationOf(values).toFixed(1)}`;

const groupOf = (all: readonly StreamReadouts[], task: string, structure: string): StreamReadouts[] =>
  all.filter((one) => one.task === task && one.structure === structure);

const readoutOf = ({ readouts }: StreamReadouts, population: string, labels: string) =>
  readouts.find((one) => one.population === population && one.labels === labels)!;

/** A row for what is taught, a column for each layer and each kind of labels. */
export function readoutTable(all: readonly StreamReadouts[]): string {
  const columns = LAYERS.flatMap((layer) => LABELS.map((labels) => [layer, labels] as const));
  const row = (name: string, runs: readonly StreamReadouts[], key: 'error' | 'untrained') => [
    name,
    ...columns.map(([layer, labels]) => spread(runs.map((run) => readoutOf(run, layer, labels)[key]))),
  ];
  return markdownTable(
    [
      'taught',
      ...columns.map(([layer, labels]) => `${layer}: ${labels === LABELS[0] ? 'direction' : 'digit'}`),
    ],
    [
      row('nothing, one pathway', groupOf(all, 'next-frame:1', 'full'), 'untrained'),
      ...GROUPS.map(([name, task, structure]) => row(name, groupOf(all, task, structure), 'error')),
    ],
  );
}

/** The value that all but a twentieth do not exceed. */
const mostOf = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(0.95 * values.length) - 1]!;

export function specialisationTable(all: readonly StreamReadouts[]): string {
  const of = (runs: readonly StreamReadouts[], layer: string) =>
    runs.map(({ specialisations }) => specialisations.find(({ population }) => population === layer)!);
  const rows = GROUPS.filter(([, , structure]) => structure === 'two-streams').flatMap(([name, task]) =>
    LAYERS.map((layer) => {
      const streams = of(groupOf(all, task, 'two-streams'), layer);
      const single = of(groupOf(all, task, 'full'), layer);
      const random = single.flatMap((one) => one.random);
      return [
        name.split(',')[0]!,
        layer,
        spread(streams.map(({ untrained }) => untrained)),
        spread(streams.map(({ index }) => index)),
        spread(single.map(({ index }) => index)),
        spread(random),
        mostOf(random).toFixed(1),
        `${streams.filter(({ index }) => index > mostOf(random)).length} of ${streams.length}`,
      ];
    }),
  );
  return markdownTable(
    [
      'taught',
      'layer',
      'S of untrained streams',
      'S of two streams',
      'S of halves of one pathway',
      'random halves',
      'of which 95 % are below',
      'streams above',
    ],
    rows,
  );
}
