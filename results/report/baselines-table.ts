import type { ComparisonDocument } from '../comparison.schema.ts';
import { baselineDetail, baselineName } from '../table-baselines.ts';
import { MISSING } from '../table-words.ts';
import type { Html } from './html.ts';
import { tableOf } from './table.ts';

/** What the baselines came to, apart from the conditions; null where there are none. */
export function baselinesTable({ baselines = [], experiment }: ComparisonDocument): Html | null {
  if (baselines.length === 0) return null;
  const { label, unit, digits } = experiment.score;
  const fixed = (value: number | null): string => (value === null ? MISSING : value.toFixed(digits));
  return tableOf(
    'Baselines, from which no difference and no verdict is taken',
    [
      { heading: 'Baseline', as: 'text', cell: baselineName },
      {
        heading: `${label}, ${unit}`,
        as: 'number',
        cell: ({ mean, sd }) => (sd === null ? fixed(mean) : `${fixed(mean)} ± ${fixed(sd)}`),
      },
      { heading: 'Drawn and chosen', as: 'text', cell: baselineDetail },
    ],
    baselines,
  );
}
