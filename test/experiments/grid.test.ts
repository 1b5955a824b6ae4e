import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import {
  describePlace,
  type ExperimentDefinition,
  expandExperiment,
  experimentYaml,
  type Place,
  resolveExperiment,
} from '../../experiments/index.ts';
import { UserError } from '../../kernels/index.ts';
import { type Condition, SETTING_NAMES } from '../../training/index.ts';

const conditionsOf = (definition: ExperimentDefinition): readonly Condition[] => {
  const parts = expandExperiment(definition);
  assert.is(parts.length, 1);
  return resolveExperiment(parts[0]!.input).conditions;
};

/** The place and the sentence of the mistake in an experiment. */
function mistakeIn(definition: unknown): string {
  try {
    expandExperiment(definition as ExperimentDefinition);
  } catch (error) {
    assert.instance(error, UserError);
    return `${describePlace((error as UserError & { place: Place }).place)}: ${(error as Error).message}`;
  }
  throw new Error(`nothing is wrong with ${JSON.stringify(definition)}`);
}

const refuses = (definition: unknown, pattern: RegExp): void => assert.match(mistakeIn(definition), pattern);

test('lists form the grid, in the order recipe, options, settings', () => {
  const conditions = conditionsOf({
    rules: [
      'backprop',
      {
        rule: 'equilibrium-propagation',
        settings: { batch: [10, 20] },
        options: { beta: [0.1, 0.5] },
        recipe: ['scellier-2017', 'ernoult-2019'],
      },
    ],
    settings: {
      layers: [
        [784, 100, 10],
        [784, 500, 10],
      ],
    },
  });
  assert.is(conditions.length, 2 + 2 * 2 * 2 * 2);
  const [first, second, third] = conditions;
  assert.equal([first!.id, second!.id], ['backprop-layers-784-100-10', 'backprop-layers-784-500-10']);
  assert.is(third!.id, 'equilibrium-propagation-recipe-scellier-2017-beta-0.1-layers-784-100-10-batch-10');
  assert.is(third!.label, 'equilibrium-propagation recipe=scellier-2017 beta=0.1 layers=784,100,10 batch=10');
  const last = conditions.at(-1)!;
  assert.equal(
    [last.recipe, last.options.beta, last.settings.layers, last.settings.batch],
    ['ernoult-2019', 0.5, [784, 500, 10], 20],
  );
});

test('the order in which axes are written changes no condition', () => {
  const [one, other] = [
    {
      layers: [
        [784, 9, 10],
        [784, 8, 10],
      ],
      epochs: [1, 2],
    },
    {
      epochs: [1, 2],
      layers: [
        [784, 9, 10],
        [784, 8, 10],
      ],
    },
  ].map((settings) => conditionsOf({ rules: ['backprop'], settings }));
  assert.equal(one, other);
});

test('one network is a list of numbers, and one value is not in the name', () => {
  const [condition] = conditionsOf({
    rules: [{ rule: 'equilibrium-propagation', options: { beta: [0.3] } }],
    settings: { layers: [784, 30, 10], epochs: [4] },
  });
  assert.is(condition!.id, 'equilibrium-propagation');
  assert.equal(
    [condition!.settings.layers, condition!.settings.epochs, condition!.options.beta],
    [[784, 30, 10], 4, 0.3],
  );
});

test('learning rates in a list are compared; a list within has one for each connection', () => {
  const rates = (learningRate: number | (number | number[])[]) =>
    conditionsOf({ rules: ['backprop'], settings: { learningRate } }).map(({ id, settings }) => [
      id,
      settings.learningRate,
    ]);
  assert.equal(rates(0.3), [['backprop', [0.3]]]);
  assert.equal(rates([[0.3, 0.2]]), [['backprop', [0.3, 0.2]]]);
  assert.equal(rates([0.3, [0.2, 0.1]]), [
    ['backprop-learning-rate-0.3', [0.3]],
    ['backprop-learning-rate-0.2-0.1', [0.2, 0.1]],
  ]);
});

test('settings of a rule go before those of all', () => {
  const conditions = conditionsOf({
    rules: ['backprop', { rule: 'drtp', settings: { epochs: 3 } }],
    settings: { epochs: [1, 2] },
  });
  assert.equal(
    conditions.map(({ id, settings }) => [id, settings.epochs]),
    [
      ['backprop-epochs-1', 1],
      ['backprop-epochs-2', 2],
      ['drtp', 3],
    ],
  );
});

test('datasets and tasks make comparisons of their own', () => {
  const parts = expandExperiment({
    rules: ['backprop'],
    dataset: ['mnist', 'mnist-full'],
    task: ['classify', 'probe:hidden 1'],
    seeds: 2,
    validation: 10,
    diagnostics: 'none',
  });
  assert.equal(
    parts.map(({ name, input }) => [name, input.dataset, input.task]),
    [
      ['mnist-classify', 'mnist', 'classify'],
      ['mnist-probe-hidden-1', 'mnist', 'probe:hidden 1'],
      ['mnist-full-classify', 'mnist-full', 'classify'],
      ['mnist-full-probe-hidden-1', 'mnist-full', 'probe:hidden 1'],
    ],
  );
  for (const { input } of parts)
    assert.equal([input.seeds, input.validation, input.diagnostics], [[1, 2], 10, ['none']]);
  assert.is(expandExperiment({ rules: ['backprop'] })[0]!.name, '');
});

test('overrides change the conditions that they fit, and no other', () => {
  const definition: ExperimentDefinition = {
    rules: ['backprop', { rule: 'equilibrium-propagation', options: { beta: [0.1, 0.5] } }],
    settings: {
      layers: [
        [784, 9, 10],
        [784, 8, 10],
      ],
    },
    overrides: [
      { where: { layers: [784, 9, 10] }, set: { epochs: 3 } },
      // A value that the recipe gives, one of two that vary, and an option beside a setting.
      { where: { batch: 20, beta: [0.5, 0.7] }, set: { epochs: 4, persistent: false } },
      { where: { rule: 'backprop', layers: [[784, 8, 10]] }, set: { learningRate: [[0.2, 0.1]] } },
    ],
  };
  const shown = conditionsOf(definition).map(({ id, settings, options }) => [
    id,
    settings.epochs,
    options.persistent,
    settings.learningRate,
  ]);
  assert.equal(shown, [
    ['backprop-layers-784-9-10', 3, undefined, [0.1]],
    ['backprop-layers-784-8-10', 10, undefined, [0.2, 0.1]],
    ['equilibrium-propagation-beta-0.1-layers-784-9-10', 3, true, [0.1, 0.05]],
    ['equilibrium-propagation-beta-0.1-layers-784-8-10', 10, true, [0.1, 0.05]],
    ['equilibrium-propagation-beta-0.5-layers-784-9-10', 4, false, [0.1, 0.05]],
    ['equilibrium-propagation-beta-0.5-layers-784-8-10', 4, false, [0.1, 0.05]],
  ]);
});

test('an override may be for one dataset or task', () => {
  const parts = expandExperiment({
    rules: ['backprop'],
    dataset: ['mnist', 'mnist-full'],
    overrides: [{ where: { dataset: 'mnist-full' }, set: { epochs: 2 } }],
  });
  const epochs = parts.map(({ input }) => resolveExperiment(input).conditions[0]!.settings.epochs);
  assert.equal(epochs, [10, 2]);
});

test('a mistake names its place', () => {
  const rules = ['backprop'];
  const ep = (own: object) => ({ rules: ['drtp', { rule: 'equilibrium-propagation', ...own }] });
  refuses(
    { rules: ['drtp', 'bakprop'] },
    /^rules\[1\]: there is no rule 'bakprop'; did you mean 'backprop'\?/,
  );
  refuses({ rules: [{ rule: 'bakprop' }] }, /^rules\[0\]\.rule: there is no rule/);
  refuses({ rules: ['drtp', 'drtp'] }, /^rules\[1\]: the condition drtp is named twice/);
  refuses(ep({ options: { beta: -1 } }), /^rules\[1\]\.options\.beta: .* a number above 0, not '-1'/);
  refuses(ep({ options: { beta: [0.1, -1] } }), /^rules\[1\]\.options\.beta\[1\]: .*not '-1'/);
  refuses(ep({ options: { bta: 1 } }), /^rules\[1\]\.options\.bta: .*no option 'bta'; did you mean 'beta'\?/);
  refuses(ep({ options: { beta: [0.1, 0.1] } }), /^rules\[1\]\.options\.beta\[1\]: has the value 0\.1 twice/);
  refuses(ep({ recipe: 'ernoult-2018' }), /^rules\[1\]\.recipe: .*did you mean 'ernoult-20/);
  refuses(ep({ settings: { epochs: 0 } }), /^rules\[1\]\.settings\.epochs: must be at least 1, but is 0/);
  refuses(ep({ recipie: 'x' }), /^rules\[1\]\.recipie: there is no key 'recipie'; did you mean 'recipe'\?/);
  refuses(
    { rules, settings: { 'learning-rate': 1 } },
    /^settings\.learning-rate: .*did you mean 'learningRate'\?/,
  );
  refuses({ rules, settings: { layers: [[784, 0]] } }, /^settings\.layers\[0\]\[1\]: must be at least 1/);
  refuses(
    { rules, settings: { layers: [784, 'x'] } },
    /^settings\.layers\[1\]: must be a number, but is 'x'/,
  );
  refuses(
    { rules, settings: { activation: ['tanh', 'tahn'] } },
    /^settings\.activation\[1\]: .*did you mean 'tanh'\?/,
  );
  refuses({ rules, datasets: ['mnist'] }, /^datasets: there is no key 'datasets'; did you mean 'dataset'\?/);
  refuses({ rules, dataset: ['mnist', 'mnist'] }, /^dataset\[1\]: has the value "mnist" twice/);
  refuses({ rules, task: ['classify', 'clasify'] }, /^task\[1\]: .*did you mean 'classify'\?/);
  refuses({ rules, seeds: 0 }, /^seeds: must be at least 1, but is 0/);
  refuses({ rules: [] }, /^rules: must name at least one rule/);
  refuses({}, /^rules: is missing/);
  refuses(null, /^: must be keys with values, but is null/);
  const overrides = (where: object, set: object) => ({
    rules: [{ rule: 'equilibrium-propagation', options: { beta: [0.1, 0.5] } }],
    overrides: [{ where, set }],
  });
  refuses(overrides({ rule: 'drtp' }, {}), /^overrides\[0\]\.where: fits no condition/);
  refuses(overrides({ bta: 1 }, {}), /^overrides\[0\]\.where\.bta: .*did you mean 'beta'\?/);
  refuses(overrides({}, { epoch: 1 }), /^overrides\[0\]\.set\.epoch: .*did you mean 'epochs'\?/);
  refuses(overrides({}, { beta: 1 }), /^overrides\[0\]\.set\.beta: beta is varied/);
  refuses(overrides({}, { epochs: [1, 2] }), /^overrides\[0\]\.set\.epochs: an override sets one value/);
  refuses(overrides({}, { epochs: 0 }), /^overrides\[0\]\.set\.epochs: epochs: must be at least 1/);
  refuses(overrides({ beta: 'x' }, {}), /^overrides\[0\]\.where\.beta: .*not 'x'/);
});

/** Experiments that are right, and those with anything at all in a place. */
const anything = fc.anything({ maxDepth: 3, withNullPrototype: true });
const experiment = fc.record(
  {
    rules: fc.subarray(
      ['backprop', 'drtp', { rule: 'feedback-alignment', options: { feedbackScale: [0.5, 1] } }],
      {
        minLength: 1,
      },
    ),
    seeds: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.uniqueArray(fc.nat(100), { minLength: 1 })),
    settings: fc.record(
      {
        epochs: fc.oneof(
          fc.integer({ min: 1, max: 9 }),
          fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        ),
        learningRate: fc.oneof(fc.constant(0.1), fc.constant([0.1, [0.2, 0.3]])),
        layers: fc.constantFrom<number[] | number[][]>(
          [784, 5, 10],
          [
            [784, 5, 10],
            [784, 6, 10],
          ],
        ),
        momentum: fc.double({ min: 0, max: 0.99, noNaN: true }),
      },
      { requiredKeys: [], noNullPrototype: true },
    ),
  },
  { noNullPrototype: true },
);

test('an experiment is the same after it was written and read', () => {
  fc.assert(
    fc.property(experiment, (given) => {
      const definition = given as ExperimentDefinition;
      assert.equal(parse(experimentYaml(definition)), definition);
      assert.equal(
        expandExperiment(parse(experimentYaml(definition))).map(({ input }) => input),
        expandExperiment(definition).map(({ input }) => input),
      );
    }),
    { numRuns: 50 },
  );
});

test('the grid has a condition for each combination, each with an id of its own', () => {
  const lengthOf = (value: unknown) => (Array.isArray(value) ? value.length : 1);
  fc.assert(
    fc.property(experiment, ({ rules, seeds, settings }) => {
      const definition = { rules, seeds, settings } as ExperimentDefinition;
      const conditions = conditionsOf(definition);
      const { epochs, learningRate, layers } = settings;
      const networks = Array.isArray(layers) && layers.some(Array.isArray) ? layers.length : 1;
      const each = lengthOf(epochs) * lengthOf(learningRate) * networks;
      const ofRules = rules.reduce((sum, rule) => sum + (typeof rule === 'string' ? 1 : 2), 0);
      assert.is(conditions.length, each * ofRules);
      assert.is(new Set(conditions.map(({ id }) => id)).size, conditions.length);
    }),
    { numRuns: 50 },
  );
});

test('whatever stands in an experiment, the answer is a grid or one sentence', () => {
  const keys = ['rules', 'dataset', 'task', 'seeds', 'settings', 'overrides', 'diagnostics', 'device', 'x'];
  const broken = fc
    .tuple(
      experiment,
      fc.constantFrom(...keys),
      fc.constantFrom<string>('', ...SETTING_NAMES, 'options', 'where'),
      anything,
    )
    .map(([definition, key, inner, value]) => ({
      ...definition,
      [key]: inner === '' ? value : { [inner]: value },
    }));
  fc.assert(
    fc.property(fc.oneof(anything, broken), (definition) => {
      try {
        expandExperiment(definition as ExperimentDefinition);
      } catch (error) {
        assert.instance(error, UserError, `${(error as Error).stack}`);
        assert.is((error as Error).message.split('\n').length, 1);
      }
    }),
    { numRuns: 500 },
  );
});

test.run();
