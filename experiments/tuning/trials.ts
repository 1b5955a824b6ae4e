import { UserError } from '../../kernels/index.ts';
import type { TunedCondition, TuningRecord } from '../../results/index.ts';
import type { RuleDefinition, SearchSpace } from '../../rules/index.ts';
import {
  type Condition,
  drawValues,
  ownValues,
  resolveCondition,
  type SearchedValues,
  type Settings,
  scaleBudget,
  withValues,
} from '../../training/index.ts';
import type { Experiment } from '../experiment.ts';
import { at } from '../mistake.ts';

/** Of the trials that end a rung, one in so many goes on, with so many times the budget. */
const REDUCTION = 3;
/** The first rung has at least a ninth of the budget, and so many epochs: after less, the largest learning rate is the best. */
const MOST_RUNGS = 3;
const LEAST_EPOCHS = 3;

/**
 * The rungs of successive halving (Jamieson & Talwalkar 2016), which keeps a third of the trials here, and the own values of the
 * condition besides: as many rungs as trials and budgets have room for. The last one has the whole budget.
 * @param examples of the training set
 */
export function rungsOf(
  trials: number,
  settings: readonly Settings[],
  examples: number,
): TuningRecord['rungs'] {
  const epochs = Math.min(...settings.map((one) => epochsOf(one, examples)));
  const isRoomFor = (rungs: number): boolean => {
    const parts = REDUCTION ** (rungs - 1);
    return trials >= parts && Math.round(epochs / parts) >= LEAST_EPOCHS;
  };
  let count = 1;
  while (count < MOST_RUNGS && isRoomFor(count + 1)) count++;
  return Array.from({ length: count }, (_, rung) => ({
    fraction: 1 / REDUCTION ** (count - 1 - rung),
    trials: Math.floor(trials / REDUCTION ** rung) + (rung === 0 ? 0 : 1),
  }));
}

/** Epochs of a budget; as many as there may be where they are not known. */
function epochsOf({ epochs, examples, multiplyAccumulates, seconds }: Settings, inEpoch: number): number {
  if (examples !== null) return examples / inEpoch;
  return multiplyAccumulates === null && seconds === null ? epochs : Number.POSITIVE_INFINITY;
}

/** Draws of one trial, until one differs from all trials before. */
const MOST_ATTEMPTS = 200;

/**
 * The values of all trials of a condition, no two the same. The first has the condition's own, which are in every rung: a tuning
 * ends with others only where they were better.
 * @throws ExperimentMistake when there are not so many different ones
 */
export function trialsOf(
  definition: RuleDefinition,
  condition: Condition,
  space: SearchSpace,
  { trials, seed }: { readonly trials: number; readonly seed: number },
): TunedCondition['trials'] {
  const all: SearchedValues[] = [ownValues(definition, condition, space)];
  const seen = new Set([JSON.stringify(all[0])]);
  for (let trial = 2; trial <= trials; trial++)
    for (let attempt = 0; all.length < trial; attempt++) {
      if (attempt === MOST_ATTEMPTS) throw tooSmall(condition, all.length, trials);
      const values = drawValues(definition, condition, space, { seed, trial, attempt });
      if (seen.has(JSON.stringify(values))) continue;
      seen.add(JSON.stringify(values));
      all.push(values);
    }
  return all.map((values, i) => ({ trial: i + 1, values, outcomes: [] }));
}

const tooSmall = ({ id }: Condition, found: number, trials: number): UserError =>
  new UserError(
    `the search space of the condition '${id}' has room for ${found} different trials, not for ${trials}; widen it, or tune with fewer trials`,
  );

/** The id of a trial's condition, which names the folder of its run. */
export const trialId = (condition: string, trial: number): string => `${condition}-trial-${trial}`;

/**
 * The conditions of some trials, for a part of their budget.
 * @param entrants numbers of trials, by the id of their condition
 * @throws ExperimentMistake when values do not go together
 */
export const trialConditions = (
  { conditions, definitions }: Experiment,
  record: TuningRecord,
  fraction: number,
  entrants: ReadonlyMap<string, readonly number[]>,
): Condition[] =>
  conditions.flatMap((condition, i) => {
    const definition = definitions.get(condition.rule)!;
    return entrants.get(condition.id)!.map((trial) => {
      const { values } = record.conditions[i]!.trials[trial - 1]!;
      const part = { ...condition, settings: scaleBudget(condition.settings, fraction) };
      const named = { id: trialId(condition.id, trial), label: `${condition.label} trial ${trial}` };
      return withTrialValues(definition, condition, { ...part, ...named }, values);
    });
  });

/** The conditions with the values of the trials that were chosen. */
export const chosenConditions = (
  { conditions, definitions }: Experiment,
  record: TuningRecord,
): Condition[] =>
  conditions.map((condition, i) => {
    const { trials, chosen } = record.conditions[i]!;
    const { values } = trials[chosen! - 1]!;
    return withTrialValues(definitions.get(condition.rule)!, condition, condition, values);
  });

const withTrialValues = (
  definition: RuleDefinition,
  { id }: Condition,
  condition: Condition,
  values: SearchedValues,
): Condition =>
  at(['conditions', id, 'search'], () => {
    try {
      return resolveCondition(definition, withValues(definition, condition, values));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw new UserError(
        `the search space of the condition '${id}' holds ${JSON.stringify(values)}, which does not go together: ${error.message}`,
      );
    }
  });
