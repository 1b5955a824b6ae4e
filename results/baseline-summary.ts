import type { Condition } from '../training/index.ts';
import type { BaselineScore, BaselineSummary } from './baselines.schema.ts';
import { summarize } from './statistics/spread.ts';

/** The baselines of a comparison, in the order in which they were asked for, and then of the conditions. */
export const summarizeBaselines = (
  names: readonly string[],
  conditions: readonly Condition[],
  scores: readonly BaselineScore[],
): BaselineSummary[] =>
  names.flatMap((baseline) => {
    const own = scores.filter((score) => score.baseline === baseline);
    const widths = [...new Set(own.map(({ width }) => width))];
    return widths.map((width) => summaryOf(baseline, width, conditions, own));
  });

function summaryOf(
  baseline: string,
  width: number | null,
  conditions: readonly Condition[],
  own: readonly BaselineScore[],
): BaselineSummary {
  const scores = own.filter((score) => score.width === width);
  const { n, mean, sd } = summarize(scores.map(({ score }) => score));
  const beside = conditions.filter(({ settings }) => width === null || lastHidden(settings) === width);
  return { baseline, width, conditions: beside.map(({ id }) => id), n, mean, sd, scores };
}

/** Neurons of the last hidden layer; null where there is none. */
export const lastHidden = ({ layers }: Pick<Condition['settings'], 'layers'>): number | null =>
  layers.length > 2 ? layers.at(-2)! : null;
