import { z } from 'zod';
import type { Dataset } from '../data/index.ts';
import { UserError } from '../kernels/index.ts';
import { type Contrast, contrastSchema } from '../results/index.ts';
import { findRule, type RuleDefinition, type SearchSpace } from '../rules/index.ts';
import {
  BASELINES,
  type ChosenTask,
  type Condition,
  type ConditionInput,
  checkCondition,
  type Diagnostic,
  findBaseline,
  findDiagnostics,
  findTask,
  goesWith,
  parse,
  parseSomeSettings,
  type RunSpec,
  resolveCondition,
  type Score,
  type SettingsInput,
  type TaskDefinition,
} from '../training/index.ts';
import { resolveContrasts } from './contrasts.ts';
import { at, ExperimentMistake } from './mistake.ts';
import { checkSearches, type SearchInput, spaceOf } from './tuning/spaces.ts';
import { type TuneInput, tuneInputSchema } from './tuning/tune.schema.ts';

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
  scored: z.literal('validation').optional(),
  contrasts: z.array(contrastSchema).optional(),
  equivalence: z.number().positive('must be above 0').optional(),
  tune: tuneInputSchema.optional(),
  baselines: z.union([z.boolean(), z.array(z.string())]).default(false),
});

/** A rule that is compared: by name or in memory, alone or with what is its own. */
export type ComparedRule =
  | string
  | RuleDefinition
  | (ConditionInput & {
      readonly rule: string | RuleDefinition;
      /** Where a tuning looks for values, in place of what the rule declares. */
      readonly search?: SearchInput;
    });

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
  /** What is scored after each epoch: `validation` for the validation examples alone, left out for the test examples too. */
  readonly scored?: RunSpec['scored'];
  /** Which conditions are compared, by their ids; every one with the first of backprop, or else the first, when left out. */
  readonly contrasts?: readonly Contrast[];
  /** In the unit of the score: differences below it count as none. Whether they are is tested; it is not when left out. */
  readonly equivalence?: number;
  /** How values of each condition are chosen before the runs; they are not when left out. */
  readonly tune?: TuneInput;
  /** What is scored beside the conditions: baselines by name, or `true` for all; none when left out. */
  readonly baselines?: boolean | readonly string[];
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
  readonly scored: RunSpec['scored'];
  readonly conditions: readonly Condition[];
  /** Which conditions are compared. */
  readonly contrasts: readonly Contrast[];
  /** Margin of the tests of equivalence, in the unit of the score. */
  readonly equivalence: number | undefined;
  /** How values of the conditions are still to be chosen; null where they stay. */
  readonly tuning: AskedTuning | null;
  /** Names of the baselines. */
  readonly baselines: readonly string[];
  /** As the user gave it, rules in memory by their names: plain JSON. */
  readonly given: unknown;
  readonly chosenTask: ChosenTask;
  /** By name, for the conditions. */
  readonly definitions: ReadonlyMap<string, RuleDefinition>;
}

/** How values of conditions are chosen, with everything filled in that does not depend on the dataset. */
export interface AskedTuning {
  /** Of each condition. */
  readonly trials: number;
  readonly seed: number;
  /** Training examples that trials are scored on; null: it follows from how many there are. */
  readonly validation: number | null;
  /** What is searched, by the id of the condition. */
  readonly spaces: ReadonlyMap<string, SearchSpace>;
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
  const parsed = parse(setupSchema, setup);
  const {
    dataset,
    validation,
    splitSeed,
    task,
    seeds,
    diagnostics: names,
    scored,
    tune,
    equivalence,
  } = parsed;
  if (scored && validation === 0)
    throw new UserError('validation: must be above 0, as validation examples alone are scored');
  if (rules.length === 0) throw new UserError('rules: must name at least one rule');
  at(['seeds'], () => refuseRepeats('seed', seeds));
  const diagnostics = at(['diagnostics'], () => chooseDiagnostics(names, extensions.diagnostics));
  const chosenTask = at(['task'], () => findTask(task, extensions.tasks));
  const common = parseSomeSettings(settings);
  const stated = rules.map((rule) => stateOf(rule, extensions.rules));
  const conditions = stated.map(({ definition, condition }) =>
    resolveCondition(definition, condition, common, chosenTask.definition),
  );
  refuseRepeatedConditions(conditions);
  const definitions = new Map(stated.map(({ definition }) => [definition.name, definition]));
  for (const [i, { definition, search = {} }] of stated.entries())
    checkSearches(definition, conditions[i]!, search);
  const spaces = () =>
    new Map(
      stated.map(({ definition, search }, i) => [
        conditions[i]!.id,
        spaceOf(definition, conditions[i]!, search),
      ]),
    );
  return {
    dataset,
    validation,
    splitSeed,
    task,
    seeds,
    diagnostics,
    scored,
    conditions,
    contrasts: resolveContrasts(parsed.contrasts, conditions),
    equivalence,
    baselines: at(['baselines'], () => chooseBaselines(parsed.baselines, chosenTask)),
    tuning: tune === undefined ? null : { ...tuningOf(tune, seeds), spaces: spaces() },
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

/** The number a task's score has in tables: of the test examples, or of the validation examples where they alone are scored. */
export function comparedScore({ chosenTask, scored }: Pick<Experiment, 'chosenTask' | 'scored'>): Score {
  const { score } = chosenTask.definition;
  if (scored === undefined) return score;
  const label = /^Test /.test(score.label)
    ? score.label.replace('Test', 'Validation')
    : `${score.label}, validation`;
  return { ...score, label };
}

/** @throws ExperimentMistake when the trials have a seed of the runs, which would no longer be fresh */
function tuningOf(
  { trials, seed, validation }: z.infer<typeof tuneInputSchema>,
  seeds: readonly number[],
): Omit<AskedTuning, 'spaces'> {
  if (seed !== undefined && seeds.includes(seed))
    throw new ExperimentMistake(
      ['tune', 'seed'],
      `the seed ${seed} of the tuning is one of the seeds of the runs, which must be fresh; give another`,
    );
  const fresh = Array.from({ length: seeds.length + 1 }, (_, i) => i).find((i) => !seeds.includes(i))!;
  return { trials, seed: seed ?? fresh, validation: validation ?? null };
}

function chooseDiagnostics(names: readonly string[], extra: readonly Diagnostic[]): string[] {
  const diagnostics = findDiagnostics(names, extra).map(({ name }) => name);
  refuseRepeats('diagnostic', diagnostics);
  return diagnostics;
}

/** @throws UserError for a name that there is not, and where it does not go with the task */
function chooseBaselines(asked: boolean | readonly string[], { definition }: ChosenTask): string[] {
  const fitting = BASELINES.filter((baseline) => goesWith(baseline, definition));
  if (asked === true && fitting.length === 0)
    throw new UserError(`no baseline goes with the task '${definition.name}'; leave them out`);
  const names = asked === true ? fitting.map(({ name }) => name) : asked || [];
  for (const name of names)
    if (!goesWith(findBaseline(name), definition))
      throw new UserError(
        `the baseline '${name}' does not go with the task '${definition.name}'; ${fitting.length > 0 ? `choose ${fitting.map((one) => one.name).join(', ')}` : 'leave it out'}`,
      );
  refuseRepeats('baseline', names);
  return [...names];
}

/** A compared rule with its definition. */
interface Stated {
  readonly definition: RuleDefinition;
  readonly condition: ConditionInput;
  readonly search?: SearchInput | undefined;
}

function stateOf(rule: ComparedRule, extra: readonly RuleDefinition[]): Stated {
  if (typeof rule === 'string') return { definition: findRule(rule, extra), condition: {} };
  if ('build' in rule) return { definition: rule, condition: {} };
  const { rule: named, search, ...condition } = rule;
  return { definition: typeof named === 'string' ? findRule(named, extra) : named, condition, search };
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
