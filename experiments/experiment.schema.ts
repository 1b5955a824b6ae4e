import { z } from 'zod';
import { closest, GPU_BACKENDS } from '../kernels/index.ts';
import { RULES, SEARCH_FORMS } from '../rules/index.ts';
import { type SettingName, searchSchema, settingsSchema } from '../training/index.ts';
import { ExperimentMistake, type Place } from './mistake.ts';
import { tuneSchema } from './tuning/tune.schema.ts';

/** One value, or a list of them: each makes conditions of its own. */
const oneOrMore = <T extends z.ZodType>(value: T) =>
  z.union([value, z.array(value).min(1, 'must have at least one value').readonly()]);

const text = z.string().min(1, 'must not be empty');
const whole = z.number().int('must be a whole number').min(0, 'must not be negative');
const seed = whole.max(2 ** 31 - 1, 'must be below 2^31');
const rate = z.number().positive('must be above 0');
const optionValue = z.union([z.number(), z.string(), z.boolean()]);

const { shape } = settingsSchema;
const settingAxes = {
  layers: oneOrMore(shape.layers).describe(
    'Neurons of each layer, input first; or a list of such lists, each a network to compare',
  ),
  activation: oneOrMore(shape.activation),
  loss: oneOrMore(shape.loss),
  outputActivation: oneOrMore(shape.outputActivation),
  initial: oneOrMore(shape.initial),
  structure: oneOrMore(shape.structure),
  synapses: oneOrMore(shape.synapses),
  epochs: oneOrMore(shape.epochs),
  examples: oneOrMore(shape.examples),
  multiplyAccumulates: oneOrMore(shape.multiplyAccumulates),
  seconds: oneOrMore(shape.seconds),
  patience: oneOrMore(shape.patience),
  batch: oneOrMore(shape.batch),
  optimizer: oneOrMore(shape.optimizer),
  learningRate: oneOrMore(
    z.union([rate, z.array(rate).min(1, 'must have at least one rate').readonly()]),
  ).describe(
    'Learning rate; several are compared; a list within the list has one for each connection, input side first',
  ),
  momentum: oneOrMore(shape.momentum),
  weightDecay: oneOrMore(shape.weightDecay),
  schedule: oneOrMore(shape.schedule),
} satisfies Record<SettingName, z.ZodType>;

const described = Object.fromEntries(
  Object.entries(settingAxes).map(([name, axis]) => [
    name,
    axis.description ? axis : axis.describe(shape[name as SettingName].description ?? ''),
  ]),
) as typeof settingAxes;

const settings = z
  .strictObject(described)
  .partial()
  .describe('Settings of training. A list of values is varied: each value makes conditions of its own');

const rule = z
  .union([text, z.enum(RULES.map(({ name }) => name))])
  .describe('Name of a rule, built in or of a plug-in');

const comparedRule = z.strictObject({
  rule,
  id: text.optional().describe('Names the folders of its runs; the name of the rule when left out'),
  label: text.optional().describe('Name for people, in tables'),
  recipe: oneOrMore(text)
    .optional()
    .describe("Published settings, by name: 'dendrite rule <name>' lists them; the first when left out"),
  options: z
    .record(z.string(), oneOrMore(optionValue))
    .optional()
    .describe("Options of the rule: 'dendrite rule <name>' lists them. A list of values is varied"),
  settings: settings.optional().describe('Settings of this rule alone. A list of values is varied'),
  search: z
    .record(z.string(), searchSchema.nullable())
    .optional()
    .describe(
      "Where a tuning looks for options and settings, in place of what the rule declares ('dendrite rule <name>'); null: it leaves them as they are",
    ),
});

/** A value, or several of `where`, of which one has to fit. */
const wanted = z.union([
  optionValue.nullable(),
  z
    .array(z.union([optionValue, z.array(z.number()).readonly()]))
    .min(1, 'must have at least one value')
    .readonly(),
]);

const override = z.strictObject({
  where: z
    .record(z.string(), wanted)
    .describe(
      'Which conditions: rule, recipe, dataset, task, settings and options, and the value or values that they have',
    ),
  set: z.record(z.string(), wanted).describe('Options and settings of these conditions'),
});

const conditionId = (what: string) =>
  text.describe(`Id of the condition ${what}: its rule, or its rule with what varies`);

const contrast = z.strictObject({
  condition: conditionId('that is judged'),
  to: conditionId('that it is compared with'),
});

/** An experiment as a file states it. */
export const experimentSchema = z.strictObject({
  title: text.optional().describe('What is compared, in one sentence'),
  source: text.optional().describe('The table or figure that is reproduced'),
  cost: text.optional().describe("How long it takes and where, for 'dendrite experiments'"),
  rules: z
    .array(z.union([rule, comparedRule]))
    .min(1, 'must name at least one rule')
    .readonly()
    .describe('What is compared: rules by name, or with what is their own'),
  dataset: oneOrMore(text)
    .optional()
    .describe("One of 'dendrite datasets'; each of several is a comparison of its own; mnist when left out"),
  task: oneOrMore(text)
    .optional()
    .describe(
      'What is learned and scored; each of several is a comparison of its own; classify when left out',
    ),
  seeds: z
    .union([
      z
        .number()
        .int('must be a whole number')
        .min(1, 'must be at least 1')
        .max(10_000, 'must be at most 10000'),
      z.array(seed).min(1, 'must name at least one seed').readonly(),
    ])
    .optional()
    .describe('How many seeds, from 1 on, or a list of which; 3 when left out'),
  settings: settings.optional().describe('Settings of all rules. A list of values is varied'),
  overrides: z
    .array(override)
    .readonly()
    .optional()
    .describe('What single conditions of the grid have in place of what holds for all'),
  contrasts: z
    .array(contrast)
    .readonly()
    .optional()
    .describe(
      'Which conditions are compared, and counted in the correction for their number; every one with the first of backprop, or else the first, when left out',
    ),
  equivalence: z
    .number()
    .positive('must be above 0')
    .optional()
    .describe('Differences of the score below this margin count as none, and whether they are is tested'),
  tune: tuneSchema.optional(),
  baselines: z
    .union([z.boolean(), z.array(text).min(1, 'must name at least one').readonly()])
    .optional()
    .describe('Baselines to score beside the conditions: true for all, or their names; none when left out'),
  validation: whole.optional().describe('Training examples to set aside for a validation score'),
  splitSeed: seed.optional().describe('Seed of the draw that sets them aside'),
  diagnostics: z
    .union([text, z.array(text).min(1, 'must name at least one, or none').readonly()])
    .optional()
    .describe('What is measured after each epoch: names, all or none; angle when left out'),
  plugins: z
    .array(text)
    .readonly()
    .optional()
    .describe(
      'Files with rules, datasets, tasks or diagnostics of your own; paths start at the folder of this file',
    ),
  device: z.enum(['auto', 'cpu', 'gpu']).optional().describe('Where to compute; auto when left out'),
  backend: z
    .enum(['auto', ...GPU_BACKENDS])
    .optional()
    .describe('Of gpu.js, with the device gpu'),
  blas: text
    .optional()
    .describe('With the device cpu: auto, none (bit-exact), fma, or a BLAS library to load'),
});

/**
 * What is compared, as an experiment file states it: every list but `layers`' own is an axis, and the axes form the grid of
 * conditions. See docs/experiments.md.
 */
export type ExperimentDefinition = Readonly<z.input<typeof experimentSchema>>;

/** A rule of an experiment, by name or with what is its own. */
export type ExperimentRule = ExperimentDefinition['rules'][number];

/** States an experiment in TypeScript: the default export of a file that `dendrite run` takes. It is checked when it is run. */
export const defineExperiment = (experiment: ExperimentDefinition): ExperimentDefinition => experiment;

/** JSON Schema (draft 2020-12) of experiment files, for editors. */
export const experimentJsonSchema = (): object =>
  z.toJSONSchema(experimentSchema, { target: 'draft-2020-12', io: 'input' });

/** @throws ExperimentMistake for the first thing that is not as the schema says */
export function parseExperiment(value: unknown): ExperimentDefinition {
  const parsed = experimentSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = deepest(parsed.error.issues);
  throw new ExperimentMistake(issue.path, describeIssue(issue, valueAt(value, issue.path)));
}

type Issue = z.core.$ZodIssue;
type Located = Issue & { readonly path: Place };

/**
 * The issue that says most: an unknown key before what is missing for it; of the alternatives of a union the one that the value
 * came furthest with.
 */
function deepest(issues: readonly Issue[], start: Place = []): Located {
  const located = issues.map((issue): Located => {
    const path = [...start, ...(issue.path as Place)];
    if (issue.code === 'unrecognized_keys') return { ...issue, path: [...path, issue.keys[0]!] } as Located;
    if (issue.code !== 'invalid_union') return { ...issue, path } as Located;
    const alternatives = issue.errors.filter((errors) => errors.length > 0);
    if (alternatives.length === 0) return { ...issue, path } as Located;
    return alternatives
      .map((errors) => deepest(errors, path))
      .reduce((best, one) => (one.path.length > best.path.length ? one : best));
  });
  return located.find(({ code }) => code === 'unrecognized_keys') ?? located[0]!;
}

const valueAt = (value: unknown, place: Place): unknown =>
  place.reduce<unknown>(
    (part, key) => (part as Record<string | number, unknown> | null | undefined)?.[key],
    value,
  );

/** Words for the types of zod. */
const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'keys with values',
  record: 'keys with values',
  null: 'null',
};

function describeIssue(issue: Located, given: unknown): string {
  if (issue.code === 'unrecognized_keys') return unknownKey(issue.path);
  if (issue.code === 'invalid_value') {
    const near = typeof given === 'string' ? closest(given, issue.values.map(String)) : null;
    return `must be one of ${issue.values.join(', ')}, not ${show(given)}${near ? `; did you mean '${near}'?` : ''}`;
  }
  if (issue.code !== 'invalid_type')
    return `${issue.message}${typeof given === 'object' ? '' : `, but is ${show(given)}`}`;
  if (given === undefined) return `is missing; add it, it must be ${TYPES[issue.expected]}`;
  return `must be ${TYPES[issue.expected] ?? issue.expected}, but is ${show(given)}`;
}

function unknownKey(place: Place): string {
  const key = String(place.at(-1));
  const known = keysAt(place.slice(0, -1));
  const near = closest(key, known);
  return `there is no key '${key}'; ${near ? `did you mean '${near}'?` : `there are ${known.join(', ')}`}`;
}

/** The keys that there may be at a place where not all may be. */
function keysAt(place: Place): string[] {
  if (place.at(-1) === 'settings') return Object.keys(settingAxes);
  if (place.at(-2) === 'search') return [...SEARCH_FORMS];
  if (place[0] === 'tune') return ['trials', 'seed', 'validation'];
  if (place[0] === 'rules') return Object.keys(comparedRule.shape);
  if (place[0] === 'overrides') return Object.keys(override.shape);
  if (place[0] === 'contrasts') return Object.keys(contrast.shape);
  return Object.keys(experimentSchema.shape);
}

/** What was given, in a few words. */
function show(given: unknown): string {
  if (Array.isArray(given)) return 'a list';
  if (typeof given === 'object' && given !== null) return 'keys with values';
  return typeof given === 'string'
    ? `'${given.length > 60 ? `${given.slice(0, 60)}...` : given}'`
    : String(given);
}
