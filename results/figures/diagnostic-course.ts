import type { ComparisonDocument } from '../comparison.schema.ts';
import type { Amount } from './amount.ts';
import { axisOf, courseCaption, courseLegend, coursePlot, valuesOf } from './course.ts';
import type { FigureDocument, FigureElement } from './dom.ts';
import { drawFigure } from './layout.ts';
import { type Series, seriesOf } from './series.ts';
import { comparedText, missingText, sentences, subtitleText } from './words.ts';

/** An angle that is measured after each epoch in several places, each with a panel of its own. */
export interface DrawnAngle {
  /** Name of the diagnostic. */
  readonly diagnostic: string;
  /** What is measured, as the beginning of a title. */
  readonly title: string;
  /** What 0 and 90 degrees mean, as a sentence. */
  readonly meaning: string;
  readonly by: Amount;
}

const RIGHT_ANGLE = 90;
/** Between ticks, degrees. An axis that goes beyond a right angle ends at one. */
const STEP = 30;

/** Names of the connections or pathways that a diagnostic was measured for, in the order in which they were recorded. */
export const placesOf = ({ runs }: ComparisonDocument, diagnostic: string): string[] => [
  ...new Set(
    runs.flatMap(({ epochs }) =>
      epochs.flatMap(({ diagnostics }) =>
        Object.entries(diagnostics?.[diagnostic] ?? {})
          .filter(([, value]) => value !== null)
          .map(([place]) => place),
      ),
    ),
  ),
];

/** Angles over the course of training, a panel for each connection or pathway. */
export function drawAngles(
  dom: FigureDocument,
  document: ComparisonDocument,
  { diagnostic, title, meaning, by }: DrawnAngle,
): FigureElement {
  const panels = placesOf(document, diagnostic).map((place) => ({
    place,
    series: seriesOf(document, by, ({ diagnostics }) => diagnostics?.[diagnostic]?.[place]),
  }));
  const largest = Math.max(...panels.flatMap(({ series }) => valuesOf(series)));
  const top = Math.max(RIGHT_ANGLE, STEP * Math.ceil(largest / STEP));
  const isDrawn = (_: Series, i: number): boolean => panels.some(({ series }) => hasValues(series[i]!));
  const drawn = panels[0]!.series.filter(isDrawn);
  const missing = panels[0]!.series.filter((one, i) => !isDrawn(one, i)).map(({ label }) => label);
  return drawFigure(dom, {
    title: `${title}: ${comparedText(drawn.map(({ label }) => label))}`,
    subtitle: subtitleText(document, document.experiment.seeds),
    legend: courseLegend(drawn),
    columns: panels.length === 1 ? 1 : 2,
    panels: panels.map(({ place, series }) => ({
      title: place,
      height: panels.length === 1 ? 280 : 210,
      plot: coursePlot(series.filter(hasValues), axisOf(document, by), {
        ...{ label: 'Angle (degrees)', domain: [0, top] },
        ticks: Array.from({ length: top / STEP + 1 }, (_, i) => i * STEP),
        marked: top > RIGHT_ANGLE ? RIGHT_ANGLE : null,
      }),
    })),
    caption: sentences(
      meaning,
      courseCaption(document, by),
      missing.length === 0 ? '' : `Not measured for ${comparedText(missing)}.`,
      missingText(document),
    ),
  });
}

const hasValues = ({ means, lines }: Series): boolean => means.length > 0 || lines.length > 0;
