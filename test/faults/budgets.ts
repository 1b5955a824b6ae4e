import { type Fault, faultsOf } from './fault.ts';

const BUDGET = ['test/training/budget.test.ts'];
const SPENT = ['test/training/spent-budgets.test.ts'];
const PATIENCE = ['test/training/patience.test.ts'];
const COUNT = ['test/kernels/multiply-accumulates.test.ts'];
const COMPARED = ['test/experiments/budgets.test.ts'];

/** Of budgets and early stopping. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'budgets',
    COUNT,
    [
      [
        'a product as if it were not transposed',
        'op.transposeA ? op.a.rows / op.groups : op.a.columns',
        'op.a.columns',
      ],
      [
        'a sum that is brought up to date is free',
        'op.out.rows * op.out.columns * op.b.rows',
        '0 * op.b.rows',
      ],
      ['what is repeated counts once', 'op.bound * $count', '1 * $count'],
    ],
    'kernels/multiply-accumulates.ts',
  ),
  ...faultsOf(
    'budgets',
    BUDGET,
    [
      ['two budgets', 'first !== undefined && second !== undefined', 'first !== first'],
      ['a schedule of a recipe falls by the clock', 'return { ...settings, schedule };', 'return settings;'],
      [
        'a minibatch more than fits in',
        'Math.floor(multiplyAccumulates / cost)',
        'Math.ceil(multiplyAccumulates / cost)',
        'totalSteps',
      ],
      ['a part of no epoch', 'Math.max(1, Math.round($part))', 'Math.round($part)'],
      ['a part of examples that is no minibatch', 'part(examples / batch) * batch', 'part(examples)'],
    ],
    'training/budget.ts',
  ),
  ...faultsOf(
    'budgets',
    SPENT,
    [
      [
        'the seconds of earlier epochs count twice',
        'this.#recordedSeconds += this.#seconds;',
        'this.#recordedSeconds += 2 * this.#seconds;',
      ],
      ['the seconds before are forgotten', 'this.#recordedSeconds = recordedSeconds;', ';', 'load'],
      [
        'an epoch is not cut short',
        'this.#secondsSpent < budget',
        'this.#secondsSpent < budget + 1e9',
        '#train',
      ],
      ['an epoch that is recorded has its new seconds', 'if (before) this.#seconds = before.seconds;', ';'],
      ['the seconds of the epoch at hand are forgotten', 'this.#seconds = epochSeconds;', ';', 'load'],
      ['a run that diverged goes on', 'Math.max(this.#recordedSeconds, seconds)', 'this.#recordedSeconds'],
    ],
    'training/trainer.ts',
  ),
  ...faultsOf(
    'budgets',
    SPENT,
    [['the learning rate falls over the epochs', '() => stepsTotal', '() => settings.epochs * 20']],
    'training/traced-run.ts',
  ),
  ...faultsOf(
    'budgets',
    PATIENCE,
    [
      ['the same score is a better one', 'score < best', 'score <= best'],
      [
        'an epoch too late',
        'epochs - this.#bestEpoch >= this.#epochs',
        'epochs - this.#bestEpoch > this.#epochs',
      ],
      ['lower is always better', "this.#better === 'lower'", "this.#better !== 'x'"],
    ],
    'training/patience.ts',
  ),
  ...faultsOf(
    'budgets',
    PATIENCE,
    [
      ['a checkpoint forgets the best score', 'this.#patience.state = $state;', ';'],
      ['the end of the budget is early too', 'isUsedUp || !$over', '!$over'],
    ],
    'training/trainer.ts',
  ),
  ...faultsOf(
    'budgets',
    COMPARED,
    [['runs by the clock in one plan', 'settings.seconds === null', 'settings.seconds !== 0']],
    'experiments/launchers/groups.ts',
  ),
  ...faultsOf(
    'budgets',
    COMPARED,
    [['what is recorded is not handed on', '[...epochs]', '[]', 'follow']],
    'experiments/launchers/run-job.ts',
  ),
];
