import type { ComparisonDocument, ExperimentRecord } from '../comparison.schema.ts';
import type { ContrastResult } from '../contrast.schema.ts';
import { countOf, intervalText, labelOf } from '../table-words.ts';

/** What the declared contrasts say, one sentence for each condition that others are compared with; or why they say nothing. */
export function verdictSentences(document: ComparisonDocument): string[] {
  const { contrasts, conditions } = document;
  if (contrasts.length === 0)
    return [
      conditions.length === 1
        ? `There is one condition, ${conditions[0]!.label}, and nothing to compare it with.`
        : 'No contrast was declared, so there is no verdict.',
    ];
  const references = [...new Set(contrasts.map(({ to }) => to))];
  return references.map((to) =>
    familySentence(
      document,
      to,
      contrasts.filter((contrast) => contrast.to === to),
    ),
  );
}

/** The contrasts to one condition. */
function familySentence(
  { conditions, experiment }: ComparisonDocument,
  to: string,
  family: readonly ContrastResult[],
): string {
  const reference = labelOf(conditions, to);
  const { seeds } = experiment;
  if (seeds.length === 1)
    return `There is no verdict against ${reference}: one seed has no spread, and a difference may be chance.`;
  const most = Math.max(...family.map(({ n }) => n));
  if (most === 0) return `There is no verdict against ${reference}: no seed has finished with both.`;
  const parts = family.map((contrast) => {
    const { n, condition } = contrast;
    const over = n < most && n > 1 ? `, over ${n} of them` : '';
    return `${labelOf(conditions, condition)} ${predicate(contrast, experiment)}${over}`;
  });
  return `Against ${reference} over ${countOf(most, 'seed')}: ${parts.join('; ')}.`;
}

/** What a contrast says of its condition, with `is` or `has`. */
function predicate(contrast: ContrastResult, { score: { digits } }: ExperimentRecord): string {
  const { n, mean, sd, ci95, verdict, detectable, equivalence } = contrast;
  const fixed = (value: number): string => value.toFixed(digits);
  if (n < 2) return `has no verdict from ${n === 0 ? 'no seed' : 'one seed'} that finished with both`;
  if (sd === 0) return 'has no verdict, since all differences are the same';
  const shown = equivalence?.isShown ? `, and equivalent within ±${equivalence.margin}` : '';
  if (verdict === 'not distinguishable') {
    const least = `a difference of ${fixed(detectable!)} or more would have been shown`;
    return `is not distinguishable (${least})${shown}`;
  }
  const sign = mean! < 0 ? -1 : 1;
  const ends = ci95!.map((end) => sign * end).sort((a, b) => a - b) as [number, number];
  return `is ${verdict} by ${fixed(Math.abs(mean!))} ${intervalText(ends, fixed)}${shown}`;
}
