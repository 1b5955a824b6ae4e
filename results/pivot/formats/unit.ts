import type { PivotCell } from '../pivot.ts';

/** The unit of the numbers of a cell as they are; null where they have none. */
export function unitOf({ measure, runs }: PivotCell): string | null {
  if (measure.kind === 'text') return null;
  if (measure.style === 'score' || measure.style === 'signed score') return runs[0]!.experiment.score.unit;
  return measure.unit ?? null;
}
