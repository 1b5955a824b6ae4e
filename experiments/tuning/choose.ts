import { UserError } from '../../kernels/index.ts';
import type {
  ComparedRun,
  ComparisonDocument,
  Trial,
  TrialOutcome,
  TunedCondition,
  TuningRecord,
} from '../../results/index.ts';
import type { Score } from '../../training/index.ts';
import { trialId } from './trials.ts';

type Better = Score['better'];

/** Rungs that all of their trials have ended. */
export const rungsDone = ({ conditions }: TuningRecord): number =>
  Math.max(...conditions.flatMap(({ trials }) => trials.map(({ outcomes }) => outcomes.length)));

/** The trials of each condition that take part in the next rung, by number. */
export function entrantsOf(record: TuningRecord, better: Better): Map<string, number[]> {
  const rung = rungsDone(record);
  const most = record.rungs[rung]!.trials;
  return new Map(
    record.conditions.map(({ condition, trials }) => {
      const entrants = rung === 0 ? trials : goingOn(trials, rung, better).slice(0, most);
      return [condition, entrants.map(({ trial }) => trial).sort((a, b) => a - b)];
    }),
  );
}

/** Those that finished the rung before: the first, with the own values of the condition, and then the best. */
function goingOn(trials: readonly Trial[], rung: number, better: Better): Trial[] {
  const finished = trials.filter((trial) => trial.outcomes.length === rung && isSound(trial));
  const isOwn = ({ trial }: Trial): boolean => trial === 1;
  return [
    ...finished.filter(isOwn),
    ...best(
      finished.filter((trial) => !isOwn(trial)),
      better,
    ),
  ];
}

/** Whether nothing went wrong in any rung. */
const isSound = ({ outcomes }: Trial): boolean => outcomes.every(({ score }) => score !== null);

/** The best first: those that came furthest, and of these by the score there. Of equals the first drawn. */
const best = (trials: readonly Trial[], better: Better): Trial[] =>
  [...trials].sort(
    (a, b) =>
      b.outcomes.length - a.outcomes.length ||
      (better === 'lower' ? 1 : -1) * (lastScore(a) - lastScore(b)) ||
      a.trial - b.trial,
  );

const lastScore = ({ outcomes }: Trial): number => outcomes.at(-1)!.score!;

/**
 * Adds what the trials of a rung came to. Nothing but their validation scores has a say.
 * @throws UserError when no trial of a condition is left
 */
export function withOutcomes(record: TuningRecord, { runs }: ComparisonDocument): TuningRecord {
  const outcomes = new Map(runs.map((run) => [run.condition, outcomeOf(run)]));
  const conditions = record.conditions.map((tuned) => ({
    ...tuned,
    trials: tuned.trials.map((trial) => {
      const outcome = outcomes.get(trialId(tuned.condition, trial.trial));
      return outcome ? { ...trial, outcomes: [...trial.outcomes, outcome] } : trial;
    }),
  }));
  for (const tuned of conditions) if (!tuned.trials.some(isSound)) throw noneLeft(tuned);
  return { ...record, conditions };
}

function outcomeOf({ status, reason, epochs }: ComparedRun): TrialOutcome {
  if (status === 'unfinished') throw new Error('a trial that goes on has no outcome');
  const last = epochs.at(-1);
  const score = (status === 'finished' ? last?.validationScore : null) ?? null;
  return {
    status,
    ...(reason !== undefined && { reason }),
    score,
    examples: last?.examples ?? 0,
    multiplyAccumulates: last?.multiplyAccumulates ?? 0,
    seconds: epochs.reduce((sum, { seconds }) => sum + seconds, 0),
  };
}

function noneLeft({ condition, trials }: TunedCondition): UserError {
  const ends = trials.map(({ outcomes }) => outcomes.at(-1)!);
  const failed = ends.filter(({ status }) => status === 'failed');
  const { status, reason = 'no reason recorded' } = failed[0] ?? ends[0]!;
  const what =
    failed.length > 0
      ? '`dendrite resume --retry-failed` tries those that failed again; or start anew with another search space'
      : 'give it another search space, with smaller learning rates, and start anew';
  return new UserError(
    `of the ${trials.length} trials of the condition '${condition}' none is left, the first ${status} as ${reason}: ${what}`,
  );
}

/** Whether the values of all conditions are chosen. */
export const isTuned = ({ conditions }: TuningRecord): boolean =>
  conditions.every(({ chosen }) => chosen !== null);

/** Chooses the best trial of each condition. */
export const choose = (record: TuningRecord, better: Better): TuningRecord => ({
  ...record,
  conditions: record.conditions.map((tuned) => ({
    ...tuned,
    chosen: best(tuned.trials.filter(isSound), better)[0]!.trial,
  })),
});
