import { closest } from '../kernels/index.ts';
import { findRule, type RuleDefinition, resolveOptions } from '../rules/index.ts';
import {
  type ConditionInput,
  parseSomeSettings,
  resolveCondition,
  SETTING_NAMES,
  type SettingName,
  type TaskDefinition,
} from '../training/index.ts';
import { axisOf, isOneValue, type Value } from './axis.ts';
import type { ExperimentDefinition } from './experiment.schema.ts';
import type { Extensions } from './experiment.ts';
import { at, ExperimentMistake, type Place } from './mistake.ts';

type Table = Readonly<Record<string, unknown>>;

/** What is known of a condition beside its values. */
export interface About {
  readonly definition: RuleDefinition;
  readonly dataset: string;
  /** With its argument. */
  readonly task: string;
  readonly taskDefinition: TaskDefinition;
  /** Of its rule in the experiment. */
  readonly place: Place;
  /** Names of the axes with several values. */
  readonly varied: readonly string[];
}

/** What of a condition `where` can name beside options and settings. */
const FACTS = ['rule', 'recipe', 'dataset', 'task'];

/** What single conditions have in place of what holds for all. */
export class Overrides {
  readonly #list: readonly { readonly where: Table; readonly set: Table }[];
  readonly #used = new Set<number>();

  /** @throws ExperimentMistake when a `where` names what no condition has */
  constructor({ overrides = [], rules }: ExperimentDefinition, extensions: Extensions) {
    this.#list = overrides;
    const options = rules.flatMap((entry, i) => {
      const name = typeof entry === 'string' ? entry : entry.rule;
      const place = typeof entry === 'string' ? ['rules', i] : ['rules', i, 'rule'];
      return Object.keys(at(place, () => findRule(name, extensions.rules)).options);
    });
    const names = [...new Set([...FACTS, ...SETTING_NAMES, ...options])];
    for (const [i, { where }] of overrides.entries())
      for (const name of Object.keys(where))
        if (!names.includes(name)) throw unknownName(['overrides', i, 'where', name], name, names);
  }

  /**
   * The condition with what the overrides set. Each looks at the values that the condition has without any override, with
   * recipes and defaults filled in; where two set one thing, the later one counts.
   * @throws ExperimentMistake when a condition or an override is not right
   */
  apply(condition: ConditionInput, about: About): ConditionInput {
    const { definition, taskDefinition } = about;
    const resolved = at(about.place, () => resolveCondition(definition, condition, {}, taskDefinition));
    const { dataset, task } = about;
    const facts = { rule: resolved.rule, recipe: resolved.recipe, dataset, task };
    const known = { ...facts, ...resolved.settings, ...resolved.options };
    let input = condition;
    for (const [i, { where, set }] of this.#list.entries()) {
      const place: Place = ['overrides', i];
      if (!fits(where, [...place, 'where'], definition, known)) continue;
      this.#used.add(i);
      for (const [name, value] of Object.entries(set))
        input = withOverride(input, about, name, value, [...place, 'set', name]);
      at([...place, 'set'], () => resolveCondition(definition, input, {}, taskDefinition));
    }
    return input;
  }

  /** @throws ExperimentMistake when an override fitted no condition */
  refuseUnused(): void {
    const unused = this.#list.findIndex((_, i) => !this.#used.has(i));
    if (unused >= 0)
      throw new ExperimentMistake(
        ['overrides', unused, 'where'],
        'fits no condition; name values that a condition has, or leave the override out',
      );
  }
}

function unknownName(place: Place, name: string, names: readonly string[]): ExperimentMistake {
  const near = closest(name, names);
  return new ExperimentMistake(
    place,
    `there is no setting or option '${name}'; ${near ? `did you mean '${near}'?` : `there are ${names.join(', ')}`}`,
  );
}

/** Whether a condition has, of everything that is named, one of the values. */
const fits = (where: Table, place: Place, definition: RuleDefinition, known: Table): boolean =>
  Object.entries(where).every(([name, wanted]) => {
    if (!Object.hasOwn(known, name)) return false;
    const own = JSON.stringify(known[name]);
    return valuesOf(definition, name, wanted, [...place, name]).some(
      ({ value }) => JSON.stringify(value) === own,
    );
  });

const isSetting = (name: string): name is SettingName => (SETTING_NAMES as readonly string[]).includes(name);

/** Values of an option, a setting or a fact, of their own type. An option of the rule goes before a setting of its name. */
function valuesOf(definition: RuleDefinition, name: string, given: unknown, place: Place): Value[] {
  const isOption = Object.hasOwn(definition.options, name);
  const isOne = isOption ? undefined : isOneValue(name, given);
  return axisOf(place, given, isOne).values.map(({ value, place }) => ({
    place,
    value: at(place, () => {
      if (isOption) return resolveOptions(definition, { [name]: value })[name];
      return isSetting(name) ? parseSomeSettings({ [name]: value })[name] : value;
    }),
  }));
}

function withOverride(
  condition: ConditionInput,
  { definition, varied }: About,
  name: string,
  given: unknown,
  place: Place,
): ConditionInput {
  const options = Object.keys(definition.options);
  if (!options.includes(name) && !isSetting(name))
    throw unknownName(place, name, [...options, ...SETTING_NAMES]);
  if (varied.includes(name))
    throw new ExperimentMistake(
      place,
      `${name} is varied, and its value is in the name of the condition; change the values that are varied`,
    );
  const [first, second] = valuesOf(definition, name, given, place);
  if (second)
    throw new ExperimentMistake(
      place,
      'an override sets one value; write an override for each, or vary it under settings or options',
    );
  const table = options.includes(name) ? 'options' : 'settings';
  return { ...condition, [table]: { ...condition[table], [name]: first!.value } };
}
