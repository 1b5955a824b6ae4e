import { z } from 'zod';
import type { Dataset } from '../data/index.ts';
import { UserError } from '../kernels/index.ts';
import { findRule, type RuleDefinition } from '../rules/index.ts';
import {
  type ChosenTask,
  type Condition,
  type ConditionInput,
  checkCondition,
  type Diagnostic,
  findDiagnostics,
  findTask,
  parse,
  parseSomeSettings,
  resolveCondition,
  type SettingsInput,
  type TaskDefinition,
} from '../training/index.ts';
import { at, ExperimentMistake } from './mistake.ts';

const whole = z.number().int('must be a whole number');

const setupSchema = z.object({
  dataset: z.string().default('mnist'),
  validation: whole.min(0, 'must not be negative').default(0),
  splitSeed: whole.min(0, 'must not be negative').default(0),
  task: z.string().default('classify'),
  seeds: z
    .array(whole.min(0, 'must not be negative').max(2 ** 31 - 1, 'must be below 2^31'))
    .min(1, 'must name at least one seed')
    .default([1, 2, 3]),
  diagnostics: z.array(z.string()).min(1, 'must name at least one, or none').default(['angle']),
});

/** A rule that is compared: by name or in memory, alone or with what is its own. */
export type ComparedRule =
  | string
  | RuleDefinition
  | (ConditionInput & { readonly rule: string | RuleDefinition });

/** What is compared, as a user of the library states it: each rule is one condition. `ExperimentDefinition` forms grids. */
export interface ExperimentInput {
  /** `mnist` when left out. */
  readonly dataset?: string;
  /** Training examples set aside for a validation score, and the seed of the draw; 0 when left out. */
  readonly validation?: number;
  readonly splitSeed?: number;
  /** `classify` when left out. */
  readonly task?: string;
  /** 1, 2 and 3 when left out. */
  readonly seeds?: readonly number[];
  /** What is measured after each epoch, by name: some, or `all` or `none`; `angle` when left out. */
  readonly diagnostics?: readonly string[];
  /** Settings of all conditions. */
  readonly settings?: SettingsInput;
  readonly rules: readonly ComparedRule[];
}

/** What plug-ins and the caller add to what comes with the framework. */
export interface Extensions {
  readonly rules: readonly RuleDefinition[];
  readonly tasks: readonly TaskDefinition[];
  readonly diagnostics: readonly Diagnostic[];
}

export const NO_EXTENSIONS: Extensions = { rules: [], tasks: [], diagnostics: [] };

/** What is compared: conditions x seeds, on one dataset and one task, with everything filled in. */
export interface Experiment {
  readonly dataset: string;
  readonly validation: number;
  readonly splitSeed: number;
  /** With its argument. */
  readonly task: string;
  readonly seeds: readonly number[];
  readonly diagnostics: readonly string[];
  readonly conditions: readonly Condition[];
  /** As the user gave it, rules in memory by their names: plain JSON. */
  readonly given: unknown;
  readonly chosenTask: ChosenTask;
  /** By name, for the conditions. */
  readonly definitions: ReadonlyMap<string, RuleDefinition>;
}

/**
 * Fills in defaults and recipes, and checks everything that does not depend on the dataset (`checkAgainst` does the rest).
 * @throws UserError naming what is wrong
 */
export function resolveExperiment(
  input: ExperimentInput,
  extensions: Extensions = NO_EXTENSIONS,
): Experiment {
  const { rules, settings = {}, ...setup } = input;
  const { dataset, validation, splitSeed, task, seeds, diagnostics: names } = parse(setupSchema, setup);
  if (rules.length === 0) throw new UserError('rules: must name at least one rule');
  at(['seeds'], () => refuseRepeats('seed', seeds));
  const diagnostics = at(['diagnostics'], () => chooseDiagnostics(names, extensions.diagnostics));
  const chosenTask = at(['task'], () => findTask(task, extensions.tasks));
  const common = parseSomeSettings(settings);
  const stated = rules.map((rule) => stateOf(rule, extensions.rules));
  const conditions = stated.map(({ definition, condition }) =>
    resolveCondition(definition, condition, common, chosenTask.definition.defaults),
  );
  refuseRepeatedConditions(conditions);
  const definitions = new Map(stated.map(({ definition }) => [definition.name, definition]));
  return {
    dataset,
    validation,
    splitSeed,
    task,
    seeds,
    diagnostics,
    conditions,
    given: givenAsJson(input),
    chosenTask,
    definitions,
  };
}

/** @throws UserError when a condition does not go with the task or the dataset */
export function checkAgainst({ conditions, definitions, chosenTask }: Experiment, dataset: Dataset): void {
  for (const condition of conditions)
    at(['conditions', condition.id], () =>
      checkCondition(condition, definitions.get(condition.rule)!, chosenTask, dataset),
    );
}

function chooseDiagnostics(names: readonly string[], extra: readonly Diagnostic[]): string[] {
  const diagnostics = findDiagnostics(names, extra).map(({ name }) => name);
  refuseRepeats('diagnostic', diagnostics);
  return diagnostics;
}

/** A compared rule with its definition. */
interface Stated {
  readonly definition: RuleDefinition;
  readonly condition: ConditionInput;
}

function stateOf(rule: ComparedRule, extra: readonly RuleDefinition[]): Stated {
  if (typeof rule === 'string') return { definition: findRule(rule, extra), condition: {} };
  if ('build' in rule) return { definition: rule, condition: {} };
  const { rule: named, ...condition } = rule;
  return { definition: typeof named === 'string' ? findRule(named, extra) : named, condition };
}

function refuseRepeatedConditions(conditions: readonly Condition[]): void {
  const ids = conditions.map(({ id }) => id);
  const repeated = ids.find((id, i) => ids.indexOf(id) !== i);
  if (repeated !== undefined)
    throw new ExperimentMistake(
      ['conditions', repeated],
      `the condition ${repeated} is named twice; name it once, or give each an id`,
    );
  const unsafe = ids.find((id) => !/^[a-z0-9][a-z0-9.-]*$/.test(id));
  if (unsafe !== undefined)
    throw new ExperimentMistake(
      ['conditions', unsafe],
      `the condition id '${unsafe}' names a folder, so it must be of lower-case letters, digits, dots and hyphens`,
    );
}

function refuseRepeats(what: string, items: readonly (string | number)[]): void {
  const repeated = items.find((item, i) => items.indexOf(item) !== i);
  if (repeated !== undefined) throw new UserError(`the ${what} ${repeated} is named twice; name it once`);
}

const nameOf = (rule: string | RuleDefinition): string => (typeof rule === 'string' ? rule : rule.name);

function givenAsJson({ rules, ...rest }: ExperimentInput): unknown {
  const named = rules.map((rule) => {
    if (typeof rule === 'string' || 'build' in rule) return nameOf(rule);
    return { ...rule, rule: nameOf(rule.rule) };
  });
  return JSON.parse(JSON.stringify({ rules: named, ...rest }));
}
