import type { ComparisonDocument, TuningRecord } from '../../results/index.ts';
import type { Condition } from '../../training/index.ts';
import type { Experiment } from '../experiment.ts';
import { type Setup, withConditions } from '../setup.ts';
import { choose, entrantsOf, rungsDone, withOutcomes } from './choose.ts';
import type { TuningPlan } from './plan.ts';
import { chosenConditions, trialConditions } from './trials.ts';

/** What a tuning is done with. */
export interface TuningWork {
  /** Trains all trials of a rung, or goes on with them. @param rung from 1 */
  train(rung: number, setup: Setup): Promise<ComparisonDocument>;
  /** Records what is known, after each rung, and the conditions with the values that are chosen for them at last. */
  save(record: TuningRecord, conditions: readonly Condition[]): void;
}

/**
 * Does the rungs that are missing, each an ordinary comparison of trials, and chooses the values of each condition.
 * @param experiment with the conditions as they are without a tuning
 * @returns false if it was told to stop: the trials at hand go on another time
 * @throws UserError when no trial of a condition is left
 */
export async function tune(
  { record: begun, setup }: TuningPlan,
  experiment: Experiment,
  { train, save }: TuningWork,
): Promise<boolean> {
  const { better } = experiment.chosenTask.definition.score;
  let record = begun;
  for (let rung = rungsDone(record); rung < record.rungs.length; rung++) {
    const entrants = entrantsOf(record, better);
    // What came further has diverged.
    if ([...entrants.values()].every((trials) => trials.length === 0)) break;
    const conditions = trialConditions(experiment, record, record.rungs[rung]!.fraction, entrants);
    const document = await train(rung + 1, withConditions(setup, conditions));
    if (document.summary.some(({ unfinished }) => unfinished > 0)) return false;
    record = withOutcomes(record, document);
    save(record, experiment.conditions);
  }
  const chosen = choose(record, better);
  save(chosen, chosenConditions(experiment, chosen));
  return true;
}
