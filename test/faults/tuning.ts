import { type Fault, faultsOf } from './fault.ts';

const TUNING = ['test/experiments/tuning.test.ts'];
const CHOICE = ['test/experiments/choose.test.ts'];
const SPACE = ['test/training/search-space.test.ts'];
const SEARCH = ['test/rules/search.test.ts'];

/** Of the tuning: where it looks, how trials are chosen, and that the test set has no part in it. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'tuning',
    TUNING,
    [
      ['the choice reads test scores', 'last?.validationScore', 'last?.testScore'],
      ['trials that diverged are chosen', 'outcomes.every($any)', 'outcomes.length >= 0', 'isSound'],
      ['the largest error is the best', "better === 'lower' ? 1 : -1", "better === 'lower' ? -1 : 1"],
      ['all tasks have errors', "better === 'lower' ? 1 : -1", 'better.length > 0 ? 1 : -1'],
    ],
    'experiments/tuning/choose.ts',
  ),
  ...faultsOf(
    'tuning',
    CHOICE,
    [
      ['how far a trial came has no say', 'b.outcomes.length - a.outcomes.length', '0'],
      ['the own values may be left behind', 'finished.filter(isOwn)', '[]'],
      [
        'a trial that was left behind comes back',
        'trial.outcomes.length === rung',
        'trial.outcomes.length >= 1',
      ],
    ],
    'experiments/tuning/choose.ts',
  ),
  ...faultsOf(
    'tuning',
    TUNING,
    [
      [
        'test examples are scored in the trials',
        "parts.scored === 'validation'",
        'parts.scored === undefined',
      ],
    ],
    'training/traced-run.ts',
  ),
  ...faultsOf(
    'tuning',
    TUNING,
    [
      ['trials have the whole budget', 'scaleBudget(condition.settings, fraction)', 'condition.settings'],
      ['two trials may be the same', 'seen.has(JSON.stringify(values))', 'seen.size === 0'],
      ['rungs of less than three epochs', 'Math.round(epochs / parts) >= LEAST_EPOCHS', 'epochs > 0'],
      [
        'one trial more goes on',
        'Math.floor(trials / REDUCTION ** rung)',
        'Math.floor(trials / REDUCTION ** rung) + 1',
      ],
    ],
    'experiments/tuning/trials.ts',
  ),
  ...faultsOf(
    'tuning',
    TUNING,
    [
      [
        'trials are scored on one example',
        'setUp(trials, plugins, $asked, $opened)',
        'setUp({ ...trials, validation: 1 }, plugins, $asked, $opened)',
      ],
      [
        'trials have the seeds of the runs',
        'setUp(trials, plugins, $asked, $opened)',
        'setUp({ ...trials, seeds: experiment.seeds }, plugins, $asked, $opened)',
      ],
    ],
    'experiments/tuning/plan.ts',
  ),
  ...faultsOf(
    'tuning',
    TUNING,
    [
      ['a rung that is over is done again', 'rungsDone(record)', '0 * rungsDone(record)'],
      ['the runs begin before the tuning has ended', 'unfinished > 0', 'unfinished > 1e9'],
    ],
    'experiments/tuning/tune.ts',
  ),
  ...faultsOf(
    'tuning',
    TUNING,
    [
      [
        'the runs have the values from before',
        'chosenConditions(experiment, chosen)',
        'experiment.conditions',
      ],
    ],
    'experiments/tuning/tune.ts',
  ),
  ...faultsOf(
    'tuning',
    TUNING,
    [['a seed of the runs for the trials', 'seeds.includes(seed)', 'seeds.length === 0']],
    'experiments/experiment.ts',
  ),
  ...faultsOf(
    'tuning',
    SPACE,
    [
      [
        'draws do not depend on the name',
        'new RandomStream(seed, $text, trial)',
        'new RandomStream(seed, condition.id, trial)',
      ],
      [
        'draws do not depend on the condition',
        'new RandomStream(seed, $text, trial)',
        'new RandomStream(seed, name, trial)',
      ],
      [
        'draws do not depend on the trial',
        'new RandomStream(seed, $text, trial)',
        'new RandomStream(seed, $text, 1)',
      ],
      ['bounds are not checked', 'extremesOf($search, own)', '[]'],
    ],
    'training/search-space.ts',
  ),
  ...faultsOf(
    'tuning',
    SEARCH,
    [
      ['a log-uniform search is uniform', 'low * (high / low) ** at', 'low + (high - low) * at'],
      ['the largest whole number is never drawn', 'high - low + 1', 'high - low'],
      [
        'rounded beyond the ends',
        'Math.min(high, Math.max(low, digits(value, whole)))',
        'digits(value, whole)',
      ],
    ],
    'rules/search.ts',
  ),
];
