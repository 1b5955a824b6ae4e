/**
 * Writes docs/graph-worlds.md: what a transformer with a recurrent position code was claimed to predict, beside what runs say, none of the numbers by
 * hand. They come from the documents in docs/measurements/, and those of agents that learn nothing from the walks themselves.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import * as Plot from '@observablehq/plot';
import { drawFigure } from '../results/figures/layout.ts';
import { GRID, INK, MUTED, seriesStyle } from '../results/figures/theme.ts';
import {
  type ComparisonDocument,
  encodeFigure,
  makeFigureDocument,
  markdownTable,
} from '../results/index.ts';
import { committedMeasurements } from './generate-measurements.ts';
import { type AgentName, agentScores, type Criterion, WORLD, worldDataset } from './graph-world-agents.ts';
import { GRAPH_WORLDS } from './measurements/list.ts';
import type { MeasuredMaps, RateMapRecord } from './record-rate-maps.ts';
import { deviationOf, meanOf } from './spread.ts';

type Documents = ReturnType<typeof committedMeasurements>;

/** In the order of columns, and what they are called. */
const CRITERIA: Readonly<Record<Criterion, string>> = {
  'unseen-edge': 'by an unseen edge',
  'unseen-action': 'by an unseen action',
  visited: 'all known nodes',
};
const criteria = Object.keys(CRITERIA) as Criterion[];

const AGENTS: Readonly<Record<AgentName, string>> = {
  node: 'agent that remembers nodes',
  edge: 'agent that remembers edges',
  frequent: 'most frequent symbol',
  table: 'table of symbol and action',
};

/** A predictor, and its accuracy in % by criterion: a number for each seed, or one. */
interface Predictor {
  readonly title: string;
  readonly scores: Readonly<Record<Criterion, readonly number[]>>;
}

const byCriterion = <T>(of: (criterion: Criterion) => T): Record<Criterion, T> =>
  Object.fromEntries(criteria.map((criterion) => [criterion, of(criterion)])) as Record<Criterion, T>;

const documentOf = (documents: Documents, criterion: Criterion): ComparisonDocument =>
  documents.get(GRAPH_WORLDS.find(({ file }) => file.endsWith(criterion))!.file)!;

/** The networks, then the agents. */
function predictors(documents: Documents): Predictor[] {
  const [first] = criteria.map((criterion) => documentOf(documents, criterion));
  const networks = first!.conditions.map(({ id, label }) => ({
    title: label,
    scores: byCriterion((criterion) =>
      documentOf(documents, criterion)
        .runs.filter(({ condition }) => condition === id)
        .map(({ epochs }) => epochs.at(-1)!.testScore!),
    ),
  }));
  const dataset = worldDataset();
  const agents = byCriterion((criterion) => agentScores(dataset, criterion));
  return [
    ...networks,
    ...(Object.keys(AGENTS) as AgentName[]).map((agent) => ({
      title: AGENTS[agent],
      scores: byCriterion((criterion) => [agents[criterion][agent]]),
    })),
  ];
}

const fixed = (x: number, digits = 1): string => x.toFixed(digits);
const cell = (scores: readonly number[], digits = 1): string =>
  scores.length === 1
    ? fixed(scores[0]!, digits)
    : `${fixed(meanOf(scores), digits)} ± ${fixed(deviationOf(scores), digits)}`;

/** Accuracy of every predictor. */
export const accuracyTable = (documents: Documents): string =>
  markdownTable(
    ['predictor', ...criteria.map((criterion) => CRITERIA[criterion])],
    predictors(documents).map(({ title, scores }) => [title, ...criteria.map((one) => cell(scores[one], 2))]),
  );

export const CLAIMED =
  'a transformer whose keys and queries come from a recurrent code for the position predicts what is at a node that it reaches by a way that it has not taken, in worlds that it has never seen (Whittington, Warren & Behrens 2022, TEM-t; Whittington et al. 2020 of the Tolman-Eichenbaum machine).';

export const NOT_SHOWN =
  'what the paper shows: as remembered, it has longer walks through larger worlds of more kinds; neither its figures nor its code were at hand, so that none stand beside these. Queries and keys are one here, symbols have no weights, and matrices start orthogonal; what each of these is worth was not measured. The path integrator shows that the task can be solved whole, not that the code is found. Backpropagation through time is no rule of a brain.';

/** The record of docs/record-rate-maps.ts. */
export const committedMaps = (): RateMapRecord =>
  JSON.parse(readFileSync(new URL('measurements/rate-maps.json', import.meta.url), 'utf8'));

const aboveNull = ({ peaks, shuffled95 }: MeasuredMaps): number =>
  (100 * peaks.filter((peak, unit) => peak > shuffled95[unit]!).length) / peaks.length;

const mapRow = (title: string, measured: readonly MeasuredMaps[]): string[] => [
  title,
  cell(measured.map(({ explained }) => 100 * explained)),
  cell(
    measured.map(({ peaks }) => meanOf(peaks)),
    2,
  ),
  cell(
    measured.map(({ shuffledMean }) => meanOf(shuffledMean)),
    2,
  ),
  cell(measured.map(aboveNull)),
];
export function graphWorldsPage(documents: Documents, maps: RateMapRecord): string {
  const document = documentOf(documents, 'unseen-edge');
  const { dendrite, runs, experiment, conditions } = document;
  const dataset = worldDataset();
  const steps = dataset.shape[0];
  const { epochs, batch } = conditions[0]!.settings;
  const walks = epochs * experiment.trainExamples;
  return [
    '<!-- Written by docs/generate-graph-worlds.ts from docs/measurements/: `npm run docs` writes it again. -->',
    '# Graph worlds',
    `Walks through worlds that have their structure in common and nothing else: each walk has [symbols of its own](datasets.md#graph-worldsworld), and [\`--task next-symbol\`](results.md#tasks) asks for the next one. Who has learned the structure knows where an action leads, and so what is there, if it has been there before, by whatever way. What runs of Dendrite ${dendrite} on an ${runs[0]!.device!.hardware} say of it:`,
    '## By an edge that was not walked',
    `**Claimed:** ${CLAIMED}`,
    `    ${GRAPH_WORLDS[0]!.command}`,
    `**Shown:** accuracy in percent on ${experiment.testExamples} walks with symbols of their own, mean ± sd over ${experiment.seeds.length} seeds; [\`backprop-through-time\`](rules/backprop-through-time.md) has trained TEM-t with ${walks.toLocaleString('en')} walks in ${(walks / batch).toLocaleString('en')} minibatches. Agents learn nothing; where they do not know, they guess one of 45 symbols.`,
    accuracyTable(documents),
    '![Accuracy of each predictor by what is scored](figures/graph-worlds.svg)',
    `An agent that remembers nodes is right at all known ones, as is a path integrator whose code is one-hot in the nodes and whose matrices are permutations: with that the task is solved without learning. An agent that remembers edges is right by those alone, and so is the table of the symbol before and the action as far as symbols are unique. \`position=none\` is the same table with attention in its place, which mixes what came after similar steps. Nodes that are visited often come again, so that the most frequent symbol is right more often than one in 45.`,
    `A walk has ${steps} steps, so that it can be unrolled in seconds. There is still much to score, of the ${steps - 1} arrivals of a walk on average:`,
    markdownTable(
      ['what is scored', 'arrivals of a walk'],
      criteria.map((criterion) => [CRITERIA[criterion], fixed(agentScores(dataset, criterion).arrivals)]),
    ),
    `**Not shown:** ${NOT_SHOWN}`,
    '## What units of the code do',
    '**Claimed:** the units of the code become periodic in space, like grid and band cells (Whittington, Warren & Behrens 2022, as remembered).',
    '    npx dendrite run graph-worlds',
    `**Shown:** the mean rate of each unit at each node, counted from where the walk began, over ${maps.walks} test walks, each through a world of its own; ${maps.networks.length} networks before and after training. A code that depends on nothing but the node has all of its variance explained by the node. The autocorrelation peak of a map is its largest correlation with itself after a move around the torus, 1 for a map that repeats itself; beside it stands that of the same map with its nodes shuffled, and the share of units above 95 % of ${200} shuffles.`,
    markdownTable(
      [
        'networks',
        'variance explained by the node, %',
        'peak',
        'peak when shuffled',
        'units above the null, %',
      ],
      [
        mapRow(
          'before training',
          maps.networks.map(({ before }) => before),
        ),
        mapRow(
          'after training',
          maps.networks.map(({ after }) => after),
        ),
      ],
    ),
    '![Rate maps of units after training, and autocorrelation peaks before and after](figures/rate-maps.svg)',
    `**Not shown:** grid cells. A torus of ${WORLD.rows} x ${WORLD.columns} nodes has room for five places along each side, too few for hexagons, and on a torus any code that is smooth repeats itself; the shuffled maps are a weak null for that reason. The peak says that maps have structure, not which.`,
    '',
  ].join('\n\n');
}

/** Accuracy, a row for each predictor, as SVG. */
export async function accuracyFigure(documents: Documents): Promise<string> {
  const all = predictors(documents);
  const dots = all.flatMap(({ title, scores }) =>
    criteria.map((criterion, place) => ({ title, accuracy: meanOf(scores[criterion]), place })),
  );
  const { experiment } = documentOf(documents, 'unseen-edge');
  const drawn = drawFigure(await makeFigureDocument(), {
    title: 'Which symbol comes next in a new world',
    subtitle: `${experiment.dataset}, 45 symbols, walks of ${2 * WORLD.rows * WORLD.columns} steps`,
    legend: criteria.map((criterion, place) => ({
      ...{ label: CRITERIA[criterion], style: seriesStyle(place), as: 'line' as const },
    })),
    panels: [
      {
        height: 250,
        plot: {
          ...{ marginLeft: 205, marginRight: 16, marginTop: 10, marginBottom: 38 },
          x: { domain: [0, 100], label: 'right, %', labelAnchor: 'center', labelArrow: 'none' },
          y: { domain: all.map(({ title }) => title), label: null, tickSize: 0 },
          marks: [
            Plot.gridX({ stroke: GRID, strokeOpacity: 1 }),
            Plot.ruleX([0], { stroke: INK }),
            ...criteria.map((_, place) => {
              const { colour, symbol } = seriesStyle(place);
              const own = dots.filter((dot) => dot.place === place);
              return Plot.dot(own, {
                ...{ x: 'accuracy', y: 'title', symbol, r: 4 },
                ...{ fill: colour, dy: 8 * (place - 1) },
              });
            }),
          ],
        },
      },
    ],
    caption: `Networks: means over ${experiment.seeds.length} seeds. Agents learn nothing.`,
  });
  return new TextDecoder().decode(await encodeFigure(drawn, 'svg'));
}

const SHOWN = 24;
const ACROSS = 8;

/** From blue by white to red, for a rate from -1 to 1. */
function colourOf(rate: number): string {
  const [low, high] = [
    [0, 114, 178],
    [213, 94, 0],
  ] as const;
  const end = rate < 0 ? low : high;
  return `rgb(${end.map((part) => Math.round(255 + Math.abs(rate) * (part - 255))).join(',')})`;
}

/** Rate maps of some units, and the peaks of all, as SVG. */
export async function mapsFigure(maps: RateMapRecord): Promise<string> {
  const { rows, columns } = WORLD;
  const [first] = maps.networks;
  const squares = maps.maps.slice(0, SHOWN).flatMap((map, unit) => {
    const most = Math.max(...map.map(Math.abs));
    return map.map((rate, node) => {
      const x = (unit % ACROSS) * (columns + 1) + (node % columns);
      const y = Math.floor(unit / ACROSS) * (rows + 1) + Math.floor(node / columns);
      return { x1: x, x2: x + 1, y1: y, y2: y + 1, colour: colourOf(rate / most) };
    });
  });
  const peaks = [
    ...first!.before.peaks.map((peak) => ({ peak, of: 'before training' })),
    ...first!.after.peaks.map((peak) => ({ peak, of: 'after training' })),
    ...first!.after.shuffledMean.map((peak) => ({ peak, of: 'after, nodes shuffled' })),
  ];
  const drawn = drawFigure(await makeFigureDocument(), {
    title: 'What units of a learned position code do at the nodes of a torus',
    subtitle: `TEM-t, ${maps.maps.length} units, ${rows} x ${columns} nodes, seed ${first!.seed}`,
    panels: [
      {
        title: `mean rates of the first ${SHOWN} units`,
        height: 215,
        plot: {
          ...{ margin: 4, axis: null, y: { reverse: true } },
          marks: [Plot.rect(squares, { x1: 'x1', x2: 'x2', y1: 'y1', y2: 'y2', fill: 'colour' })],
        },
      },
      {
        title: 'autocorrelation peaks of all units',
        height: 130,
        plot: {
          ...{ marginLeft: 140, marginRight: 16, marginTop: 6, marginBottom: 36 },
          x: { domain: [0, 1], label: 'peak', labelAnchor: 'center', labelArrow: 'none' },
          y: {
            domain: ['before training', 'after training', 'after, nodes shuffled'],
            label: null,
            tickSize: 0,
          },
          marks: [
            Plot.gridX({ stroke: GRID, strokeOpacity: 1 }),
            Plot.tickX(peaks, { x: 'peak', y: 'of', stroke: MUTED, strokeWidth: 1 }),
          ],
        },
      },
    ],
    caption: `Nodes are counted from where a walk began (upper left); means over ${maps.walks} walks through worlds of their own. Colours are relative to the largest rate of each unit, blue below zero. Shuffled: the mean over shuffles for each unit.`,
  });
  return new TextDecoder().decode(await encodeFigure(drawn, 'svg'));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [documents, maps] = [committedMeasurements(), committedMaps()];
  writeFileSync(new URL('graph-worlds.md', import.meta.url), graphWorldsPage(documents, maps));
  writeFileSync(new URL('figures/graph-worlds.svg', import.meta.url), await accuracyFigure(documents));
  writeFileSync(new URL('figures/rate-maps.svg', import.meta.url), await mapsFigure(maps));
}
