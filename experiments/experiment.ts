import { z } from 'zod';
import type { Dataset } from '../data/index.ts';
import { UserError } from '../kernels/index.ts';
import { ACTIVATIONS, INITIAL_WEIGHTS } from '../networks/index.ts';
import { findRule, OPTIMIZERS, type RuleDefinition, resolveOptions, SCHEDULES } from '../rules/index.ts';
import { findDiagnostics } from './diagnostics/index.ts';

const keys = <T extends object>(table: T) =>
  Object.keys(table) as [keyof T & string, ...(keyof T & string)[]];
const whole = z.number().int('must be a whole number');
const count = whole.min(1, 'must be at least 1');

/** How one rule is trained. What the user leaves open comes from the rule's own recipe, or else from DEFAULTS. */
const settingsSchema = z.object({
  activation: z.enum(keys(ACTIVATIONS)),
  loss: z.enum(['cross-entropy', 'squared-error']),
  outputActivation: z.enum(keys(ACTIVATIONS)),
  initial: z.enum(keys(INITIAL_WEIGHTS)),
  epochs: count,
  /** Training examples to show in all, in place of `epochs`; rounded up to whole minibatches. */
  examples: count.nullable(),
  batch: count,
  optimizer: z.enum(OPTIMIZERS),
  learningRate: z.array(z.number().positive('must be above 0')).min(1),
  momentum: z.number().min(0, 'must not be negative').lt(1, 'must be below 1'),
  weightDecay: z.number().min(0, 'must not be negative'),
  schedule: z.enum(SCHEDULES),
});

export type Settings = z.output<typeof settingsSchema>;

export const DEFAULTS: Settings = {
  activation: 'tanh',
  loss: 'cross-entropy',
  outputActivation: 'sigmoid',
  initial: 'glorot-uniform',
  epochs: 10,
  examples: null,
  batch: 50,
  optimizer: 'momentum',
  learningRate: [0.1],
  momentum: 0.9,
  weightDecay: 0,
  schedule: 'linear',
};

const setupSchema = z.object({
  dataset: z.string().default('mnist'),
  /** Training examples set aside for a validation error. */
  validation: whole.min(0, 'must not be negative').default(0),
  layers: z.array(count).min(2, 'needs at least an input and an output size').default([784, 500, 10]),
  seeds: z
    .array(whole.min(0, 'must not be negative').max(2 ** 31 - 1, 'must be below 2^31'))
    .min(1, 'must name at least one seed')
    .default([1, 2, 3]),
  /** What is measured after each epoch, by name: some, or `all` or `none`. */
  diagnostics: z.array(z.string()).min(1, 'must name at least one, or none').default(['angle']),
});

/** One rule of an experiment, and everything that its runs depend on but the seed and the dataset. */
export interface RulePlan extends Settings {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly layers: readonly number[];
  /** Names of what is measured after each epoch. */
  readonly diagnostics: readonly string[];
}

/** What is compared: one dataset, one network, several rules and seeds, one budget. */
export interface Experiment extends z.output<typeof setupSchema> {
  /** The settings of a rule without a recipe. */
  readonly settings: Settings;
  readonly rules: readonly RulePlan[];
}

export interface ExperimentInput extends z.input<typeof setupSchema> {
  readonly settings?: Partial<Settings>;
  /** `options` are those of the rule; entries with the name of a setting hold for this rule alone. */
  readonly rules: readonly { name: string; options?: Readonly<Record<string, unknown>> }[];
}

/**
 * Fills in defaults and recipes and checks values, rules and options; what depends on the dataset is checked by
 * `checkAgainst`.
 * @throws UserError naming the setting and what is wrong with it
 */
export function defineExperiment(
  input: ExperimentInput,
  plugins: readonly RuleDefinition[] = [],
): Experiment {
  const setup = parse(setupSchema, input);
  const chosen = parse(settingsSchema.partial(), input.settings ?? {}) as Partial<Settings>;
  const diagnostics = findDiagnostics(setup.diagnostics).map(({ name }) => name);
  refuseRepeats('diagnostic', diagnostics);
  if (input.rules.length === 0) throw new UserError('rules: must name at least one rule');
  const rules = input.rules.map(({ name, options = {} }) =>
    planRule(findRule(name, plugins), options, chosen, setup.layers, diagnostics),
  );
  refuseRepeats(
    'rule',
    rules.map(({ name }) => name),
  );
  refuseRepeats('seed', setup.seeds);
  return { ...setup, diagnostics, settings: { ...DEFAULTS, ...chosen }, rules };
}

function planRule(
  definition: RuleDefinition,
  given: Readonly<Record<string, unknown>>,
  chosen: Partial<Settings>,
  layers: readonly number[],
  diagnostics: readonly string[],
): RulePlan {
  const isSetting = ([name]: [string, unknown]) =>
    Object.hasOwn(DEFAULTS, name) && !Object.hasOwn(definition.options, name);
  const entries = Object.entries(given);
  const own = parse(settingsSchema.partial(), Object.fromEntries(entries.filter(isSetting).map(fromText)));
  const options = Object.fromEntries(entries.filter((entry) => !isSetting(entry)));
  resolveOptions(definition, options);
  const recipe = definition.recipe?.(layers);
  const settings = parse(settingsSchema, { ...DEFAULTS, ...recipe, ...chosen, ...own });
  const connections = layers.length - 1;
  if (settings.learningRate.length !== 1 && settings.learningRate.length !== connections)
    throw new UserError(
      `rates: ${settings.learningRate.length} learning rates do not fit the ${connections} connections of layers ` +
        `${layers.join(',')}; give one for all or one for each`,
    );
  return {
    ...settings,
    name: definition.name,
    options: { ...recipe?.options, ...options },
    layers,
    diagnostics,
  };
}

/** A setting as it comes from the command line. */
function fromText([name, value]: [string, unknown]): [string, unknown] {
  if (typeof value !== 'string') return [name, value];
  if (name === 'learningRate') return [name, value.split(',').map(Number)];
  return [name, typeof DEFAULTS[name as keyof Settings] === 'string' ? value : Number(value)];
}

function parse<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw new UserError(describeIssue(parsed.error.issues[0]!));
  return parsed.data;
}

/** The settings in which a rule differs from those of a rule without a recipe: results must show them. */
export const ownSettings = ({ settings }: Experiment, plan: RulePlan): Partial<Settings> =>
  Object.fromEntries(
    Object.entries(settings)
      .filter(([name, value]) => JSON.stringify(plan[name as keyof Settings]) !== JSON.stringify(value))
      .map(([name]) => [name, plan[name as keyof Settings]]),
  );

/** @throws UserError when the layers or a batch do not fit the dataset */
export function checkAgainst({ layers, rules }: Experiment, dataset: Dataset): void {
  if (layers[0] !== dataset.width)
    throw new UserError(
      `layers: the first size is ${layers[0]}, but an image of '${dataset.name}' has ${dataset.width} pixels`,
    );
  if (layers.at(-1) !== dataset.classes)
    throw new UserError(
      `layers: the last size is ${layers.at(-1)}, but '${dataset.name}' has ${dataset.classes} classes`,
    );
  const { count: examples } = dataset.train.images;
  for (const { batch } of rules)
    if (batch > examples)
      throw new UserError(
        `batch: ${batch} is more than the ${examples} training examples of '${dataset.name}'`,
      );
}

/** Minibatches in an epoch: whole ones only, so the last few examples of each shuffled order sit out. */
export const stepsPerEpoch = ({ batch }: RulePlan, trainExamples: number): number =>
  Math.floor(trainExamples / batch);

/** Minibatches in a run. */
export const totalSteps = (plan: RulePlan, trainExamples: number): number =>
  plan.examples === null
    ? plan.epochs * stepsPerEpoch(plan, trainExamples)
    : Math.ceil(plan.examples / plan.batch);

function describeIssue(issue: z.core.$ZodIssue): string {
  const [setting, index] = issue.path;
  const where = typeof index === 'number' ? `${String(setting)} (entry ${index + 1})` : String(setting);
  return `${where}: ${issue.message}`;
}

function refuseRepeats(what: string, items: readonly (string | number)[]): void {
  const repeated = items.find((item, i) => items.indexOf(item) !== i);
  if (repeated !== undefined) throw new UserError(`the ${what} ${repeated} is named twice; name it once`);
}
