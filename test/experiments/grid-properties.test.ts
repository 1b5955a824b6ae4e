import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  describePlace,
  type ExperimentDefinition,
  expandExperiment,
  type Place,
  resolveExperiment,
} from '../../experiments/index.ts';
import { RandomStream, UserError } from '../../kernels/index.ts';
import { findRule } from '../../rules/index.ts';
import { type Condition, resolveCondition } from '../../training/index.ts';

/** What a grid is, of any experiment, against loops that form it another way. */

type Values = Readonly<Record<string, readonly unknown[]>>;

/** A rule with the values of its axes; a single one may be stated without its list. */
interface Entry {
  readonly rule: string;
  readonly id: string;
  readonly recipe: readonly string[];
  readonly options: Values;
  readonly settings: Values;
}

const LAYERS = [
  [784, 5, 10],
  [784, 6, 10],
  [784, 4, 4, 10],
];
const some = <T>(...values: T[]): fc.Arbitrary<T[]> => fc.shuffledSubarray(values, { minLength: 1 });

/** A value for some of the keys. */
const someOf = <T>(table: Record<string, fc.Arbitrary<T>>, most: number): fc.Arbitrary<Record<string, T>> =>
  fc
    .shuffledSubarray(Object.keys(table), { maxLength: Math.min(most, Object.keys(table).length) })
    .chain((keys) =>
      fc.record(Object.fromEntries(keys.map((key) => [key, table[key]!])), { noNullPrototype: true }),
    );

const settings: fc.Arbitrary<Values> = someOf<unknown[]>(
  {
    epochs: some(1, 2, 3),
    batch: some(10, 20, 50),
    momentum: some(0, 0.5),
    weightDecay: some(0, 0.001),
    learningRate: some(0.1, 0.2, 1e-3),
    layers: some(...LAYERS),
    schedule: some('constant', 'linear'),
  },
  2,
);

const RULES: readonly (readonly [rule: string, recipes: readonly string[], options: Values])[] = [
  ['backprop', [], {}],
  ['feedback-alignment', [], { feedbackScale: [0.5, 1, 2] }],
  [
    'equilibrium-propagation',
    ['scellier-2017', 'ernoult-2019'],
    { beta: [0.1, 0.5, 0.3], persistent: [true, false], freeIterations: [3, 4] },
  ],
];

const entries: fc.Arbitrary<Entry[]> = fc.uniqueArray(
  fc.constantFrom(...RULES).chain(([rule, recipes, options]) =>
    fc.record({
      rule: fc.constant(rule),
      id: fc.constantFrom('one', 'two', 'three', rule),
      recipe: recipes.length === 0 ? fc.constant([]) : fc.shuffledSubarray([...recipes]),
      options: someOf(
        Object.fromEntries(Object.entries(options).map(([name, values]) => [name, some(...values)])),
        2,
      ),
      settings: fc.oneof(fc.constant({}), settings),
    }),
  ),
  { minLength: 1, maxLength: 2, selector: ({ id }) => id },
);

/** As in a file, where one value needs no list. A learning rate of one connection is one value as it is. */
const stated = (values: Values): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(values).map(([name, list]) => [name, list.length === 1 ? list[0] : list]),
  );

const definitionOf = (
  rules: readonly Entry[],
  common: Values,
  rest: Partial<ExperimentDefinition> = {},
): ExperimentDefinition =>
  ({
    ...rest,
    rules: rules.map(({ rule, id, recipe, options, settings }) => ({
      rule,
      id,
      ...(recipe.length > 0 && { recipe: recipe.length === 1 ? recipe[0] : recipe }),
      options: stated(options),
      settings: stated(settings),
    })),
    settings: stated(common),
  }) as ExperimentDefinition;

const conditionsOf = (definition: ExperimentDefinition): readonly Condition[] =>
  resolveExperiment(expandExperiment(definition)[0]!.input).conditions;

const recipes = ({ recipe }: Entry): readonly (string | undefined)[] =>
  recipe.length === 0 ? [undefined] : recipe;
const settingsOf = (entry: Entry, common: Values): Values => ({ ...common, ...entry.settings });
const varies = (entry: Entry, common: Values): string[] =>
  Object.entries({ recipe: entry.recipe, ...entry.options, ...settingsOf(entry, common) })
    .filter(([, values]) => values.length > 1)
    .map(([name]) => name);

/** All combinations, one value of each list. */
const combinations = (values: Values): Record<string, unknown>[] =>
  Object.entries(values).reduce<Record<string, unknown>[]>(
    (all, [name, list]) => all.flatMap((one) => list.map((value) => ({ ...one, [name]: value }))),
    [{}],
  );

/** The conditions of an entry without their names. */
function conditionsBy(entry: Entry, common: Values): Omit<Condition, 'id' | 'label'>[] {
  return recipes(entry).flatMap((recipe) =>
    combinations(entry.options).flatMap((options) =>
      combinations(settingsOf(entry, common)).map((settings) => {
        const input = { ...(recipe && { recipe }), options, settings };
        const { id, label, ...rest } = resolveCondition(findRule(entry.rule), input);
        return rest;
      }),
    ),
  );
}

const sortedTexts = (values: readonly unknown[]): string[] =>
  values.map((value) => JSON.stringify(value)).sort();

test('there is a condition for each combination of values and no other, each with an id of its own', () => {
  fc.assert(
    fc.property(entries, settings, (rules, common) => {
      const conditions = conditionsOf(definitionOf(rules, common));
      const wanted = rules.flatMap((entry) => conditionsBy(entry, common));
      assert.equal(sortedTexts(conditions.map(({ id, label, ...rest }) => rest)), sortedTexts(wanted));
      assert.is(new Set(conditions.map(({ id }) => id)).size, conditions.length);
    }),
    { numRuns: 40 },
  );
});

/** The same keys and lists in another order. */
function reordered(value: unknown, stream: RandomStream, lists: boolean): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const isNetwork = value.every((one) => typeof one === 'number') && value[0] === 784;
    const parts = value.map((part) => reordered(part, stream, lists));
    return lists && !isNetwork ? shuffled(parts, stream) : parts;
  }
  const parts = Object.entries(value).map(([key, part]) => [key, reordered(part, stream, lists)] as const);
  return Object.fromEntries(shuffled(parts, stream));
}

const shuffled = <T>(list: readonly T[], stream: RandomStream): T[] =>
  list
    .map((one) => [stream.integer(2 ** 24), one] as const)
    .sort(([a], [b]) => a - b)
    .map(([, one]) => one);

test('no order of keys moves a condition, and no order of values or rules its name', () => {
  fc.assert(
    fc.property(entries, settings, fc.nat(), (rules, common, seed) => {
      const definition = definitionOf(rules, common);
      const conditions = conditionsOf(definition);
      const order = (lists: boolean) =>
        conditionsOf(reordered(definition, new RandomStream(seed, 'order'), lists) as ExperimentDefinition);
      assert.equal(order(false), conditions);
      const byId = (list: readonly Condition[]) => [...list].sort((a, b) => (a.id < b.id ? -1 : 1));
      assert.equal(byId(order(true)), byId(conditions));
    }),
    { numRuns: 40 },
  );
});

/** What `where` may ask for: values of the grid, and others. */
const where = someOf<unknown>(
  {
    rule: fc.oneof(fc.constantFrom(...RULES.map(([rule]) => rule)), some(...RULES.map(([rule]) => rule))),
    recipe: fc.constantFrom('scellier-2017', 'ernoult-2019', null),
    epochs: fc.oneof(fc.constantFrom(1, 2, 10), some(1, 2, 3, 10)),
    momentum: fc.constantFrom(0, 0.5, 0.9),
    layers: fc.oneof(fc.constantFrom(...LAYERS), some(...LAYERS)),
    beta: fc.oneof(fc.constantFrom(0.1, 0.5), some(0.1, 0.5, 0.3)),
    persistent: fc.boolean(),
  },
  2,
);
/** Of all rules, so that each override may fit any of them. */
const set = someOf<unknown>(
  {
    epochs: fc.constantFrom(7, 8),
    batch: fc.constantFrom(70, 80),
    momentum: fc.constantFrom(0.7, 0.8),
    weightDecay: fc.constant(0.7),
    learningRate: fc.constantFrom(0.7, 0.8),
  },
  3,
);
type Override = { readonly where: Record<string, unknown>; readonly set: Record<string, unknown> };
const overrides = fc.array(fc.record({ where, set }), { minLength: 1, maxLength: 2 });

/** Whether a condition has, of everything that is named, one of the values. */
const fits = ({ rule, recipe, settings, options }: Condition, wanted: Record<string, unknown>): boolean =>
  Object.entries(wanted).every(([name, value]) => {
    const known: Record<string, unknown> = { rule, recipe, ...settings, ...options };
    const isOne = !Array.isArray(value) || (name === 'layers' && typeof value[0] === 'number');
    return (isOne ? [value] : (value as unknown[])).some(
      (one) => JSON.stringify(one) === JSON.stringify(known[name]),
    );
  });

/** The place and the sentence of a mistake; null if there is none. */
function mistakeIn(definition: ExperimentDefinition): string | null {
  try {
    expandExperiment(definition);
    return null;
  } catch (error) {
    assert.instance(error, UserError, (error as Error).stack);
    return `${describePlace((error as UserError & { place: Place }).place)}: ${(error as Error).message}`;
  }
}

const optionsOfAll = (rules: readonly Entry[]): string[] => [
  ...new Set(rules.flatMap(({ rule }) => Object.keys(findRule(rule).options))),
];

/** What is wrong with overrides, in the order in which it is noticed; null if nothing is. */
function wantedMistake(rules: readonly Entry[], common: Values, given: readonly Override[]): string | null {
  for (const [i, { where }] of given.entries())
    for (const name of Object.keys(where).filter((key) => ['beta', 'persistent'].includes(key)))
      if (!optionsOfAll(rules).includes(name)) return `overrides[${i}].where.${name}: there is no`;
  const bare = conditionsOf(definitionOf(rules, common));
  for (const condition of bare) {
    const entry = rules.find(({ id }) => condition.id === id || condition.id.startsWith(`${id}-`))!;
    for (const [i, { where, set }] of given.entries())
      for (const name of Object.keys(set))
        if (fits(condition, where) && varies(entry, common).includes(name))
          return `overrides[${i}].set.${name}: ${name} is varied`;
  }
  const unused = given.findIndex(({ where }) => !bare.some((condition) => fits(condition, where)));
  return unused < 0 ? null : `overrides[${unused}].where: fits no condition`;
}

/** A condition with what overrides set, one after the other. */
function overridden(condition: Condition, given: readonly Override[]): Condition {
  const { learningRate, ...rest } = Object.assign({}, ...given.map(({ set }) => set)) as Override['set'];
  const rates = learningRate === undefined ? {} : { learningRate: [learningRate] };
  return { ...condition, settings: { ...condition.settings, ...rest, ...rates } as Condition['settings'] };
}

test('overrides change what they fit, exactly as they say, and nothing that is varied', () => {
  const seen = { right: 0, varied: 0, other: 0 };
  fc.assert(
    fc.property(entries, settings, overrides, (rules, common, given) => {
      const definition = definitionOf(rules, common, {
        overrides: given as ExperimentDefinition['overrides'],
      });
      const wanted = wantedMistake(rules, common, given);
      const found = mistakeIn(definition) ?? '';
      if (wanted !== null) {
        assert.ok(found.startsWith(wanted), `${found}, not ${wanted}`);
        if (found.includes('is varied')) seen.varied++;
        else seen.other++;
        return;
      }
      assert.is(found, '');
      seen.right++;
      const bare = conditionsOf(definitionOf(rules, common));
      assert.equal(
        conditionsOf(definition),
        bare.map((condition) =>
          overridden(
            condition,
            given.filter(({ where }) => fits(condition, where)),
          ),
        ),
      );
    }),
    { numRuns: 150 },
  );
  assert.ok(Math.min(...Object.values(seen)) > 5, JSON.stringify(seen));
});

test.run();
