/** Figures and tables of neurons with an astrocyte in docs/claims.md, from the records in docs/measurements/. */
import { readFileSync } from 'node:fs';
import * as Plot from '@observablehq/plot';
import { drawFigure, type FigureParts } from '../results/figures/layout.ts';
import { GRID, INK, MUTED, PAPER, seriesStyle } from '../results/figures/theme.ts';
import {
  type ComparisonDocument,
  encodeFigure,
  makeFigureDocument,
  markdownTable,
} from '../results/index.ts';
import { ASTROCYTE } from './measurements/list.ts';
import { type AttentionErrors, DEVIATIONS, FEATURES } from './record-attention.ts';
import type { InpaintingBaselines } from './record-inpainting.ts';
import { deviationOf, meanOf } from './spread.ts';

type Documents = ReadonlyMap<string, ComparisonDocument>;

const read = (file: string): unknown =>
  JSON.parse(readFileSync(new URL(`measurements/${file}.json`, import.meta.url), 'utf8'));

export const readAttentionErrors = () =>
  read('astrocyte-attention-errors') as {
    readonly tokens: number;
    readonly size: number;
    readonly errors: readonly AttentionErrors[];
  };
export const readInpaintingBaselines = () => read('astrocyte-inpainting-baselines') as InpaintingBaselines;

const cell = (values: readonly number[]): string =>
  `${meanOf(values).toFixed(2)} ± ${deviationOf(values).toFixed(2)}`;

/** A row for each size of the logits, a column for each number of hidden neurons. */
export const attentionTable = (errors: readonly AttentionErrors[]): string =>
  markdownTable(
    ['sd of logits', ...FEATURES.map((features) => `m = ${features.toLocaleString('en')}`)],
    DEVIATIONS.map((deviation) => [
      String(deviation),
      ...FEATURES.map((features) => {
        const found = errors.find((one) => one.deviation === deviation && one.features === features)!;
        return `${cell(found.output)} / ${cell(found.normaliser)}`;
      }),
    ]),
  );

/** By the name of the file, as SVG. */
export async function astrocyteFigures(documents: Documents): Promise<[name: string, svg: string][]> {
  return [
    ['astrocyte-attention', await drawn(attentionFigure())],
    ['astrocyte-inpainting', await drawn(inpaintingFigure(documents.get(ASTROCYTE.inpainting.file)!))],
  ];
}

const drawn = async (parts: FigureParts): Promise<string> =>
  new TextDecoder().decode(await encodeFigure(drawFigure(await makeFigureDocument(), parts), 'svg'));

function attentionFigure(): FigureParts {
  const { tokens, size, errors } = readAttentionErrors();
  const lines = DEVIATIONS.map((deviation, place) => ({
    label: `logits of deviation ${deviation}`,
    style: seriesStyle(place),
    points: errors
      .filter((one) => one.deviation === deviation)
      .map(({ features, output }) => {
        const [mean, sd] = [meanOf(output), deviationOf(output)];
        return { features, mean, low: mean - sd, high: mean + sd };
      }),
  }));
  return {
    title: 'Neurons with an astrocyte beside softmax attention',
    subtitle: `${tokens} queries of ${tokens} tokens of ${size} values, positive random features`,
    legend: lines.map(({ label, style }) => ({ label, style, as: 'line' })),
    panels: [
      {
        height: 260,
        plot: {
          ...{ marginLeft: 44, marginRight: 16, marginTop: 24, marginBottom: 38 },
          x: {
            ...{ type: 'log', base: 2, domain: [12, 5500], ticks: [...FEATURES] },
            tickFormat: (features: number) => features.toLocaleString('en'),
            ...{ label: 'hidden neurons', labelAnchor: 'center', labelArrow: 'none' },
          },
          y: { domain: [0, 1.3], ticks: 5, label: 'relative error', labelArrow: 'none' },
          marks: [
            Plot.gridY({ stroke: GRID, strokeOpacity: 1, ticks: 5 }),
            Plot.ruleY([0], { stroke: INK }),
            ...lines.flatMap(({ points, style }) => [
              Plot.link(points, { x: 'features', y1: 'low', y2: 'high', stroke: style.colour }),
              Plot.line(points, {
                ...{ x: 'features', y: 'mean', stroke: style.colour, strokeWidth: 2 },
                strokeDasharray: style.dash,
              }),
              Plot.dot(points, {
                ...{ x: 'features', y: 'mean', symbol: style.symbol, r: 3 },
                ...{ fill: style.colour, stroke: PAPER, strokeWidth: 0.75 },
              }),
            ]),
          ],
        },
      },
    ],
    caption: `Error of what is read, relative to the size of what softmax attention reads: means over ${errors[0]!.output.length} seeds, bars are standard deviations.`,
  };
}

function inpaintingFigure({ conditions, runs }: ComparisonDocument): FigureParts {
  const { mean } = readInpaintingBaselines();
  const points = runs.map(({ condition, epochs }) => ({
    condition: conditions.find(({ id }) => id === condition)!.label,
    score: epochs.at(-1)!.testScore!,
  }));
  const { colour } = seriesStyle(0);
  return {
    title: 'Hidden pixels, with and without an astrocyte',
    subtitle: 'digits of 8 x 8, a quarter shown; backprop beside equilibrium propagation',
    panels: [
      {
        height: 40 + 26 * conditions.length,
        plot: {
          ...{ marginLeft: 150, marginRight: 16, marginTop: 8, marginBottom: 38 },
          x: {
            ...{ label: 'squared error, of that of ridge regression', labelAnchor: 'center' },
            ...{ labelArrow: 'none', ticks: 6 },
          },
          y: { label: null, domain: conditions.map(({ label }) => label), tickSize: 0 },
          marks: [
            Plot.gridX({ stroke: GRID, strokeOpacity: 1, ticks: 6 }),
            Plot.ruleX([1], { stroke: INK }),
            Plot.ruleX([mean], { stroke: MUTED, strokeDasharray: '2 3' }),
            Plot.dot(points, {
              ...{ x: 'score', y: 'condition', r: 4, fill: colour, fillOpacity: 0.7 },
              ...{ stroke: PAPER, strokeWidth: 0.75 },
            }),
          ],
        },
      },
    ],
    caption: 'A dot for each seed; the line is ridge regression, the dashed line the mean image.',
  };
}
