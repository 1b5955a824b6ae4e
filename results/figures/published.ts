import * as Plot from '@observablehq/plot';
import type { FigureDocument, FigureElement } from './dom.ts';
import { drawFigure } from './layout.ts';
import { shortenText, textWidth } from './text-width.ts';
import { GRID, INK, MUTED, PAPER, SIZES, seriesStyle } from './theme.ts';

/** A row of a published table beside what came out here. Errors are in percent. */
export interface PublishedComparison {
  readonly label: string;
  /** Both ends of a range, or one value twice; null: nothing was published. */
  readonly published: readonly [low: number, high: number] | null;
  /** What stands around a published value, whatever its source means by it; null where there is none. */
  readonly spread: number | null;
  /** Of our runs, one each. */
  readonly scores: readonly number[];
  readonly verdict: string;
}

const ROW = 34;
const WIDEST_LABEL = 190;

/** Published errors and ours: a row for each, a dot for each of our seeds, a bar for what was published. */
export function published(
  dom: FigureDocument,
  title: string,
  subtitle: string,
  rows: readonly PublishedComparison[],
): FigureElement {
  const labels = rows.map(({ label }) => shortenText(label, WIDEST_LABEL, SIZES.small));
  return drawFigure(dom, {
    title,
    subtitle,
    legend: [
      { label: 'published', style: PUBLISHED, as: 'bar' },
      { label: 'here, a dot for each seed', style: HERE, as: 'line' },
    ],
    panels: [
      {
        height: 46 + ROW * rows.length,
        plot: {
          marginLeft: 14 + Math.max(...labels.map((label) => textWidth(label, SIZES.small))),
          ...{ marginRight: 14 + Math.max(...rows.map(({ verdict }) => textWidth(verdict, SIZES.small))) },
          ...{ marginTop: 8, marginBottom: 38 },
          x: {
            ...{ label: 'Test error (%)', labelAnchor: 'center', labelArrow: 'none' },
            ...{ domain: domainOf(rows), ticks: 6 },
          },
          y: { domain: [-0.5, rows.length - 0.5], reverse: true, axis: null },
          marks: [
            Plot.gridX({ stroke: GRID, strokeOpacity: 1, ticks: 6 }),
            Plot.axisY(
              rows.map((_, i) => i),
              { tickFormat: (i: number) => labels[i]!, tickSize: 0, label: null },
            ),
            ...rows.flatMap(marksOf),
          ],
        },
      },
    ],
    caption:
      'Published values with what is printed around them (thin; its meaning is that of the source), a range as a broad bar. Dots are scattered upwards and downwards only to be told apart.',
  });
}

const PUBLISHED = { ...seriesStyle(4), colour: '#8a8a8a' };
const HERE = seriesStyle(0);

function marksOf({ published: ends, spread, scores, verdict }: PublishedComparison, row: number) {
  const line = (x1: number, x2: number, strokeWidth: number) =>
    Plot.link([0], { x1, x2, y1: row, y2: row, stroke: PUBLISHED.colour, strokeWidth });
  const [low, high] = ends ?? [0, 0];
  const isRange = high > low;
  return [
    ...(ends && isRange ? [line(low, high, 9)] : []),
    ...(ends && !isRange
      ? [
          ...(spread === null ? [] : [line(low - spread, high + spread, 2)]),
          Plot.link([0], {
            ...{ x1: low, x2: low, y1: row - 0.3, y2: row + 0.3 },
            ...{ stroke: PUBLISHED.colour, strokeWidth: 5 },
          }),
        ]
      : []),
    ...scores.map((score, i) =>
      Plot.dot([0], {
        ...{ x: score, y: row + (((i + 0.5) / scores.length) * 2 - 1) * 0.22 },
        ...{ r: 3.5, symbol: HERE.symbol, fill: HERE.colour, stroke: PAPER, strokeWidth: 0.75 },
      }),
    ),
    Plot.text([verdict], {
      ...{ text: (text: string) => text, y: row, frameAnchor: 'right', textAnchor: 'start', dx: 8 },
      fill: scores.length > 0 ? INK : MUTED,
    }),
  ];
}

/** With a margin on both sides; from 0 where that is not far. */
function domainOf(rows: readonly PublishedComparison[]): [number, number] {
  const values = rows.flatMap(({ published: ends, spread, scores }) => [
    ...scores,
    ...(ends ? [ends[0] - (spread ?? 0), ends[1] + (spread ?? 0)] : []),
  ]);
  if (values.length === 0) return [0, 1];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = (high - low || high || 1) * 0.06;
  return [low < 2 * (high - low) ? 0 : low - margin, high + margin];
}
