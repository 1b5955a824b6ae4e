import { findRule, type RuleDefinition, resolveOptions } from '../rules/index.ts';
import {
  type ConditionInput,
  declaredSpace,
  findRecipe,
  findTask,
  SETTING_NAMES,
} from '../training/index.ts';
import { type Axis, axisOf, isOneValue, type Value } from './axis.ts';
import { type ExperimentDefinition, parseExperiment } from './experiment.schema.ts';
import { type ExperimentInput, type Extensions, NO_EXTENSIONS } from './experiment.ts';
import { at, ExperimentMistake, type Place } from './mistake.ts';
import { Overrides } from './overrides.ts';
import type { SearchInput } from './tuning/spaces.ts';

/** One of the comparisons that an experiment describes: all of its conditions, on one dataset and one task. */
export interface ExperimentPart {
  /** The dataset and the task, as far as the experiment has several; empty for the only part. */
  readonly name: string;
  readonly input: ExperimentInput;
  /** Where a condition, its dataset or its task is stated, by the place that a mistake names. */
  locate(place: Place): Place;
}

/**
 * Forms the grid of an experiment. An axis is a list of values: recipes, options and settings make the conditions of a
 * comparison; each dataset with each task makes a comparison of its own, since differences between runs are only
 * paired within one dataset and one task.
 *
 * A condition is named by its rule and the values that vary, in the order recipe, options, settings, whatever the order
 * in which they are written: `equilibrium-propagation-beta-0.1-layers-784-100-10`.
 * @throws ExperimentMistake for the first thing that is wrong, with its place in the definition
 */
export function expandExperiment(
  value: ExperimentDefinition,
  extensions: Extensions = NO_EXTENSIONS,
): readonly ExperimentPart[] {
  const definition = parseExperiment(value);
  const datasets = axisOf(['dataset'], definition.dataset ?? 'mnist');
  const tasks = axisOf(['task'], definition.task ?? 'classify');
  const overrides = new Overrides(definition, extensions);
  const parts = datasets.values.flatMap((dataset) =>
    tasks.values.map((task) => partOf(definition, { dataset, task, datasets, tasks }, overrides, extensions)),
  );
  overrides.refuseUnused();
  return parts;
}

interface Setup {
  readonly dataset: Value<string>;
  readonly task: Value<string>;
  readonly datasets: Axis<string>;
  readonly tasks: Axis<string>;
}

function partOf(
  definition: ExperimentDefinition,
  { dataset, task, datasets, tasks }: Setup,
  overrides: Overrides,
  extensions: Extensions,
): ExperimentPart {
  const taskDefinition = at(task.place, () => findTask(task.value, extensions.tasks)).definition;
  const places = new Map<string, Place>();
  const conditions = definition.rules.flatMap((entry, i) => {
    const place: Place = ['rules', i];
    const stated = stateOf(definition, entry, place, extensions);
    return gridOf(stated, place).map((condition) => {
      const about = { ...stated, place, taskDefinition, dataset: dataset.value, task: task.value };
      const input = overrides.apply(condition, about);
      if (places.has(input.id!))
        throw new ExperimentMistake(
          place,
          `the condition ${input.id} is named twice; name it once, or give each an id`,
        );
      places.set(input.id!, place);
      const { definition, search } = stated;
      return { ...input, rule: definition.name, ...(Object.keys(search).length > 0 && { search }) };
    });
  });
  return {
    name: [datasets.values.length > 1 && dataset.value, tasks.values.length > 1 && task.value]
      .filter((name) => name !== false)
      .map(slug)
      .join('-'),
    input: { ...commonOf(definition), dataset: dataset.value, task: task.value, rules: conditions },
    locate: (one) => {
      if (one[0] === 'conditions') return [...(places.get(String(one[1])) ?? []), ...one.slice(2)];
      if (one[0] === 'dataset') return dataset.place;
      if (one[0] === 'device') return [DEVICE_KEYS.find((key) => definition[key] !== undefined) ?? 'device'];
      return one[0] === 'task' ? task.place : one;
    },
  };
}

/** What all parts share beside the conditions. */
function commonOf(definition: ExperimentDefinition): Omit<ExperimentInput, 'rules'> {
  const { seeds, diagnostics, validation, splitSeed, contrasts, equivalence, tune, baselines } = definition;
  return {
    ...(seeds !== undefined && { seeds: typeof seeds === 'number' ? firstSeeds(seeds) : seeds }),
    ...(diagnostics !== undefined && {
      diagnostics: typeof diagnostics === 'string' ? [diagnostics] : diagnostics,
    }),
    ...(validation !== undefined && { validation }),
    ...(splitSeed !== undefined && { splitSeed }),
    ...(contrasts !== undefined && { contrasts }),
    ...(equivalence !== undefined && { equivalence }),
    ...(tune !== undefined && { tune }),
    ...(baselines !== undefined && { baselines }),
  };
}

/** What says where to compute, the most special first. */
const DEVICE_KEYS = ['blas', 'backend', 'device'] as const;

/** The seeds 1 to `count`. */
const firstSeeds = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

/** An entry of `rules`, with what holds for all. */
interface Stated {
  readonly definition: RuleDefinition;
  readonly start: ConditionInput;
  readonly axes: readonly NamedAxis[];
  /** Names of the axes with several values. */
  readonly varied: readonly string[];
  /** Where a tuning looks, if there is one: not for what is varied. */
  readonly search: SearchInput;
}

interface NamedAxis extends Axis {
  readonly kind: 'recipe' | 'options' | 'settings';
  readonly name: string;
}

type Entry = ExperimentDefinition['rules'][number];
type SettingTable = Readonly<Record<string, unknown>>;

function stateOf(
  { settings: common = {}, tune }: ExperimentDefinition,
  entry: Entry,
  place: Place,
  extensions: Extensions,
): Stated {
  const {
    rule,
    id,
    label,
    recipe,
    options = {},
    settings = {},
    search = {},
  } = typeof entry === 'string' ? { rule: entry } : entry;
  const rulePlace = typeof entry === 'string' ? place : [...place, 'rule'];
  const definition = at(rulePlace, () => findRule(rule, extensions.rules));
  const axes: NamedAxis[] = [
    ...(recipe === undefined ? [] : [recipeAxis(definition, recipe, [...place, 'recipe'])]),
    ...optionAxes(definition, options, [...place, 'options']),
    ...settingAxes(settings as SettingTable, [...place, 'settings'], common as SettingTable),
  ];
  const start = { id: id ?? definition.name, label: label ?? id ?? definition.name };
  const varied = axes.filter(({ values }) => values.length > 1).map(({ name }) => name);
  return {
    definition,
    start,
    axes,
    varied,
    search: searchOf(definition, tune === undefined ? [] : varied, search, [...place, 'search']),
  };
}

/** What is varied is not searched: its value is in the name of the condition. */
function searchOf(
  definition: RuleDefinition,
  varied: readonly string[],
  given: SearchInput,
  place: Place,
): SearchInput {
  const both = varied.find((name) => given[name]);
  if (both !== undefined)
    throw new ExperimentMistake(
      [...place, both],
      `${both} is varied, and its value is in the name of the condition; search it or vary it`,
    );
  const left = Object.keys(declaredSpace(definition)).filter((name) => varied.includes(name));
  return { ...given, ...Object.fromEntries(left.map((name) => [name, null])) };
}

function recipeAxis(definition: RuleDefinition, given: string | readonly string[], place: Place): NamedAxis {
  const axis = axisOf(place, given);
  for (const { value, place } of axis.values) at(place, () => findRecipe(definition, value as string));
  return { kind: 'recipe', name: 'recipe', ...axis };
}

/** In the order of the rule's table. */
function optionAxes(definition: RuleDefinition, options: SettingTable, place: Place): NamedAxis[] {
  for (const name of Object.keys(options))
    at([...place, name], () => resolveOptions(definition, { [name]: definition.options[name]?.default }));
  return Object.keys(definition.options)
    .filter((name) => Object.hasOwn(options, name))
    .map((name) => {
      const { values } = axisOf([...place, name], options[name]);
      const typed = values.map(({ value, place }) => ({
        place,
        value: at(place, () => resolveOptions(definition, { [name]: value })[name]!),
      }));
      return { kind: 'options', name, values: typed };
    });
}

/** In the order of the table of settings; those of the rule go before those of all rules. */
const settingAxes = (own: SettingTable, place: Place, common: SettingTable): NamedAxis[] =>
  SETTING_NAMES.filter((name) => own[name] !== undefined || common[name] !== undefined).map((name) => {
    const [given, where] =
      own[name] === undefined ? [common[name], ['settings', name]] : [own[name], [...place, name]];
    return { kind: 'settings', name, ...axisOf(where, given, isOneValue(name, given)) };
  });

/** More are a mistake: forming them would take all memory. */
const MOST_CONDITIONS = 100_000;

/** One condition for each combination of values. */
function gridOf({ start, axes }: Stated, place: Place): ConditionInput[] {
  const count = axes.reduce((product, { values }) => product * values.length, 1);
  if (count > MOST_CONDITIONS)
    throw new ExperimentMistake(
      place,
      `its values form ${count} conditions, and there may be ${MOST_CONDITIONS}; vary less at the same time`,
    );
  return axes.reduce<ConditionInput[]>(
    (grid, axis) => grid.flatMap((one) => axis.values.map(({ value }) => withValue(one, axis, value))),
    [start],
  );
}

function withValue(
  condition: ConditionInput,
  { kind, name, values }: NamedAxis,
  value: unknown,
): ConditionInput {
  const text = Array.isArray(value) ? value.join(',') : String(value);
  const named: ConditionInput =
    values.length === 1
      ? condition
      : {
          ...condition,
          id: `${condition.id}-${slug(name)}-${slug(text)}`,
          label: `${condition.label} ${name}=${text}`,
        };
  if (kind === 'recipe') return { ...named, recipe: text };
  return { ...named, [kind]: { ...condition[kind], [name]: value } };
}

/** A text as a part of the name of a folder. */
const slug = (text: string): string =>
  text
    .replace(/[a-z][A-Z]/g, (pair) => `${pair[0]}-${pair[1]}`)
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-');
