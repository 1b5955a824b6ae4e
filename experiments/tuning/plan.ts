import { UserError } from '../../kernels/index.ts';
import type { TuningRecord } from '../../results/index.ts';
import type { Experiment } from '../experiment.ts';
import { at, ExperimentMistake } from '../mistake.ts';
import { type Setup, setUp } from '../setup.ts';
import { rungsOf, trialConditions, trialsOf } from './trials.ts';

/** A tuning that is checked and ready to run, or to go on. */
export interface TuningPlan {
  readonly record: TuningRecord;
  /** What the trials need, with the conditions of all trials in the first rung: on the training set, divided, alone. */
  readonly setup: Setup;
}

/** Plans the tuning of a comparison; null if it has none. @throws UserError for what cannot work */
export async function planTuning(main: Setup): Promise<TuningPlan | null> {
  const { tuning, conditions, definitions } = main.experiment;
  if (tuning === null) return null;
  const { trials, seed, spaces } = tuning;
  const record: TuningRecord = {
    seed,
    validation: validationOf(main),
    rungs: rungsOf(
      trials,
      conditions.map(({ settings }) => settings),
      main.dataset.train.images.count,
    ),
    conditions: conditions.map((condition) => {
      const space = spaces.get(condition.id)!;
      const drawn = at(['conditions', condition.id, 'search'], () =>
        trialsOf(definitions.get(condition.rule)!, condition, space, { trials, seed }),
      );
      return { condition: condition.id, space, trials: drawn, chosen: null };
    }),
  };
  return { record, setup: await setUpTrials(main, record) };
}

/** @param record of the tuning, which may have begun */
export async function setUpTrials(
  { experiment, plugins, common }: Setup,
  record: TuningRecord,
): Promise<Setup> {
  const { asked, settled } = common.device;
  const all = record.conditions.map(
    ({ condition, trials }) => [condition, trials.map(({ trial }) => trial)] as const,
  );
  const trials: Experiment = {
    ...experiment,
    tuning: null,
    baselines: [],
    validation: record.validation,
    scored: 'validation',
    // Trials are chosen from, not compared.
    contrasts: [],
    equivalence: undefined,
    seeds: [record.seed],
    diagnostics: [],
    conditions: trialConditions(experiment, record, record.rungs[0]!.fraction, new Map(all)),
  };
  try {
    return await setUp(trials, plugins, asked, { ...asked, device: settled.device });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new ExperimentMistake(
      ['tune'],
      `the trials, which set ${record.validation} training examples aside, cannot run: ${error.message}`,
    );
  }
}

/** Enough for a score to tell trials apart, as long as it leaves enough to learn from. */
const ENOUGH = 2000;

/** Training examples that trials are scored on. */
function validationOf({ experiment, dataset }: Setup): number {
  const all = dataset.train.images.count + experiment.validation;
  const asked = experiment.tuning!.validation;
  if (asked !== null && asked >= all)
    at(['tune', 'validation'], () => {
      throw new UserError(
        `a validation split of ${asked} for the tuning leaves nothing of the ${all} training examples of ${dataset.name}; choose at most ${all - 1}`,
      );
    });
  return asked ?? (experiment.validation || defaultValidation(all));
}

const defaultValidation = (all: number): number =>
  Math.max(1, Math.round(Math.min(Math.max(all / 10, ENOUGH), all / 5)));
