import { type Dataset, hashDataset } from '../data/browser.ts';
import { type Device, UserError } from '../kernels/index.ts';
import { findRule, type RuleDefinition } from '../rules/index.ts';
import { type Condition, type ConditionInput, resolveCondition } from './condition.ts';
import { findDiagnostics } from './diagnostics/index.ts';
import type { TaskDefinition } from './task.ts';
import { type ChosenTask, findTask } from './tasks/index.ts';
import { buildTrainer } from './trainer.ts';
import type { Trainer } from './trainer-interface.ts';

/** A run on a device that is open. */
export interface TrainerInput extends ConditionInput {
  /** Name of a built-in rule, or a rule in memory. */
  readonly rule: string | RuleDefinition;
  readonly dataset: Dataset;
  /** 1 when left out. */
  readonly seed?: number;
  /** `classify` when left out; a task in memory takes no argument. */
  readonly task?: string | TaskDefinition;
  /** Names of what is measured after each epoch; none when left out. */
  readonly diagnostics?: readonly string[];
  /** The trainer disposes of it. */
  readonly device: Device;
}

/**
 * A run of one rule, to be stepped, saved and loaded.
 * @throws UserError for an unknown rule, option, setting or task, or values that do not fit together or the dataset
 */
export async function createTrainer(input: TrainerInput): Promise<Trainer> {
  const { dataset, seed = 1, diagnostics = [], device } = input;
  const definition = typeof input.rule === 'string' ? findRule(input.rule) : input.rule;
  const task = taskOf(input.task ?? 'classify');
  const condition = resolveCondition(definition, input, {}, task.definition);
  checkCondition(condition, definition, task, dataset);
  return buildTrainer({
    condition,
    definition,
    seed,
    task,
    diagnostics: findDiagnostics(diagnostics.length === 0 ? ['none'] : diagnostics),
    dataset,
    datasetHash: await hashDataset(dataset),
    device,
  });
}

const taskOf = (task: string | TaskDefinition): ChosenTask =>
  typeof task === 'string' ? findTask(task) : { definition: task, argument: '' };

/** @throws UserError when a condition does not go with the task or the dataset */
export function checkCondition(
  { settings, options }: Condition,
  definition: RuleDefinition,
  { definition: task, argument }: ChosenTask,
  dataset: Dataset,
): void {
  task.check({ argument, dataset, settings, definition, options });
  if (settings.patience !== null && dataset.validation === null)
    throw new UserError(
      'patience: stopping early needs a validation score; set training examples aside for it (validation)',
    );
  const { count } = dataset.train.images;
  if (settings.batch > count)
    throw new UserError(
      `batch: ${settings.batch} is more than the ${count} training examples of '${dataset.name}'`,
    );
}
