import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { defineExperiment, type ExperimentInput } from '../../experiments/index.ts';
import { UserError } from '../../kernels/index.ts';
import { findRule } from '../../rules/index.ts';
import { DEFAULTS } from '../../training/index.ts';

const refuses = (input: ExperimentInput, pattern: RegExp) =>
  assert.throws(
    () => defineExperiment(input),
    (error: Error) => error instanceof UserError && pattern.test(error.message),
    JSON.stringify(input),
  );

test('a condition has every option and every setting, each of its own type', () => {
  const { conditions } = defineExperiment({
    rules: ['backprop', { rule: 'equilibrium-propagation', options: { beta: '0.3', persistent: 'false' } }],
    settings: { epochs: 3, learningRate: 0.05 },
  });
  const [backprop, settled] = conditions;
  assert.equal(backprop, {
    id: 'backprop',
    label: 'backprop',
    rule: 'backprop',
    recipe: null,
    settings: { ...DEFAULTS, epochs: 3, learningRate: [0.05] },
    options: {},
  });
  assert.is(settled!.options.beta, 0.3);
  assert.is(settled!.options.persistent, false);
  const { options } = findRule('equilibrium-propagation');
  assert.equal(Object.keys(settled!.options).sort(), Object.keys(options).sort());
  // The recipe gives what the user leaves open.
  assert.is(settled!.recipe, 'scellier-2017');
  assert.is(settled!.settings.batch, 20);
  assert.equal(settled!.settings.learningRate, [0.05]);
});

test('what is varied makes conditions, and several axes the grid', () => {
  const { conditions } = defineExperiment({
    rules: ['backprop', 'equilibrium-propagation'],
    vary: [
      { rule: 'equilibrium-propagation', name: 'beta', values: ['0.1', '0.5'] },
      { name: 'layers', values: ['784,100,10', '784,500,10'] },
    ],
  });
  assert.equal(
    conditions.map(({ id, label }) => [id, label]),
    [
      ['backprop-layers-784-100-10', 'backprop layers=784,100,10'],
      ['backprop-layers-784-500-10', 'backprop layers=784,500,10'],
      [
        'equilibrium-propagation-beta-0.1-layers-784-100-10',
        'equilibrium-propagation beta=0.1 layers=784,100,10',
      ],
      [
        'equilibrium-propagation-beta-0.1-layers-784-500-10',
        'equilibrium-propagation beta=0.1 layers=784,500,10',
      ],
      [
        'equilibrium-propagation-beta-0.5-layers-784-100-10',
        'equilibrium-propagation beta=0.5 layers=784,100,10',
      ],
      [
        'equilibrium-propagation-beta-0.5-layers-784-500-10',
        'equilibrium-propagation beta=0.5 layers=784,500,10',
      ],
    ],
  );
  assert.equal(
    conditions.map(({ options, settings }) => [options.beta, settings.layers[1]]),
    [
      [undefined, 100],
      [undefined, 500],
      [0.1, 100],
      [0.1, 500],
      [0.5, 100],
      [0.5, 500],
    ],
  );
});

test('a recipe is chosen by name, and may be varied', () => {
  const recipes = defineExperiment({
    rules: ['equilibrium-propagation'],
    vary: [{ rule: 'equilibrium-propagation', name: 'recipe', values: ['scellier-2017', 'ernoult-2019'] }],
  }).conditions.map(({ recipe, options }) => [recipe, options.dynamics]);
  assert.equal(recipes, [
    ['scellier-2017', 'energy-based'],
    ['ernoult-2019', 'prototypical'],
  ]);
  refuses(
    { rules: [{ rule: 'equilibrium-propagation', recipe: 'ernoult-2018' }] },
    /no recipe 'ernoult-2018'; did you mean 'ernoult-20/,
  );
  refuses({ rules: [{ rule: 'shallow', recipe: 'x' }] }, /'shallow' has no recipe 'x'; it has none/);
});

test('a budget of examples is that of whole minibatches', () => {
  const { conditions } = defineExperiment({
    rules: ['backprop'],
    settings: { examples: 5 },
    vary: [{ name: 'batch', values: ['10', '4'] }],
  });
  assert.equal(
    conditions.map(({ settings }) => settings.examples),
    [10, 8],
  );
});

test('rules in memory are compared as named ones are', () => {
  const mine = { ...findRule('backprop'), name: 'mine' };
  const { conditions, definitions, given } = defineExperiment({
    rules: [mine, { rule: mine, id: 'mine-slow', settings: { learningRate: 0.01 } }],
  });
  assert.equal(
    conditions.map(({ id, rule }) => [id, rule]),
    [
      ['mine', 'mine'],
      ['mine-slow', 'mine'],
    ],
  );
  assert.is(definitions.get('mine'), mine);
  assert.equal(given, {
    rules: ['mine', { id: 'mine-slow', rule: 'mine', settings: { learningRate: 0.01 } }],
  });
});

test('what cannot be compared is one sentence', () => {
  refuses({ rules: [] }, /must name at least one rule/);
  refuses({ rules: ['backprop', 'backprop'] }, /the condition backprop is named twice/);
  refuses({ rules: [{ rule: 'backprop', id: '../x' }] }, /id '\.\.\/x' names a folder/);
  refuses({ rules: ['backprop'], seeds: [1, 1] }, /seed 1 is named twice/);
  refuses({ rules: ['backprop'], vary: [{ name: 'bacth', values: ['1'] }] }, /did you mean 'batch'\?/);
  refuses(
    { rules: ['backprop'], vary: [{ rule: 'drtp', name: 'feedbackScale', values: ['1'] }] },
    /'drtp' is not among backprop/,
  );
  refuses({ rules: ['backprop'], vary: [{ name: 'batch', values: [] }] }, /needs at least one value/);
  refuses(
    { rules: ['backprop'], settings: { epoch: 1 } as never },
    /no setting 'epoch'; did you mean 'epochs'\?/,
  );
  refuses({ rules: ['backprop'], task: 'clasify' }, /no task 'clasify'; did you mean 'classify'\?/);
  refuses({ rules: ['backprop'], task: 'probe' }, /needs a population: write probe:<population>/);
  refuses({ rules: ['backprop'], task: 'classify:x' }, /takes nothing after its name, not 'x'/);
  refuses(
    { rules: [{ rule: 'segregated-dendrite', options: { apicalConductance: -1 } }] },
    /'apicalConductance' of the rule 'segregated-dendrite' must be a number, 0 or more, not '-1'/,
  );
});

test.run();
