import { closest } from '../kernels/index.ts';
import { type Contrast, defaultContrasts } from '../results/index.ts';
import type { Condition } from '../training/index.ts';
import { ExperimentMistake, type Place } from './mistake.ts';

/**
 * The contrasts of an experiment: those that are declared, or every condition against the reference.
 * @throws ExperimentMistake for a condition that there is not, and for a contrast with itself or that is declared twice
 */
export function resolveContrasts(
  declared: readonly Contrast[] | undefined,
  conditions: readonly Condition[],
): readonly Contrast[] {
  if (declared === undefined) return defaultContrasts(conditions);
  const ids = conditions.map(({ id }) => id);
  const seen = new Set<string>();
  for (const [i, { condition, to }] of declared.entries()) {
    const place: Place = ['contrasts', i];
    refuseUnknown(condition, ids, [...place, 'condition']);
    refuseUnknown(to, ids, [...place, 'to']);
    if (condition === to)
      throw new ExperimentMistake(
        [...place, 'to'],
        `the condition '${to}' is compared with itself; name another one`,
      );
    // The other way round it is the same test, and would count twice in the correction.
    const pair = [condition, to].sort().join(':');
    if (seen.has(pair))
      throw new ExperimentMistake(
        place,
        `the contrast of '${condition}' and '${to}' is declared twice; declare it once`,
      );
    seen.add(pair);
  }
  return declared;
}

/** So many ids are listed in a message. */
const MOST_LISTED = 20;

function refuseUnknown(id: string, ids: readonly string[], place: Place): void {
  if (ids.includes(id)) return;
  const near = closest(id, ids);
  const listed = ids.slice(0, MOST_LISTED).join(', ');
  const rest = ids.length > MOST_LISTED ? ` and ${ids.length - MOST_LISTED} more` : '';
  throw new ExperimentMistake(
    place,
    `there is no condition '${id}'; ${near ? `did you mean '${near}'? ` : ''}there are ${listed}${rest}`,
  );
}
