import { availableParallelism } from 'node:os';
import type { Options } from 'yargs';
import type { ExperimentDefinition, ExperimentRule } from '../experiments/index.ts';
import { closest, UserError } from '../kernels/index.ts';
import type { Contrast } from '../results/index.ts';
import { findRule, type OptionValue, parseDecimal, type RuleDefinition } from '../rules/index.ts';
import {
  DEFAULTS,
  describeSetting,
  findSetting,
  namedValue,
  optionName,
  SETTING_NAMES,
  type SettingName,
  settingFromText,
} from '../training/index.ts';

// Readers of options. All options with values are texts for yargs, which would make NaN, 0 or 16 of 'abc', '' or '0x10'.
// Each reader throws a UserError that names the option and the value.

/** `--plugin`, given once for each file. @param what it adds, in words */
export const pluginOption = (what: string) =>
  ({
    type: 'string',
    array: true,
    requiresArg: true,
    describe: `File (.ts or .js) that exports ${what} of your own`,
  }) satisfies Options;

/** `--dry-run`. */
export const dryRunOption = {
  type: 'boolean',
  default: false,
  describe: 'Say what would be run and how long it would take, measured for a moment, and write nothing',
} satisfies Options;

/** `--baselines`. */
export const baselinesOption = {
  type: 'boolean',
  default: false,
  describe:
    'Score what needs no learning rule, too: chance, ridge regression of pixels and of random features, the nearest neighbour; for next-frame copying, a constant velocity, ridge regression',
} satisfies Options;

/** `--tune` and `--tune-seed`. */
export const tuneOptions = {
  tune: {
    type: 'string',
    requiresArg: true,
    describe:
      'Choose values of each condition first, by so many trials on a part of the training set; 9 or more make three rungs',
  },
  'tune-seed': {
    type: 'string',
    requiresArg: true,
    describe: 'Seed of these trials; the first from 0 that is no seed of the runs when left out',
  },
} as const satisfies Record<string, Options>;

export interface TuneArguments {
  tune?: string;
  'tune-seed'?: string;
}

/** The `tune` of an experiment. @param stated what a file says, which the options replace */
export function tuneOf(
  { tune, 'tune-seed': seed }: TuneArguments,
  stated?: ExperimentDefinition['tune'],
): Pick<ExperimentDefinition, 'tune'> {
  const before = typeof stated === 'number' ? { trials: stated } : stated;
  const trials = tune === undefined ? before?.trials : parseWhole('tune', tune, 2);
  if (trials === undefined) {
    if (seed !== undefined)
      throw new UserError(`--tune-seed '${seed}' is of no use without --tune; give both, or leave it out`);
    return {};
  }
  const seeded = seed === undefined ? {} : { seed: parseWhole('tune-seed', seed, 0) };
  const all = { ...before, trials, ...seeded };
  return { tune: Object.keys(all).length === 1 ? trials : all };
}

/** A text that must say something: an unset variable of the shell says nothing. */
export function parseText(option: string, text: string): string {
  if (text.trim() === '')
    throw new UserError(`--${option} '${text}' is empty; give a value, or leave it out`);
  return text;
}

export const parseList = (option: string, text: string): string[] => {
  const items = text.split(',').map((item) => item.trim());
  if (items.some((item) => item === ''))
    throw new UserError(`--${option} '${text}' has an empty entry; write a,b,c`);
  return items;
};

export function parseWhole(option: string, text: string, least: number): number {
  const value = parseDecimal(text);
  if (!Number.isInteger(value) || value < least)
    throw new UserError(`--${option} '${text}' must be a whole number, ${least} or more`);
  return value;
}

/** `--jobs`: left out, one run on each core. */
export const parseJobs = (text: string | undefined): number =>
  text === undefined ? availableParallelism() : parseWhole('jobs', text, 1);

export function parseSeconds(option: string, text: string): number {
  const value = parseDecimal(text);
  if (!(value > 0 && Number.isFinite(value)))
    throw new UserError(`--${option} '${text}' must be a number of seconds above 0`);
  return value;
}

/** `a:b` judges the condition a against b. */
export function parseContrast(text: string): Contrast {
  const [condition, to, ...rest] = text.split(':').map((id) => id.trim());
  if (!condition || !to || rest.length > 0)
    throw new UserError(`--contrast '${text}' must have the form a:b, two ids of conditions`);
  return { condition, to };
}

export function parseMargin(text: string): number {
  const value = parseDecimal(text);
  if (!(value > 0 && Number.isFinite(value)))
    throw new UserError(`--equivalence '${text}' must be a number above 0, in the unit of the score`);
  return value;
}

/** `5` means five seeds, from 1 on; `1,2,7` means these; `7,` means 7 alone. */
export function parseSeeds(text: string): number | number[] {
  if (text.includes(','))
    return parseList('seeds', text.replace(/,\s*$/, '')).map((item) => {
      const seed = parseDecimal(item);
      if (!Number.isInteger(seed) || seed < 0)
        throw new UserError(`--seeds '${text}': '${item}' must be a whole number, 0 or more`);
      return seed;
    });
  const count = parseDecimal(text);
  if (!Number.isInteger(count) || count < 1 || count > 10_000)
    throw new UserError(
      `--seeds '${text}' must be a number of seeds from 1 to 10000, or a list of seeds like 1,2,7`,
    );
  return count;
}

/** The options of the settings, in the order of their table. */
export const settingOptions = (group: string): Record<string, Options> =>
  Object.fromEntries(
    SETTING_NAMES.map((name) => {
      const { description, choices } = describeSetting(name);
      const value = DEFAULTS[name];
      return [
        optionName(name),
        {
          type: 'string',
          group,
          describe: description,
          ...(choices && { choices }),
          ...(value !== null && { defaultDescription: String(value) }),
        } satisfies Options,
      ];
    }),
  );

/**
 * What the options of `dendrite compare` state of rules and settings, with the lists of what is varied.
 * @param extra rules of plug-ins
 */
export function parseGrid(
  args: Readonly<Record<string, unknown>> & GridArguments,
  extra: readonly RuleDefinition[],
): Pick<ExperimentDefinition, 'rules' | 'settings'> {
  const settings: Table = {};
  for (const name of SETTING_NAMES) {
    const text = args[optionName(name)];
    if (text === undefined) continue;
    settings[name] = asValue(name, settingFromText(name, String(text), `--${optionName(name)}`));
  }
  const rules = parseList('rules', args.rules).map((rule): OneRule => {
    const definition = findRule(rule, extra);
    return { rule, definition, options: {}, settings: {} };
  });
  for (const text of args.set ?? []) applySet(rules, text);
  for (const text of args.recipe ?? []) applyRecipe(rules, text);
  for (const text of args.vary ?? []) applyVary(rules, settings, text);
  return { rules: rules.map(asStated), ...(Object.keys(settings).length > 0 && { settings }) };
}

interface GridArguments {
  readonly rules: string;
  readonly set?: string[];
  readonly recipe?: string[];
  readonly vary?: string[];
}

type Table = Record<string, unknown>;

interface OneRule {
  readonly rule: string;
  readonly definition: RuleDefinition;
  recipe?: string | string[];
  readonly options: Table;
  readonly settings: Table;
}

/** By its name alone where nothing is its own. */
function asStated({ definition: _, options, settings, ...rule }: OneRule): ExperimentRule {
  const own = {
    ...rule,
    ...(Object.keys(options).length > 0 && { options: options as Record<string, OptionValue> }),
    ...(Object.keys(settings).length > 0 && { settings }),
  };
  return Object.keys(own).length === 1 ? own.rule : own;
}

/** A learning rate for all connections is a number; one for each is a list in a list, since a list is varied. */
const asValue = (name: string, value: unknown): unknown =>
  name === 'learningRate' && Array.isArray(value) ? (value.length === 1 ? value[0] : [value]) : value;

/** The values of one thing that is varied. */
const asList = (name: string, values: readonly unknown[]): unknown[] =>
  name === 'learningRate'
    ? values.map((value) => (Array.isArray(value) && value.length === 1 ? value[0] : value))
    : [...values];

function applySet(rules: readonly OneRule[], text: string): void {
  const [name, option, value] = partsOf(/^([^.=]+)\.([^.=]+)=(.*)$/s, 'set', text, 'rule.name=value');
  const rule = amongRules(rules, name!, `--set '${text}'`);
  const named = within(`--set '${text}'`, () => namedValue(rule.definition, option!, value!));
  const values = named.kind === 'option' ? rule.options : rule.settings;
  if (Object.hasOwn(values, named.name))
    throw new UserError(`--set '${text}': ${name}.${named.name} is set twice; set it once`);
  values[named.name] = named.kind === 'option' ? named.value : asValue(named.name, named.value);
}

function applyRecipe(rules: readonly OneRule[], text: string): void {
  const [name, recipe] = partsOf(/^([^=]+)=(.+)$/s, 'recipe', text, 'rule=name');
  const rule = amongRules(rules, name!, `--recipe '${text}'`);
  if (rule.recipe !== undefined)
    throw new UserError(`--recipe '${text}': the rule '${name}' has a recipe already; give it one`);
  rule.recipe = recipe!;
}

/** What is varied: `--vary rule.option=a,b` and `--vary setting=a|b`. */
function applyVary(rules: readonly OneRule[], common: Table, text: string): void {
  const [target, list] = partsOf(
    /^([^=]+)=(.*)$/s,
    'vary',
    text,
    "rule.option=a,b,c or, in quotes, 'setting=a|b|c'",
  );
  const dot = target!.indexOf('.');
  const [rule, name] = dot < 0 ? [undefined, target!] : [target!.slice(0, dot), target!.slice(dot + 1)];
  if (rule === undefined) checkVariedSetting(name, list!, text);
  const values = variedTexts(target!, list!, rule === undefined, text);
  if (rule !== undefined) varyOfRule(amongRules(rules, rule, `--vary '${text}'`), name, values, text);
  else if (name === 'recipe') for (const one of rules) varyOfRule(one, name, values, text);
  else varyOfAll(common, findSetting(name)!, values, text);
}

function varyOfAll(common: Table, setting: SettingName, values: readonly string[], text: string): void {
  refuseStated(common, setting, text);
  common[setting] = asList(
    setting,
    values.map((value) => within(`--vary '${text}'`, () => settingFromText(setting, value))),
  );
}

function varyOfRule(rule: OneRule, name: string, values: readonly string[], text: string): void {
  if (name === 'recipe') {
    if (rule.recipe !== undefined)
      throw new UserError(`--vary '${text}': the rule '${rule.rule}' has a recipe already; leave one out`);
    rule.recipe = [...values];
    return;
  }
  const named = values.map((value) =>
    within(`--vary '${text}'`, () => namedValue(rule.definition, name, value)),
  );
  const { kind, name: found } = named[0]!;
  const table = kind === 'option' ? rule.options : rule.settings;
  refuseStated(table, found, text);
  const list = named.map(({ value }) => value);
  table[found] = kind === 'option' ? list : asList(found, list);
}

function refuseStated(table: Table, name: string, text: string): void {
  if (Object.hasOwn(table, name))
    throw new UserError(`--vary '${text}': ${name} is set or varied already; leave one out`);
}

function variedTexts(target: string, list: string, isSetting: boolean, text: string): string[] {
  // A setting such as the layers has commas in its values.
  const separator = isSetting || list.includes('|') ? '|' : ',';
  const values = list.split(separator).map((value) => value.trim());
  if (values.includes(''))
    throw new UserError(`--vary '${text}' has an empty value; write ${target}=a${separator}b${separator}c`);
  const repeated = values.find((value, i) => values.indexOf(value) !== i);
  if (repeated !== undefined)
    throw new UserError(`--vary '${text}' has the value '${repeated}' twice; name it once`);
  return values;
}

/** Settings whose values are lists. */
const WITH_COMMAS: readonly (string | null)[] = ['layers', 'learningRate'] satisfies SettingName[];

function checkVariedSetting(name: string, list: string, text: string): void {
  if (name === 'recipe' || findSetting(name)) {
    if (list.includes(',') && !WITH_COMMAS.includes(findSetting(name)))
      throw new UserError(
        `--vary '${text}': the values of a setting stand between bars; write '${name}=${list.replaceAll(',', '|')}'`,
      );
    return;
  }
  const near = closest(name, ['recipe', ...SETTING_NAMES]);
  throw new UserError(
    `--vary '${text}': there is no setting '${name}'; ` +
      (near ? `did you mean '${near}'?` : `an option of a rule is written rule.${name}=a,b,c`),
  );
}

function partsOf(pattern: RegExp, option: string, text: string, form: string): string[] {
  const match = pattern.exec(text);
  if (!match) throw new UserError(`--${option} '${text}' must have the form ${form}`);
  return match.slice(1);
}

function amongRules(rules: readonly OneRule[], name: string, where: string): OneRule {
  const rule = rules.find((one) => one.rule === name);
  if (rule) return rule;
  const names = rules.map((one) => one.rule);
  throw new UserError(`${where}: the rule '${name}' is not among --rules ${names.join(',')}`);
}

/** Says in which option a mistake was made. */
function within<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`${where}: ${error.message}`);
    throw error;
  }
}
