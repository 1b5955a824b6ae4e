import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type ExperimentInput, resolveExperiment } from '../../experiments/index.ts';
import { UserError } from '../../kernels/index.ts';
import { findRule } from '../../rules/index.ts';
import { DEFAULTS } from '../../training/index.ts';

const refuses = (input: ExperimentInput, pattern: RegExp) =>
  assert.throws(
    () => resolveExperiment(input),
    (error: Error) => error instanceof UserError && pattern.test(error.message),
    JSON.stringify(input),
  );

test('a condition has every option and every setting, each of its own type', () => {
  const { conditions } = resolveExperiment({
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

test('an unknown recipe is refused', () => {
  refuses(
    { rules: [{ rule: 'equilibrium-propagation', recipe: 'ernoult-2018' }] },
    /no recipe 'ernoult-2018'; did you mean 'ernoult-20/,
  );
  refuses({ rules: [{ rule: 'shallow', recipe: 'x' }] }, /'shallow' has no recipe 'x'; it has none/);
});

test('a budget of examples is that of whole minibatches', () => {
  const { conditions } = resolveExperiment({
    rules: [
      { rule: 'backprop', id: 'ten', settings: { batch: 10 } },
      { rule: 'backprop', id: 'four', settings: { batch: 4 } },
    ],
    settings: { examples: 5 },
  });
  assert.equal(
    conditions.map(({ settings }) => settings.examples),
    [10, 8],
  );
});

test('rules in memory are compared as named ones are', () => {
  const mine = { ...findRule('backprop'), name: 'mine' };
  const { conditions, definitions, given } = resolveExperiment({
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
  refuses(
    { rules: ['backprop'], settings: { epoch: 1 } as never },
    /no setting 'epoch'; did you mean 'epochs'\?/,
  );
  refuses({ rules: ['backprop'], task: 'clasify' }, /no task 'clasify'; did you mean 'classify'\?/);
  refuses(
    { rules: ['backprop'], task: 'probe' },
    /needs <population> after its name: write probe:<population>/,
  );
  refuses({ rules: ['backprop'], task: 'classify:x' }, /takes nothing after its name, not 'x'/);
  refuses(
    { rules: [{ rule: 'segregated-dendrite', options: { apicalConductance: -1 } }] },
    /'apicalConductance' of the rule 'segregated-dendrite' must be a number, 0 or more, not '-1'/,
  );
});

test.run();
