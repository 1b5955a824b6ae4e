import { z } from 'zod';
import type { Dataset } from '../data/index.ts';
import { UserError } from '../kernels/index.ts';
import { ACTIVATIONS, INITIAL_WEIGHTS } from '../networks/index.ts';
import { findRule, OPTIMIZERS, type RuleDefinition, resolveOptions, SCHEDULES } from '../rules/index.ts';

const keys = <T extends object>(table: T) =>
  Object.keys(table) as [keyof T & string, ...(keyof T & string)[]];
const whole = z.number().int('must be a whole number');
const count = whole.min(1, 'must be at least 1');

/** A rule in an experiment: its name and the options that differ from the defaults. */
const ruleChoice = z.object({ name: z.string(), options: z.record(z.string(), z.unknown()).default({}) });

/**
 * What is compared: one dataset, one network, several rules and seeds, one budget. Everything that the results can
 * depend on is here, and goes into the config of each run.
 */
const experimentSchema = z.object({
  dataset: z.string().default('mnist'),
  validation: whole.min(0, 'must not be negative').default(0),
  rules: z.array(ruleChoice).min(1, 'must name at least one rule'),
  seeds: z
    .array(whole.min(0, 'must not be negative').max(2 ** 31 - 1, 'must be below 2^31'))
    .min(1, 'must name at least one seed')
    .default([1, 2, 3]),
  layers: z.array(count).min(2, 'needs at least an input and an output size').default([784, 500, 10]),
  activation: z.enum(keys(ACTIVATIONS)).default('tanh'),
  loss: z.enum(['cross-entropy', 'squared-error']).default('cross-entropy'),
  outputActivation: z.enum(keys(ACTIVATIONS)).default('sigmoid'),
  initial: z.enum(keys(INITIAL_WEIGHTS)).default('glorot-uniform'),
  epochs: count.default(10),
  /** Training examples to show in all, in place of `epochs`; rounded up to whole minibatches. */
  examples: count.nullable().default(null),
  batch: count.default(50),
  optimizer: z.enum(OPTIMIZERS).default('sgd'),
  rates: z.array(z.number().positive('must be above 0')).min(1).default([0.1]),
  momentum: z.number().min(0, 'must not be negative').lt(1, 'must be below 1').default(0.9),
  weightDecay: z.number().min(0, 'must not be negative').default(0),
  schedule: z.enum(SCHEDULES).default('constant'),
});

export type Experiment = z.output<typeof experimentSchema>;
export type ExperimentInput = z.input<typeof experimentSchema>;

/**
 * Fills in defaults and checks values, rules and options; what depends on the dataset is checked by `checkAgainst`.
 * @throws UserError naming the setting and what is wrong with it
 */
export function defineExperiment(
  input: ExperimentInput,
  plugins: readonly RuleDefinition[] = [],
): Experiment {
  const parsed = experimentSchema.safeParse(input);
  if (!parsed.success) throw new UserError(describeIssue(parsed.error.issues[0]!));
  const experiment = parsed.data;
  const names = experiment.rules.map(({ name }) => name);
  for (const { name, options } of experiment.rules) resolveOptions(findRule(name, plugins), options);
  refuseRepeats('rule', names);
  refuseRepeats('seed', experiment.seeds);
  const connections = experiment.layers.length - 1;
  if (experiment.rates.length !== 1 && experiment.rates.length !== connections)
    throw new UserError(
      `rates: ${experiment.rates.length} learning rates do not fit the ${connections} connections of layers ` +
        `${experiment.layers.join(',')}; give one for all or one for each`,
    );
  return experiment;
}

/** @throws UserError when the layers or the batch do not fit the dataset */
export function checkAgainst(experiment: Experiment, dataset: Dataset): void {
  const { layers, batch } = experiment;
  if (layers[0] !== dataset.width)
    throw new UserError(
      `layers: the first size is ${layers[0]}, but an image of '${dataset.name}' has ${dataset.width} pixels`,
    );
  if (layers.at(-1) !== dataset.classes)
    throw new UserError(
      `layers: the last size is ${layers.at(-1)}, but '${dataset.name}' has ${dataset.classes} classes`,
    );
  if (batch > dataset.train.images.count)
    throw new UserError(
      `batch: ${batch} is more than the ${dataset.train.images.count} training examples of '${dataset.name}'`,
    );
}

/** Minibatches in an epoch: whole ones only, so the last few examples of each shuffled order sit out. */
export const stepsPerEpoch = (experiment: Experiment, trainExamples: number): number =>
  Math.floor(trainExamples / experiment.batch);

/** Minibatches in a run. */
export const totalSteps = (experiment: Experiment, trainExamples: number): number =>
  experiment.examples === null
    ? experiment.epochs * stepsPerEpoch(experiment, trainExamples)
    : Math.ceil(experiment.examples / experiment.batch);

function describeIssue(issue: z.core.$ZodIssue): string {
  const [setting, index] = issue.path;
  const where = typeof index === 'number' ? `${String(setting)} (entry ${index + 1})` : String(setting);
  return `${where}: ${issue.message}`;
}

function refuseRepeats(what: string, items: readonly (string | number)[]): void {
  const repeated = items.find((item, i) => items.indexOf(item) !== i);
  if (repeated !== undefined) throw new UserError(`the ${what} ${repeated} is named twice; name it once`);
}
