import * as Plot from '@observablehq/plot';
import type { ComparisonDocument, ConditionSummary } from '../comparison.schema.ts';
import type { FigureDocument, FigureElement } from './dom.ts';
import { drawFigure } from './layout.ts';
import { shortenText, textWidth } from './text-width.ts';
import { GRID, INK, MUTED, PAPER, type SeriesStyle, SIZES, seriesStyle } from './theme.ts';
import { comparedText, missingText, scoreName, sentences, subtitleText, withUnit } from './words.ts';

const ROW = 40;
const WIDEST_LABEL = 170;
/** Pixels for mean and interval as numbers. */
const NUMBERS = 122;
/** Where things stand in a row, in rows from its middle: dots of the seeds above, mean and interval below. */
const DOTS = { from: -0.3, to: 0.04 } as const;
const MEAN = 0.24;

interface Dot {
  readonly score: number;
  /** In rows from the top. */
  readonly row: number;
  readonly style: SeriesStyle;
}

/** The score after the last epoch: a row for each condition, a dot for each seed. */
export function scores(dom: FigureDocument, document: ComparisonDocument): FigureElement {
  const { experiment, conditions, summary } = document;
  const { score, seeds } = experiment;
  const dots = dotsOf(document);
  const labels = conditions.map(({ label }, i) => {
    const { n } = summary[i]!;
    const runs = n === seeds.length ? '' : ` (${n} of ${seeds.length})`;
    return shortenText(`${label}${runs}`, WIDEST_LABEL, SIZES.small);
  });
  const rows = conditions.map((_, i) => i);
  return drawFigure(dom, {
    title: `${scoreName(experiment)} after training: ${comparedText(conditions.map((one) => one.label))}`,
    subtitle: subtitleText(document, seeds),
    panels: [
      {
        height: 46 + ROW * rows.length,
        plot: {
          marginLeft: 14 + Math.max(...labels.map((label) => textWidth(label, SIZES.small))),
          ...{ marginRight: NUMBERS, marginTop: 8, marginBottom: 38 },
          x: {
            ...{
              label: withUnit(scoreName(experiment), score.unit),
              labelAnchor: 'center',
              labelArrow: 'none',
            },
            ...{ domain: domainOf(dots, summary), ticks: 5 },
          },
          y: { domain: [-0.5, rows.length - 0.5], reverse: true, axis: null },
          marks: [
            Plot.gridX({ stroke: GRID, strokeOpacity: 1, ticks: 5 }),
            Plot.axisY(rows, { tickFormat: (i: number) => labels[i]!, tickSize: 0, label: null }),
            ...dots.map(({ score: x, row, style }) =>
              Plot.dot([0], {
                ...{ x, y: row, r: 3.5, symbol: style.symbol, fill: style.colour },
                ...{ stroke: PAPER, strokeWidth: 0.75 },
              }),
            ),
            ...summary.flatMap((one, row) => meanMarks(one, row, score.digits)),
          ],
        },
      },
    ],
    caption: sentences(
      `${score.better === 'lower' ? 'Lower' : 'Higher'} is better.`,
      'A dot is a seed, after its last epoch; below them the mean (thick) and its 95 % interval (Student’s t, n − 1 degrees of freedom).',
      missingText(document),
    ),
  });
}

/** The scores that the means are made of, apart from each other in the order of the seeds. */
function dotsOf({ conditions, runs, experiment }: ComparisonDocument): Dot[] {
  return conditions.flatMap(({ id }, row) => {
    const known = runs
      .filter(({ condition, status }) => condition === id && status === 'finished')
      .map((run) => (experiment.scored ? run.validationScore!.last : run.testScore.last))
      .filter((score) => score !== null);
    return known.map((score, i) => ({
      score,
      row: row + DOTS.from + ((i + 0.5) / known.length) * (DOTS.to - DOTS.from),
      style: seriesStyle(row),
    }));
  });
}

function meanMarks({ n, mean, ci95 }: ConditionSummary, row: number, digits: number) {
  const numbers = (text: string) =>
    Plot.text([text], {
      ...{ text: (t: string) => t, y: row, frameAnchor: 'right', textAnchor: 'start', dx: 8 },
      fill: mean === null ? MUTED : INK,
    });
  if (mean === null) return [numbers('no finished run')];
  const fixed = (value: number) => value.toFixed(digits);
  const y = row + MEAN;
  const upright = (x: number, half: number, strokeWidth: number) =>
    Plot.link([0], { x1: x, x2: x, y1: y - half, y2: y + half, stroke: INK, strokeWidth });
  return [
    ...(n > 1 ? [upright(mean, 0.14, 2.5)] : []),
    ...(ci95
      ? [
          Plot.link([0], { x1: ci95[0], x2: ci95[1], y1: y, y2: y, stroke: INK, strokeWidth: 1.5 }),
          ...ci95.map((end) => upright(end, 0.08, 1.5)),
        ]
      : []),
    numbers(ci95 ? `${fixed(mean)} [${fixed(ci95[0])}, ${fixed(ci95[1])}]` : fixed(mean)),
  ];
}

/** With a margin on both sides; from 0 where that is not far. */
function domainOf(dots: readonly Dot[], summary: readonly ConditionSummary[]): [number, number] {
  const values = [...dots.map(({ score }) => score), ...summary.flatMap(({ ci95 }) => ci95 ?? [])];
  if (values.length === 0) return [0, 1];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = (high - low || Math.abs(high) || 1) * 0.06;
  return [low >= 0 && low < (high - low) * 2 ? Math.min(0, low) : low - margin, high + margin];
}
