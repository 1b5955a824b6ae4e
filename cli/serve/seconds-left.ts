import type { ComparisonStatus, ConditionStatus } from '../../experiments/index.ts';
import type { StoredRun } from '../../results/index.ts';

/** What runs of a condition have taken, in seconds, and for how much. */
interface Pace {
  readonly seconds: number;
  readonly parts: number;
}

/**
 * Seconds until all runs have ended, if what is left takes as long as that of its condition has so far (of one that has not begun: as that
 * of all), and as many runs go on at the same time; null where none goes on or nothing is recorded yet. Parts are epochs, or whole runs
 * where the budget is not in epochs.
 */
export function secondsLeft({ conditions }: ComparisonStatus, runs: readonly StoredRun[]): number | null {
  const atTheSameTime = conditions.reduce((sum, { running }) => sum + running, 0);
  const paces = new Map(conditions.map((one) => [one.condition, paceOf(one, runs)]));
  const known = [...paces.values()].filter(({ parts }) => parts > 0);
  if (atTheSameTime === 0 || known.length === 0) return null;
  const mean = (all: readonly Pace[]): number => sumOf(all, 'seconds') / sumOf(all, 'parts');
  const work = conditions.map((one) => {
    const own = paces.get(one.condition)!;
    return leftOf(one) * mean(own.parts > 0 ? [own] : known);
  });
  return work.reduce((sum, seconds) => sum + seconds, 0) / atTheSameTime;
}

const sumOf = (all: readonly Pace[], name: keyof Pace): number =>
  all.reduce((sum, pace) => sum + pace[name], 0);

const leftOf = (one: ConditionStatus): number =>
  one.epochsInAll === null ? one.running + one.unfinished + one.notBegun : one.epochsInAll - one.epochs;

function paceOf({ condition, epochsInAll }: ConditionStatus, runs: readonly StoredRun[]): Pace {
  const own = runs.filter(
    (run) => run.condition === condition && (epochsInAll !== null || run.status !== 'unfinished'),
  );
  const epochs = own.flatMap((run) => run.epochs);
  return {
    seconds: epochs.reduce((sum, { seconds, evaluationSeconds }) => sum + seconds + evaluationSeconds, 0),
    parts: epochsInAll === null ? own.length : epochs.length,
  };
}
