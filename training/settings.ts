import { z } from 'zod';
import { closest, UserError } from '../kernels/index.ts';
import { ACTIVATIONS, INITIAL_WEIGHTS, LOSSES, STRUCTURES } from '../networks/index.ts';
import { OPTIMIZERS, parseDecimal, SCHEDULES } from '../rules/index.ts';

const keys = <T extends object>(table: T) =>
  Object.keys(table) as [keyof T & string, ...(keyof T & string)[]];
const count = z.number().int('must be a whole number').min(1, 'must be at least 1');

/** How one condition is trained, beside its rule and the rule's options. */
export const settingsSchema = z.strictObject({
  layers: z
    .array(count)
    .min(2, 'needs at least an input and an output size')
    .readonly()
    .describe('Neurons of each layer, input first'),
  activation: z.enum(keys(ACTIVATIONS)).describe('Of the hidden layers'),
  loss: z
    .enum(LOSSES)
    .describe(
      'Softmax outputs and cross-entropy, sigmoid outputs and binary cross-entropy, or squared error',
    ),
  outputActivation: z.enum(keys(ACTIVATIONS)).describe('Of the output layer, with squared error'),
  initial: z.enum(keys(INITIAL_WEIGHTS)).describe('Distribution of the initial weights'),
  structure: z
    .enum(keys(STRUCTURES))
    .describe(
      'Which synapses a layered network has: all, or those of dendrites, which see a part of the layer below, and of their somata',
    ),
  synapses: count.describe('Of each dendrite, where the structure gives it a part of the layer below'),
  epochs: count.describe('Passes over the training set'),
  examples: count.nullable().describe('Training examples to show in all, instead of epochs'),
  multiplyAccumulates: z
    .number()
    .min(1, 'must be at least 1')
    .nullable()
    .describe('Multiply-accumulates of training in all, instead of epochs'),
  seconds: z
    .number()
    .positive('must be above 0')
    .nullable()
    .describe('Seconds of training in all, evaluation excluded, instead of epochs'),
  patience: count.nullable().describe('Epochs without a better validation score after which training ends'),
  batch: count.describe('Examples in a minibatch'),
  optimizer: z.enum(OPTIMIZERS).describe('How directions become changes of weights'),
  learningRate: z
    .preprocess(
      (value) => (typeof value === 'number' ? [value] : value),
      z.array(z.number().positive('must be above 0')).min(1).readonly(),
    )
    .describe('Learning rate, or one for each connection, input side first'),
  momentum: z
    .number()
    .min(0, 'must not be negative')
    .lt(1, 'must be below 1')
    .describe('Of the optimizer momentum'),
  weightDecay: z.number().min(0, 'must not be negative').describe('L2 penalty on the weights'),
  schedule: z.enum(SCHEDULES).describe('How the learning rate falls over the run'),
});

/** Settings with everything filled in: see `settingsSchema`. */
export type Settings = Readonly<z.output<typeof settingsSchema>>;

/** Settings as a user may write them; a single learning rate may be a number. */
export type SettingsInput = Omit<Partial<Settings>, 'learningRate'> & {
  readonly learningRate?: number | readonly number[];
};

export type SettingName = keyof Settings;

/** The settings of a rule without a recipe, for a task without defaults of its own. */
export const DEFAULTS: Settings = {
  layers: [784, 500, 10],
  activation: 'tanh',
  loss: 'cross-entropy',
  outputActivation: 'sigmoid',
  initial: 'glorot-uniform',
  structure: 'full',
  synapses: 16,
  epochs: 10,
  examples: null,
  multiplyAccumulates: null,
  seconds: null,
  patience: null,
  batch: 50,
  optimizer: 'momentum',
  learningRate: [0.1],
  momentum: 0.9,
  weightDecay: 0,
  schedule: 'linear',
};

export const SETTING_NAMES = Object.keys(DEFAULTS) as readonly SettingName[];

/** As on the command line: weightDecay is --weight-decay. */
export const optionName = (setting: string): string =>
  setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The setting of a name in either spelling, weightDecay or weight-decay; null if there is none. */
export const findSetting = (name: string): SettingName | null =>
  SETTING_NAMES.find((setting) => setting === name || optionName(setting) === name) ?? null;

/** Whether the other settings leave a meaning to one. */
export const isUsed = (name: SettingName, { loss, optimizer, structure }: Settings): boolean =>
  (name !== 'outputActivation' || loss === 'squared-error') &&
  (name !== 'momentum' || optimizer === 'momentum') &&
  (name !== 'synapses' || STRUCTURES[structure].isSparse);

/** The setting that a mistyped name was probably meant to be. */
export const closestSetting = (name: string): string | null => closest(name, SETTING_NAMES);

/**
 * A setting as it comes from the command line.
 * @param name what it is called in messages
 * @throws UserError naming the setting and what is wrong with the text
 */
export function settingFromText(setting: SettingName, text: string, name = optionName(setting)): unknown {
  const number = (part: string): number => {
    const value = parseDecimal(part);
    if (!Number.isNaN(value)) return value;
    throw new UserError(
      `${name} '${text}' must be a number${part === text ? '' : `, or several with commas between them: '${part}' is none`}`,
    );
  };
  if (setting === 'layers' || setting === 'learningRate') return text.split(',').map(number);
  return typeof DEFAULTS[setting] === 'string' ? text : number(text);
}

/** What a setting is, in one sentence, and the values that it may have where they are words. */
export function describeSetting(setting: SettingName): {
  readonly description: string;
  readonly choices: readonly string[] | null;
} {
  const schema: z.ZodType = settingsSchema.shape[setting];
  return {
    description: schema.description ?? '',
    choices: schema instanceof z.ZodEnum ? (schema.options as readonly string[]) : null,
  };
}

/** @throws UserError naming the setting and what is wrong with it */
export const parseSettings = (input: unknown): Settings => parse(settingsSchema, input);

/** Made once: zod compiles each schema that it is given. */
const someSettingsSchema = settingsSchema.partial();

/** As `parseSettings`, for some of them. */
export const parseSomeSettings = (input: unknown): Partial<Settings> =>
  parse(someSettingsSchema, input) as Partial<Settings>;

/** @throws UserError naming the first thing that is wrong */
export function parse<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
  const parsed = schema.safeParse(input, { reportInput: true });
  if (!parsed.success) throw new UserError(describeIssue(parsed.error.issues[0]!));
  return parsed.data;
}

function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    const [key] = issue.keys as [string];
    const near = closestSetting(key);
    return `there is no setting '${key}'${near ? `; did you mean '${near}'?` : `; there are ${SETTING_NAMES.join(', ')}`}`;
  }
  const [setting, index] = issue.path;
  const name = optionName(String(setting));
  const where = typeof index === 'number' ? `${name} (entry ${index + 1})` : name;
  const what = issue.code === 'invalid_value' ? `must be one of ${issue.values.join(', ')}` : issue.message;
  const given = typeof issue.input === 'object' ? '' : `, but is '${String(issue.input)}'`;
  return `${where}: ${what}${given}`;
}
