import { UserError } from '../kernels/index.ts';
import { optionName, type Settings } from './settings.ts';

/** Budgets in place of epochs: a run has one of them at most. */
const INSTEAD_OF_EPOCHS = ['examples', 'multiplyAccumulates', 'seconds'] as const;

/**
 * Settings with a budget that a run can use up: one of examples becomes that of whole minibatches, and with one of seconds the learning
 * rate is constant, as it could only fall over a run whose end is known.
 * @param stated what the user chose; the rest is of a recipe, a task or the defaults
 * @throws UserError when there is more than one budget, or a schedule was chosen for a run by the clock
 */
export function resolveBudget(settings: Settings, stated: Partial<Settings>): Settings {
  const [first, second] = INSTEAD_OF_EPOCHS.filter((name) => settings[name] !== null);
  if (first !== undefined && second !== undefined)
    throw new UserError(
      `${optionName(second)}: a run has one budget, and ${optionName(first)} ${settings[first]} is another; leave one of them out`,
    );
  const { examples, batch, seconds } = settings;
  if (examples !== null) return { ...settings, examples: Math.ceil(examples / batch) * batch };
  if (seconds === null) return settings;
  const { schedule = 'constant' } = stated;
  if (schedule !== 'constant')
    throw new UserError(
      `schedule: '${schedule}' cannot fall over a run whose budget is in seconds, as nobody knows its last minibatch; make it constant, or give another budget`,
    );
  return { ...settings, schedule };
}

/** Minibatches in an epoch: whole ones only, so the last few examples of each order sit out. */
export const stepsPerEpoch = ({ batch }: Settings, trainExamples: number): number =>
  Math.floor(trainExamples / batch);

/** Different training examples that a run shows, as far as its settings tell: the first of the first epoch's order. */
export const examplesShown = ({ examples }: Settings, trainExamples: number): number =>
  Math.min(examples ?? trainExamples, trainExamples);

/**
 * Minibatches in a run; infinitely many where the clock ends it.
 * @param cost multiply-accumulates of a minibatch
 * @throws UserError when the budget is not enough for one
 */
export function totalSteps(settings: Settings, trainExamples: number, cost: number): number {
  const { epochs, examples, multiplyAccumulates, seconds, batch } = settings;
  if (seconds !== null) return Number.POSITIVE_INFINITY;
  if (examples !== null) return Math.ceil(examples / batch);
  if (multiplyAccumulates === null) return epochs * stepsPerEpoch(settings, trainExamples);
  const steps = Math.floor(multiplyAccumulates / cost);
  if (steps === 0)
    throw new UserError(
      `multiply-accumulates: one minibatch takes ${cost.toLocaleString('en-US')}, more than the budget of ${multiplyAccumulates.toLocaleString('en-US')}; give at least as many`,
    );
  return steps;
}

/**
 * Settings with a part of their budget: whole epochs or whole minibatches, at least one, or any part of multiply-accumulates or seconds.
 * @param fraction above 0
 */
export function scaleBudget(settings: Settings, fraction: number): Settings {
  const { epochs, examples, multiplyAccumulates, seconds, batch } = settings;
  const part = (whole: number): number => Math.max(1, Math.round(whole * fraction));
  if (examples !== null) return { ...settings, examples: part(examples / batch) * batch };
  if (multiplyAccumulates !== null)
    return { ...settings, multiplyAccumulates: multiplyAccumulates * fraction };
  if (seconds !== null) return { ...settings, seconds: seconds * fraction };
  return { ...settings, epochs: part(epochs) };
}
