import { z } from 'zod';
import { closest, UserError } from '../kernels/index.ts';
import { checkStructure, layeredNetwork } from '../networks/index.ts';
import { type OptionValue, type Recipe, type RuleDefinition, resolveOptions } from '../rules/index.ts';
import { resolveBudget } from './budget.ts';
import {
  closestSetting,
  DEFAULTS,
  findSetting,
  parseSettings,
  parseSomeSettings,
  type Settings,
  type SettingsInput,
  settingFromText,
  settingsSchema,
} from './settings.ts';
import type { TaskDefinition } from './task.ts';
import { TASKS, usage } from './tasks/index.ts';

/** What is compared with others: a rule with all of its options and all settings of its training. */
export const conditionSchema = z.object({
  id: z.string().describe('Short name in lower case, the same whenever the experiment is run.'),
  label: z.string().describe('Name for people.'),
  rule: z.string(),
  recipe: z.string().nullable().describe('The recipe that gave settings their defaults, or null.'),
  settings: settingsSchema.describe('Every setting of training.'),
  options: z
    .record(z.string(), z.union([z.number(), z.string(), z.boolean()]))
    .describe('Every option of the rule.'),
});

/** A condition with everything filled in: see `conditionSchema`. */
export type Condition = Readonly<z.infer<typeof conditionSchema>>;

/** A condition as a user states it: what is left open comes from the rule's recipe, the task, and the defaults. */
export interface ConditionInput {
  /** The rule's name when left out. */
  readonly id?: string;
  readonly label?: string;
  /** Name of a recipe of the rule; the first one when left out. */
  readonly recipe?: string;
  readonly settings?: SettingsInput;
  /** Of the rule. Texts are converted to the option's type. */
  readonly options?: Readonly<Record<string, unknown>>;
}

/**
 * Fills in everything that is left open. Of several values for a setting the first wins of: those of the condition, those
 * that hold for all conditions, the recipe, the task, the defaults.
 * @throws UserError naming the option, setting or recipe, and what is wrong with it, or the task that the rule is not for
 */
export function resolveCondition(
  definition: RuleDefinition,
  { id = definition.name, label = id, recipe: recipeName, settings = {}, options = {} }: ConditionInput,
  common: SettingsInput = {},
  task?: Pick<TaskDefinition, 'name' | 'defaults'>,
): Condition {
  // First, as the settings of a rule for another task would be the wrong thing to complain about.
  if (task) checkTask(definition, task.name);
  const taskDefaults = task?.defaults ?? {};
  const chosen = { ...parseSomeSettings(common), ...parseSomeSettings(settings) };
  const layers = chosen.layers ?? taskDefaults.layers ?? DEFAULTS.layers;
  const recipe = findRecipe(definition, recipeName);
  const { options: recipeOptions, ...recipeSettings } = recipe?.settings(layers) ?? {};
  const resolved = resolveBudget(
    parseSettings({ ...DEFAULTS, ...taskDefaults, ...recipeSettings, ...chosen, layers }),
    chosen,
  );
  checkLearningRates(definition, resolved);
  checkSynapses(definition, resolved);
  const values = resolveOptions(definition, { ...recipeOptions, ...options });
  definition.checkOptions?.(values, resolved);
  return {
    id,
    label,
    rule: definition.name,
    recipe: recipe?.name ?? null,
    settings: resolved,
    options: values,
  };
}

/**
 * The recipe of a name, or the first one; null if the rule has none.
 * @throws UserError if the rule has no recipe of this name
 */
export function findRecipe(
  { name: rule, recipes = [] }: RuleDefinition,
  name: string | undefined,
): Recipe | null {
  if (name === undefined) return recipes[0] ?? null;
  const found = recipes.find((recipe) => recipe.name === name);
  if (found) return found;
  const names = recipes.map((recipe) => recipe.name);
  const near = closest(name, names);
  const known = names.length > 0 ? `it has ${names.join(', ')}` : 'it has none';
  throw new UserError(
    `the rule '${rule}' has no recipe '${name}'; ${near ? `did you mean '${near}'?` : known}`,
  );
}

function checkTask({ name, onlyTask }: RuleDefinition, task: string): void {
  if (onlyTask !== undefined && onlyTask !== task) {
    // One of the user's own is not among them.
    const definition = TASKS.find((one) => one.name === onlyTask);
    throw new UserError(
      `the rule '${name}' is for the task '${onlyTask}' alone, not for '${task}': choose --task ${definition ? usage(definition) : onlyTask}, or leave the rule out`,
    );
  }
}

function checkSynapses({ name, network }: RuleDefinition, settings: Settings): void {
  if (settings.structure !== 'full' && network.name !== layeredNetwork.name)
    throw new UserError(
      `structure: '${settings.structure}' is for layered networks, and the rule '${name}' trains a network of the kind '${network.name}'; leave it out, or choose another rule`,
    );
  checkStructure(settings);
}

function checkLearningRates({ network }: RuleDefinition, { layers, learningRate }: Settings): void {
  const connections = network.connectionCount?.(layers) ?? layers.length - 1;
  if (learningRate.length !== 1 && learningRate.length !== connections)
    throw new UserError(
      `learning-rate: ${learningRate.length} learning rates do not fit the ${connections} connections of layers ` +
        `${layers.join(',')}; give one for all or one for each`,
    );
}

/** Something of a rule that a user named: an option, or a setting for this rule alone. */
export type Named =
  | { readonly kind: 'option'; readonly name: string; readonly value: OptionValue | string }
  | { readonly kind: 'setting'; readonly name: keyof Settings; readonly value: unknown };

/**
 * Reads `name=text` of `--set rule.name=text`. An option of the rule goes before a setting of its name.
 * @throws UserError if the rule has no such option and there is no such setting, or the text does not fit it
 */
export function namedValue(definition: RuleDefinition, name: string, text: string): Named {
  if (Object.hasOwn(definition.options, name)) {
    const value = resolveOptions(definition, { [name]: text })[name]!;
    return { kind: 'option', name, value };
  }
  const setting = findSetting(name);
  if (setting) return { kind: 'setting', name: setting, value: settingFromText(setting, text) };
  const options = Object.keys(definition.options);
  const near = closest(name, options) ?? closestSetting(name) ?? (/rate/i.test(name) ? 'learningRate' : null);
  throw new UserError(
    `the rule '${definition.name}' has no option '${name}', and there is no setting of this name; ` +
      (near
        ? `did you mean '${near}'?`
        : `its options are ${options.join(', ') || 'none'}; the settings are ${Object.keys(DEFAULTS).join(', ')}`),
  );
}
