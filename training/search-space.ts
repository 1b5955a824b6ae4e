import { z } from 'zod';
import { closest, RandomStream, UserError } from '../kernels/index.ts';
import {
  extremesOf,
  findFaultInSearch,
  findFaultInValue,
  type OptionValue,
  type RuleDefinition,
  type Search,
  type SearchSpace,
  type SearchValue,
  valueAt,
} from '../rules/index.ts';
import type { Condition, ConditionInput } from './condition.ts';
import { parseSomeSettings, type SettingName } from './settings.ts';

/** What a recipe may set may be searched: neither the network nor the budget, in which conditions are to be alike. */
const SEARCHED_SETTINGS = [
  'learningRate',
  'momentum',
  'weightDecay',
  'batch',
  'optimizer',
  'schedule',
  'activation',
  'loss',
  'outputActivation',
  'initial',
] as const satisfies readonly SettingName[];

/** Every rule has a learning rate, and no rule is compared fairly under that of another. */
const LEARNING_RATE: Search = { factor: [0.1, 10] };

const value = z.union([z.number(), z.string(), z.boolean(), z.array(z.number()).readonly()]);
const range = z.tuple([z.number(), z.number()]).readonly();

/** Where the trials of a tuning look for a value: exactly one of the keys. */
export const searchSchema = z
  .strictObject({
    logUniform: range.optional().describe('Log-uniform between two numbers'),
    uniform: range.optional().describe('Uniform between two numbers'),
    factor: range
      .optional()
      .describe("The condition's own value times a log-uniform number between these two"),
    choices: z.array(value).readonly().optional().describe('One of these values'),
  })
  .describe('Where trials look for the value: one of logUniform, uniform, factor and choices') as z.ZodType<
  unknown,
  unknown
> as z.ZodType<Search, Search>;

/** Values of what is searched, by name; a learning rate for all connections is a number. */
export const searchedValuesSchema = z.record(z.string(), value);

/** Values of what is searched, by name. */
export type SearchedValues = Readonly<Record<string, SearchValue>>;

/** What a rule declares: its learning rate, settings of its `searchSpace`, and its options that have a `search`; nothing where it is null. */
export function declaredSpace({ searchSpace, options }: RuleDefinition): SearchSpace {
  if (searchSpace === null) return {};
  const searched = Object.entries(options).flatMap(([name, { search }]) => (search ? [[name, search]] : []));
  return { learningRate: LEARNING_RATE, ...searchSpace, ...Object.fromEntries(searched) };
}

/**
 * Checks where the value of an option or a setting is searched for; null: nowhere.
 * @throws UserError when there is no such option or setting, or it cannot have one of the values
 */
export function checkSearch(
  definition: RuleDefinition,
  condition: Condition,
  name: string,
  search: unknown,
): void {
  const option = optionOf(definition, name);
  if (!option && !isSearched(name)) throw unknownName(definition, name);
  if (search === null) return;
  const fail = (what: string): UserError =>
    new UserError(`the search of '${name}' for the condition '${condition.id}' ${what}`);
  const fault = findFaultInSearch(search);
  if (fault) throw fail(fault);
  const own = ownValue(definition, condition, name);
  if (
    'factor' in (search as Search) &&
    ![own].flat().every((number) => typeof number === 'number' && number !== 0)
  )
    throw fail(`multiplies its own value, which is ${own}; give logUniform, uniform or choices`);
  for (const reached of extremesOf(search as Search, own)) {
    const wrong = option ? describeFault(findFaultInValue(option, reached)) : faultInSetting(name, reached);
    if (wrong) throw fail(`reaches ${reached}, but it ${wrong}`);
  }
}

const optionOf = ({ options }: RuleDefinition, name: string) =>
  Object.hasOwn(options, name) ? options[name]! : null;

const isSearched = (name: string): name is (typeof SEARCHED_SETTINGS)[number] =>
  (SEARCHED_SETTINGS as readonly string[]).includes(name);

function unknownName({ name: rule, options }: RuleDefinition, name: string): UserError {
  const names = [...Object.keys(options), ...SEARCHED_SETTINGS];
  const near = closest(name, names);
  return new UserError(
    `there is no option of the rule '${rule}' and no setting '${name}' that can be searched; ${near ? `did you mean '${near}'?` : `there are ${names.join(', ')}`}`,
  );
}

const describeFault = (right: string | null): string | null => (right === null ? null : `must be ${right}`);

function faultInSetting(name: string, given: SearchValue): string | null {
  try {
    parseSomeSettings({ [name]: given });
    return null;
  } catch (error) {
    // 'momentum: must be below 1, but is '2''
    return (error as Error).message.replace(/^[^:]*: /, '').replace(/, but is '.*'$/, '');
  }
}

/** The value that a condition has without a tuning. */
function ownValue(definition: RuleDefinition, { settings, options }: Condition, name: string): SearchValue {
  if (optionOf(definition, name)) return options[name]!;
  return single(settings[name as SettingName] as SearchValue);
}

const single = (given: SearchValue): SearchValue =>
  Array.isArray(given) && given.length === 1 ? given[0]! : given;

/** The values that a condition has without a tuning, of what is searched. */
export const ownValues = (
  definition: RuleDefinition,
  condition: Condition,
  space: SearchSpace,
): SearchedValues =>
  Object.fromEntries(Object.keys(space).map((name) => [name, ownValue(definition, condition, name)]));

/**
 * Values of a trial at random. They depend on the seed, the condition's id, the number of the trial and the name of the value alone:
 * another condition or one more key moves none of them.
 * @param attempt another draw for the same trial, from 0
 */
export const drawValues = (
  definition: RuleDefinition,
  condition: Condition,
  space: SearchSpace,
  { seed, trial, attempt }: { readonly seed: number; readonly trial: number; readonly attempt: number },
): SearchedValues =>
  Object.fromEntries(
    Object.entries(space).map(([name, search]) => {
      const stream = new RandomStream(seed, `trials of ${condition.id}: ${name}`, trial);
      const at = stream.uniform(attempt + 1, 0, 1)[attempt]!;
      const whole = optionOf(definition, name)?.integer ?? name === 'batch';
      return [name, valueAt(search, ownValue(definition, condition, name), at, whole)];
    }),
  );

/** A condition with other values of what is searched, as it is stated anew. */
export function withValues(
  definition: RuleDefinition,
  { recipe, ...condition }: Condition,
  values: SearchedValues,
): ConditionInput {
  const settings: Record<string, unknown> = { ...condition.settings };
  const options: Record<string, OptionValue> = { ...condition.options };
  for (const [name, chosen] of Object.entries(values))
    if (optionOf(definition, name)) options[name] = chosen as OptionValue;
    else settings[name] = chosen;
  return { ...condition, settings, options, ...(recipe !== null && { recipe }) };
}
