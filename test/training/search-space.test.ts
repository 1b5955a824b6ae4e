import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { defineRule, RULES, rulesFor, type Search } from '../../rules/index.ts';
import {
  checkSearch,
  declaredSpace,
  drawValues,
  ownValues,
  resolveCondition,
  withValues,
} from '../../training/index.ts';

const test = suite('search space');

const find = (rule: string) => RULES.find(({ name }) => name === rule)!;
const equilibrium = find('equilibrium-propagation');
const condition = resolveCondition(equilibrium, { id: 'own' });

test('every rule that classifies has a space that it can have all values of', () => {
  for (const rule of rulesFor('classify')) {
    const own = resolveCondition(rule, {});
    const space = declaredSpace(rule);
    assert.ok(space.learningRate, rule.name);
    for (const [name, search] of Object.entries(space)) checkSearch(rule, own, name, search);
  }
  assert.equal(declaredSpace(equilibrium), {
    learningRate: { factor: [0.1, 10] },
    beta: { logUniform: [0.05, 1] },
  });
});

test('a rule may search its settings elsewhere', () => {
  const own = defineRule({
    ...find('backprop'),
    searchSpace: { learningRate: { logUniform: [0.001, 1] }, momentum: { uniform: [0, 0.99] } },
  });
  assert.equal(declaredSpace(own), {
    learningRate: { logUniform: [0.001, 1] },
    momentum: { uniform: [0, 0.99] },
  });
});

const refuses = (name: string, search: unknown, pattern: RegExp) =>
  assert.throws(() => checkSearch(equilibrium, condition, name, search), pattern);

test('what cannot be searched is refused in one sentence', () => {
  refuses('bta', { uniform: [0, 1] }, /'bta' that can be searched; did you mean 'beta'\?/);
  refuses('epochs', { uniform: [1, 2] }, /no setting 'epochs' that can be searched/);
  refuses('layers', null, /no setting 'layers'/);
  refuses(
    'beta',
    { uniform: [0, 1] },
    /the search of 'beta' for the condition 'own' reaches 0, but it must be a number above 0/,
  );
  refuses('variant', { uniform: [0, 1] }, /reaches 0, but it must be one of positive/);
  refuses('variant', { factor: [0.1, 1] }, /multiplies its own value, which is random-sign/);
  refuses('weightDecay', { factor: [0.1, 1] }, /multiplies its own value, which is 0; give logUniform/);
  refuses('freeIterations', { uniform: [1.5, 3] }, /reaches 1\.5, but it must be a whole number/);
  refuses('momentum', { uniform: [0, 1] }, /reaches 1, but it must be below 1/);
  refuses('optimizer', { choices: ['sgd', 'sgdd'] }, /reaches sgdd, but it must be one of sgd/);
  refuses('learningRate', { choices: [[0.1, -1]] }, /reaches 0\.1,-1, but it must be above 0/);
  refuses('beta', { logUniform: [1, 0.1] }, /must have two numbers as logUniform, the smaller one first/);
});

test('what can be searched passes, and null is nowhere', () => {
  for (const [name, search] of [
    ['beta', { choices: [0.1, 0.5] }],
    ['beta', null],
    ['persistent', { choices: [true, false] }],
    ['optimizer', { choices: ['sgd', 'adam'] }],
    ['learningRate', { choices: [[0.1, 0.2], 0.3] }],
    ['batch', { logUniform: [10, 100] }],
  ] as const)
    checkSearch(equilibrium, condition, name, search);
});

const space: Record<string, Search> = {
  learningRate: { factor: [0.1, 10] },
  beta: { logUniform: [0.05, 1] },
  freeIterations: { uniform: [10, 30] },
  batch: { choices: [10, 20] },
};
const draw = (
  trial: number,
  changes: Partial<{ space: typeof space; id: string; seed: number; attempt: number }> = {},
) =>
  drawValues(equilibrium, { ...condition, id: changes.id ?? 'own' }, changes.space ?? space, {
    seed: changes.seed ?? 0,
    trial,
    attempt: changes.attempt ?? 0,
  });

test('draws depend on seed, condition, trial and name alone', () => {
  assert.equal(draw(4), draw(4));
  for (const other of [draw(5), draw(4, { seed: 1 }), draw(4, { id: 'other' }), draw(4, { attempt: 1 })])
    assert.not.equal(draw(4), other);
  const search: Search = { uniform: [1, 1e6] };
  const { freeIterations, nudgedIterations } = draw(4, {
    space: { freeIterations: search, nudgedIterations: search },
  });
  assert.not.equal(freeIterations, nudgedIterations);
  const { beta } = draw(4);
  assert.equal(draw(4, { space: { beta: space.beta! } }), { beta });
});

test('draws are within the space, and spread over it', () => {
  const drawn = Array.from({ length: 200 }, (_, i) => draw(i + 2));
  const rates = drawn.map(({ learningRate }) => (learningRate as number[])[0]!);
  const own = condition.settings.learningRate[0]!;
  assert.ok(rates.every((rate) => rate >= 0.1 * own && rate <= 10 * own));
  // A decade on each side has half of them.
  const below = rates.filter((rate) => rate < own).length;
  assert.ok(below > 70 && below < 130, String(below));
  assert.ok(drawn.every(({ freeIterations }) => Number.isInteger(freeIterations)));
  assert.ok(new Set(drawn.map(({ freeIterations }) => freeIterations)).size > 15);
  assert.equal(new Set(drawn.map(({ batch }) => batch)), new Set([10, 20]));
  // The rates of all connections keep their ratio.
  assert.ok(
    drawn.every(
      ({ learningRate }) =>
        Math.abs((learningRate as number[])[1]! / (learningRate as number[])[0]! - 0.5) < 0.01,
    ),
  );
});

test('values take the place of those of the condition, and of nothing else', () => {
  assert.equal(ownValues(equilibrium, condition, space), {
    learningRate: [0.1, 0.05],
    beta: 0.5,
    freeIterations: 20,
    batch: 20,
  });
  const own = resolveCondition(find('backprop'), {});
  assert.equal(ownValues(find('backprop'), own, { learningRate: { factor: [1, 2] } }), { learningRate: 0.1 });
  const changed = resolveCondition(
    equilibrium,
    withValues(equilibrium, condition, { beta: 0.3, batch: 10, learningRate: 0.2 }),
  );
  assert.equal(changed, {
    ...condition,
    settings: { ...condition.settings, batch: 10, learningRate: [0.2] },
    options: { ...condition.options, beta: 0.3 },
  });
  assert.equal(
    resolveCondition(
      equilibrium,
      withValues(equilibrium, condition, ownValues(equilibrium, condition, space)),
    ),
    condition,
  );
});

test.run();
