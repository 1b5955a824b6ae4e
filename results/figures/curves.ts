import type { ComparisonDocument } from '../comparison.schema.ts';
import type { Amount } from './amount.ts';
import { axisOf, courseCaption, courseLegend, coursePlot, valuesOf } from './course.ts';
import type { FigureDocument, FigureElement } from './dom.ts';
import { drawFigure } from './layout.ts';
import { type Series, seriesOf } from './series.ts';
import { comparedText, missingText, scoreName, sentences, subtitleText, withUnit } from './words.ts';

/** Where the largest score is so many times the smallest one, the axis is logarithmic: the end of training would lie flat. */
const LOG_FROM = 8;

/** Learning curves: the score after each epoch. */
export function curves(dom: FigureDocument, document: ComparisonDocument, by: Amount): FigureElement {
  const { experiment } = document;
  const series = seriesOf(document, by, ({ testScore, validationScore }) =>
    experiment.scored ? validationScore : testScore,
  );
  const { domain, type } = scoreDomain(series);
  const label = withUnit(scoreName(experiment), experiment.score.unit);
  return drawFigure(dom, {
    title: `${scoreName(experiment)} in the course of training: ${comparedText(document.conditions.map((one) => one.label))}`,
    subtitle: subtitleText(document, experiment.seeds),
    legend: courseLegend(series),
    panels: [
      {
        height: 300,
        plot: coursePlot(series, axisOf(document, by), {
          ...{ label: type === 'log' ? `${label}, logarithmic` : label, domain, type },
        }),
      },
    ],
    caption: sentences(
      `${experiment.score.better === 'lower' ? 'Lower' : 'Higher'} is better.`,
      courseCaption(document, by),
      missingText(document),
    ),
  });
}

/** The vertical axis that fits scores. */
export function scoreDomain(series: readonly Series[]): {
  domain: [number, number];
  type: 'linear' | 'log';
} {
  const scores = valuesOf(series);
  const [low, high] = [Math.min(...scores), Math.max(...scores)];
  if (low > 0 && high >= LOG_FROM * low) return { domain: [low / 1.3, high * 1.1], type: 'log' };
  const ends = series.flatMap(({ means }) => means.flatMap(({ interval }) => interval ?? []));
  // Where no score is negative, no band reaches below 0.
  const bottom = low >= 0 ? 0 : Math.min(low, ...ends);
  const top = Math.max(high, ...ends);
  return { domain: [bottom, top > bottom ? top + (top - bottom) * 0.05 : bottom + 1], type: 'linear' };
}
