import type { BaselineSummary } from './baselines.schema.ts';
import type { ComparisonDocument } from './comparison.schema.ts';
import { type Colours, grid } from './table-grid.ts';
import { countOf, MISSING, thousands } from './table-words.ts';

/**
 * The baselines, apart from the conditions: no difference and no verdict is taken from them. Null where there are none.
 */
export function baselineTable(
  { baselines = [], experiment }: ComparisonDocument,
  colours: Colours,
): string | null {
  if (baselines.length === 0) return null;
  const { label, unit, digits } = experiment.score;
  const fixed = (value: number | null): string => (value === null ? MISSING : value.toFixed(digits));
  const scoreText = ({ mean, sd }: BaselineSummary): string =>
    sd === null ? fixed(mean) : `${fixed(mean)} ± ${fixed(sd)}`;
  return grid(
    [
      { align: 'left', cells: ['Baseline', ...baselines.map(baselineName)] },
      { align: 'right', cells: [`${label}, ${unit}\nmean ± sd`, ...baselines.map(scoreText)] },
      { align: 'left', cells: ['', ...baselines.map(baselineDetail)] },
    ],
    colours,
  );
}

/** A baseline in words. */
export const baselineName = ({ baseline, width }: BaselineSummary): string =>
  width === null ? baseline : `${baseline}, ${thousands(width)} features`;

/** Over how many seeds it is, and what it chose. */
export const baselineDetail = (one: BaselineSummary): string =>
  [seedsOf(one), detailOf(one)].filter(Boolean).join(', ');

const seedsOf = ({ width, n }: BaselineSummary): string => (width === null ? '' : countOf(n, 'seed'));

/** What was chosen, if it was the same every time. */
function detailOf({ scores }: BaselineSummary): string {
  const details = new Set(scores.map(({ detail = '' }) => detail));
  return details.size === 1 ? [...details][0]! : [...details].join(' or ');
}
