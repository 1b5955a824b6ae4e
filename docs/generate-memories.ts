/**
 * Writes docs/memories.md: what memories of the literature were claimed to hold, beside what runs say, none of the numbers by hand. They come
 * from the documents in docs/measurements/.
 */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import * as Plot from '@observablehq/plot';
import { drawFigure } from '../results/figures/layout.ts';
import { GRID, INK, MUTED, PAPER, seriesStyle } from '../results/figures/theme.ts';
import {
  type ComparedRun,
  type ComparisonDocument,
  encodeFigure,
  makeFigureDocument,
  markdownTable,
} from '../results/index.ts';
import { committedMeasurements } from './generate-measurements.ts';
import { MEMORIES } from './measurements/list.ts';
import { deviationOf, meanOf } from './spread.ts';

type Documents = ReturnType<typeof committedMeasurements>;

/** A memory, by the beginning of the ids of its conditions, and what it is called. */
const CURVES = {
  hebbian: 'hopfield-storage-hebbian-examples-',
  storkey: 'hopfield-storage-storkey-examples-',
  pseudoInverse: 'hopfield-storage-pseudo-inverse-examples-',
  two: 'dense-associative-memory-2-examples-',
  three: 'dense-associative-memory-3-examples-',
  four: 'dense-associative-memory-4-examples-',
  astrocyte: 'neuron-astrocyte-examples-',
  modern: 'modern-hopfield-examples-',
} as const;
type Curve = keyof typeof CURVES;

const TITLES: Readonly<Record<Curve, string>> = {
  hebbian: 'Hopfield network, hebbian',
  storkey: 'Hopfield network, storkey',
  pseudoInverse: 'Hopfield network, pseudo-inverse',
  two: 'dense memory, n = 2',
  three: 'dense memory, n = 3',
  four: 'dense memory, n = 4',
  astrocyte: 'neurons and astrocyte, limit',
  modern: 'modern Hopfield network, β = 100',
};

interface Point {
  readonly load: number;
  /** Not recalled, in per cent, a number for each seed. */
  readonly scores: readonly number[];
}

/** The points of a curve, the smallest load first. */
function pointsOf({ conditions, runs }: ComparisonDocument, curve: Curve): Point[] {
  return conditions
    .filter(({ id }) => id.startsWith(CURVES[curve]))
    .map(({ id, settings }) => ({
      load: settings.examples!,
      scores: runs.filter(({ condition }) => condition === id).map(lastScore),
    }))
    .sort((a, b) => a.load - b.load);
}

const lastScore = ({ epochs }: ComparedRun): number => epochs.at(-1)!.testScore!;

/**
 * Of each seed, the load at which half of the patterns are recalled: on the straight line between the first load that is over it and the one
 * before, in logarithms of the load. Null where no load is over it.
 */
export function halfLoads(points: readonly Point[]): number[] | null {
  const seeds = points[0]!.scores.map((_, seed) => {
    const over = points.findIndex(({ scores }) => scores[seed]! >= 50);
    if (over < 1) return null;
    const [before, after] = [points[over - 1]!, points[over]!];
    const [low, high] = [before.scores[seed]!, after.scores[seed]!];
    return before.load * (after.load / before.load) ** ((50 - low) / (high - low));
  });
  return seeds.includes(null) ? null : (seeds as number[]);
}

const whole = (x: number): string => Math.round(x).toLocaleString('en');
const fixed = (x: number): string => x.toFixed(1);

export function memoriesPage(documents: Documents): string {
  const load = documents.get(MEMORIES.load.file)!;
  const half = (curve: Curve) => halfLoads(pointsOf(load, curve));
  const ratio = (a: Curve, b: Curve) => meanOf(half(a)!) / meanOf(half(b)!);
  const { dendrite, runs } = load;
  return [
    '<!-- Written by docs/generate-memories.ts from docs/measurements/: `npm run docs` writes it again. -->',
    '# Memories',
    `Rules that store a pattern at once and recall it from a corrupted cue: for each, what was claimed, what runs of Dendrite ${dendrite} on an ${runs[0]!.device!.hardware} say, and what they do not. All run as any other comparison does, with [\`--task retrieval\`](results.md#tasks): \`--examples\` is the number of patterns that are stored, other ones for each seed, and the score is the share of them that is *not* recalled. [\`patterns:64\`](datasets.md#patternsbits) are random bits, for which the theory is made; digits are far from it.`,
    '    npx dendrite compare --rules hopfield,dense-associative-memory,neuron-astrocyte --dataset patterns:64 --layers 64,64 --task retrieval:flips-10 --examples 10',
    '## How many random patterns',
    '**Claimed:** a network of N neurons that are joined in pairs holds about 0.14 N random patterns (Hopfield 1982 by simulation; 0.138 N by Amit, Gutfreund & Sompolinsky 1985, as remembered). With overlaps to the power n it holds a number that grows as Nⁿ⁻¹ (Krotov & Hopfield 2016), and with a softmax exponentially many (Ramsauer et al. 2020). An astrocyte whose processes act on each other makes the network one of fourth order (Kozachkov, Slotine & Krotov 2025).',
    `    ${MEMORIES.load.command}`,
    `**Shown:** 64 neurons, 6 bits of the cue inverted, ${runs.length} runs; a pattern is recalled where all of its bits are. The load at half recall, mean ± sd over ${load.summary[0]!.n} seeds, each by a straight line between two loads in logarithms:`,
    markdownTable(
      ['memory', 'patterns at half recall', 'of a Hopfield network'],
      (Object.keys(CURVES) as Curve[]).map((curve) => {
        const loads = half(curve);
        const points = pointsOf(load, curve);
        return [
          TITLES[curve],
          loads
            ? `${whole(meanOf(loads))} ± ${whole(deviationOf(loads))}`
            : `over ${whole(points.at(-1)!.load)}`,
          loads ? `${fixed(meanOf(loads) / meanOf(half('hebbian')!))} times` : '–',
        ];
      }),
    ),
    `From n = 2 to n = 3 the load grows ${fixed(ratio('three', 'two'))}-fold, from n = 3 to n = 4 ${fixed(ratio('four', 'three'))}-fold, where Nⁿ⁻¹ alone would have it grow 64-fold: at one size constants count as much, and the no-error bound of the paper, Nⁿ⁻¹ / (2 (2n − 3)!! ln N), has factors of 21 and 13 there. n = 2 is the Hopfield network, to the bit (tests hold it to that). Not recalled, in percent:`,
    markdownTable(
      ['memory', 'patterns stored: not recalled'],
      (Object.keys(CURVES) as Curve[]).map((curve) => [
        TITLES[curve],
        pointsOf(load, curve)
          .map(({ load, scores }) => `${whole(load)}: ${fixed(meanOf(scores))}`)
          .join(', '),
      ]),
    ),
    '![Patterns recalled by the number that is stored, a line for each memory, at 64 neurons](figures/memory-load.svg)',
    'The limit with an astrocyte is of the same order as n = 4 and holds about a third of it: the field of a neuron counts its own state, which holds it where it is, while the energy difference of n = 4 leaves it out.',
    '**Not shown:** how loads grow with N, which takes several sizes (`--dataset patterns:32 --layers 32,32` is one). Half recall depends on how much of the cue is wrong and on how many bits may be; a memory that is asked from the pattern itself holds more. A memory with a neuron for each pattern gets N more weights with each; a Hopfield network has N² whatever it holds.',
    '## Neurons and an astrocyte in time',
    '**Claimed:** neurons, synapses and astrocyte processes, each with dynamics of its own, recall as the memory of fourth order does (Kozachkov, Slotine & Krotov 2025).',
    `    ${MEMORIES.astrocyte.command}`,
    '**Shown:** patterns of 32 bits, 3 bits of the cue inverted, not recalled in percent, mean ± sd over seeds. `start=constraint` begins where the algebra of the limit puts synapses and processes, `start=zero` is the control. The limit has neither; β is the gain of all three.',
    summaryTable(documents.get(MEMORIES.astrocyte.file)!),
    '**Not shown:** that the dynamics find the memory by themselves. With the leak, the synapses of any state come to hold that state: from zero no cue is repaired, whatever is stored, and from the constraint recall works as far as neurons settle before synapses hold them: with a larger gain β for fewer patterns. The limit is put in by algebra and holds far more than the dynamics do. Weights T of the astrocyte are stored at once; the paper also trains them.',
    '## Half of a digit',
    '**Claimed:** the update of a modern Hopfield network is attention, and retrieves one of exponentially many patterns in one step (Ramsauer et al. 2020). Users who gave it pixels found that it does not.',
    `    ${MEMORIES.digits.command}`,
    `**Shown:** digits of the embedded MNIST, the upper half shown and the lower half dark, not recalled in percent, mean ± sd over ${documents.get(MEMORIES.digits.file)!.summary[0]!.n} seeds.`,
    summaryTable(documents.get(MEMORIES.digits.file)!),
    'Where the lower half of the cue is the mean of what is stored, it is zero after `centred`, and does not count:',
    `    ${MEMORIES.mean.command}`,
    summaryTable(documents.get(MEMORIES.mean.file)!),
    '**Not shown:** capacity. Overlaps of raw pixels favour bright images, and preprocessing decides more than the number of patterns. Digits resemble each other, which hebbian storage does not survive, however few there are here. For states of ±1 a dark half is wrong wherever the digit is white, and nearer to digits that are dark there, which may be why powers and the pseudo-inverse, which hold many random patterns, recall so few.',
    '',
  ].join('\n\n');
}

/** Recall against load, a line for each memory, as SVG. */
export async function recallFigure(documents: Documents): Promise<string> {
  const document = documents.get(MEMORIES.load.file)!;
  const curves = (Object.keys(CURVES) as Curve[]).map((curve, place) => ({
    label: TITLES[curve],
    style: seriesStyle(place),
    points: pointsOf(document, curve).map(({ load, scores }) => ({ load, recalled: 100 - meanOf(scores) })),
  }));
  const place = { x: 'load', y: 'recalled' };
  const loads = [5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];
  const drawn = drawFigure(await makeFigureDocument(), {
    title: 'Patterns recalled by the number that is stored',
    subtitle: '64 neurons, random patterns, 10 % of the bits of each cue inverted',
    legend: curves.map(({ label, style }) => ({ label, style, as: 'line' })),
    panels: [
      {
        height: 280,
        plot: {
          ...{ marginLeft: 44, marginRight: 16, marginTop: 24, marginBottom: 38 },
          x: {
            ...{ type: 'log', domain: [4, 12_000], ticks: loads, tickFormat: (load: number) => whole(load) },
            ...{ label: 'patterns stored', labelAnchor: 'center', labelArrow: 'none' },
          },
          y: { domain: [0, 100], ticks: 5, label: 'recalled, %', labelArrow: 'none' },
          marks: [
            Plot.gridY({ stroke: GRID, strokeOpacity: 1, ticks: 5 }),
            Plot.ruleY([0], { stroke: INK }),
            Plot.ruleY([50], { stroke: MUTED, strokeDasharray: '2 3' }),
            ...curves.flatMap(({ points, style }) => [
              Plot.line(points, {
                ...{ ...place, stroke: style.colour, strokeWidth: 2, strokeDasharray: style.dash },
              }),
              Plot.dot(points, {
                ...{ ...place, symbol: style.symbol, r: 3 },
                ...{ fill: style.colour, stroke: PAPER, strokeWidth: 0.75 },
              }),
            ]),
          ],
        },
      },
    ],
    caption: `Means over ${document.summary[0]!.n} seeds; the dashed line is half recall.`,
  });
  return new TextDecoder().decode(await encodeFigure(drawn, 'svg'));
}

const cell = (scores: readonly number[]): string =>
  `${fixed(meanOf(scores))} ± ${fixed(deviationOf(scores))}`;
const scoresOf = ({ runs }: ComparisonDocument, id: string): number[] =>
  runs.filter(({ condition }) => condition === id).map(lastScore);

const summaryTable = (document: ComparisonDocument): string =>
  markdownTable(
    ['condition', 'not recalled'],
    document.conditions.map(({ id, label }) => [label, cell(scoresOf(document, id))]),
  );

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const documents = committedMeasurements();
  writeFileSync(new URL('memories.md', import.meta.url), memoriesPage(documents));
  writeFileSync(new URL('figures/memory-load.svg', import.meta.url), await recallFigure(documents));
}
