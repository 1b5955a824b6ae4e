/** What networks that predict the next frame say of each other's future, for docs/claims.md, from docs/measurements/forecasts.json. */
import { readFileSync } from 'node:fs';
import { markdownTable } from '../results/index.ts';
import type { RecordedForecast } from './record-forecasts.ts';
import { deviationOf, meanOf } from './spread.ts';

export const readForecasts = (): readonly RecordedForecast[] =>
  JSON.parse(readFileSync(new URL('measurements/forecasts.json', import.meta.url), 'utf8'));

const signed = (x: number): string => `${x < 0 ? '−' : '+'}${Math.abs(x).toFixed(3)}`;

const spread = (values: readonly number[]): string =>
  `${signed(meanOf(values))} ± ${deviationOf(values).toFixed(3)}`;

/** A row for each distance: future less past, for each brain and for the same before it was trained. */
export function forecastTable(all: readonly RecordedForecast[]): string {
  const rules = [...new Set(all.map(({ rule }) => rule))];
  const columns = rules.flatMap((rule) =>
    (['brain', 'passive'] as const).map((state) => [rule, state] as const),
  );
  const of = (rule: string, state: 'brain' | 'passive') =>
    all.filter((one) => one.rule === rule).map((one) => one[state]);
  return markdownTable(
    ['frames', ...columns.map(([rule, state]) => (state === 'brain' ? rule : `${rule}, untrained`))],
    [
      [
        'R',
        ...columns.map(([rule, state]) =>
          spread(of(rule, state).map(({ brainScore }) => brainScore)).slice(1),
        ),
      ],
      ...all[0]!.brain.scores.map(({ distance }, i) => [
        String(distance),
        ...columns.map(([rule, state]) => spread(of(rule, state).map(({ scores }) => scores[i]!.difference))),
      ]),
    ],
  );
}
