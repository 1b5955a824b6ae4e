import { type Condition, scaleBudget } from '../training/index.ts';
import type { ComparisonDocument } from './comparison.schema.ts';
import { budgetText, countOf, type Line, thousands, valueText, wordsOf } from './table-words.ts';
import type { Trial, TrialOutcome, TunedCondition, TuningRecord } from './tuning.schema.ts';

/** What of a tuning must not be overlooked: that it has not ended, and trials that failed. */
export function tuningNotes({ tuning, conditions }: ComparisonDocument): string[] {
  if (!tuning) return [];
  const unfinished = tuning.conditions.some(({ chosen }) => chosen === null);
  return [
    ...(unfinished ? ['the tuning has not ended, and the values below are those that it starts from'] : []),
    ...tuning.conditions.flatMap(({ trials }, i) => {
      const failed = trials.flatMap(({ outcomes }) => outcomes).filter(({ status }) => status === 'failed');
      if (failed.length === 0) return [];
      const { reason = 'no reason recorded' } = failed[0]!;
      return [
        `${conditions[i]!.label}: ${failed.length} of ${countOf(trials.length, 'trial')} of the tuning failed, and could not be chosen (${reason})`,
      ];
    }),
  ];
}

/** How values were tuned, what that took, and what was chosen for each condition. */
export function tuningLines({ tuning, conditions, experiment }: ComparisonDocument): Line[] {
  if (!tuning) return [];
  const { label, unit, digits } = experiment.score;
  const score = (value: number) => `${value.toFixed(digits)} ${unit}`;
  return [
    { label: 'Tuning', text: planText(tuning, conditions) },
    { label: '', text: spentText(tuning) },
    ...tuning.conditions.map((tuned, i) => ({
      label: '',
      text: `${conditions[i]!.label}: ${chosenText(tuned, score, label.replace(/^Test /, ''))}`,
    })),
  ];
}

function planText(
  { seed, validation, rungs, conditions: tuned }: TuningRecord,
  conditions: readonly Condition[],
) {
  const { trials } = tuned[0]!;
  const rungTexts = rungs.map(({ fraction, trials }) => `${trials} for ${budgetOf(fraction, conditions)}`);
  const listed =
    rungTexts.length === 1 ? rungTexts[0] : `${rungTexts.slice(0, -1).join(', ')} and ${rungTexts.at(-1)}`;
  return (
    `${countOf(trials.length, 'trial')} of each condition (${listed}), chosen on ${thousands(validation)} validation examples ` +
    `of the training set, with seed ${seed}; the test set had no part in it`
  );
}

/** What a part of the budget is, if it is the same for all conditions. */
function budgetOf(fraction: number, conditions: readonly Condition[]): string {
  const budgets = new Set(conditions.map(({ settings }) => budgetText(scaleBudget(settings, fraction))));
  if (budgets.size === 1) return [...budgets][0]!;
  return fraction === 1 ? 'the whole training' : `1/${Math.round(1 / fraction)} of the training`;
}

function spentText({ conditions }: TuningRecord): string {
  const outcomes = conditions.flatMap(({ trials }) => trials.flatMap(({ outcomes }) => outcomes));
  const sum = (value: (outcome: TrialOutcome) => number) =>
    outcomes.reduce((total, outcome) => total + value(outcome), 0);
  const seconds = Math.round(sum(({ seconds }) => seconds));
  return `spent ${countOf(outcomes.length, 'training')}, ${thousands(sum(({ examples }) => examples))} examples shown in ${thousands(seconds)} s`;
}

function chosenText(
  { trials, chosen }: TunedCondition,
  score: (value: number) => string,
  label: string,
): string {
  const diverged = trials.filter(({ outcomes }) =>
    outcomes.some(({ status }) => status === 'diverged'),
  ).length;
  const lost = diverged === 0 ? '' : `; ${diverged} of ${countOf(trials.length, 'trial')} diverged`;
  const trial = trials.find((one) => one.trial === chosen);
  if (!trial) return `not chosen yet${lost}`;
  const own = trial.trial === 1 ? ', its own values' : '';
  const result = `validation ${label} ${score(trial.outcomes.at(-1)!.score!)}`;
  return `${valuesText(trial)} (trial ${trial.trial}${own}: ${result})${lost}`;
}

/** What a trial tried. */
export const valuesText = ({ values }: Trial): string =>
  Object.entries(values)
    .map(([name, value]) => `${wordsOf(name)} ${valueText(name, value)}`)
    .join(', ');
