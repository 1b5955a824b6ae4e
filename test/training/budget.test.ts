import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../kernels/index.ts';
import { defineRule, findRule } from '../../rules/index.ts';
import {
  DEFAULTS,
  resolveCondition,
  type SettingsInput,
  scaleBudget,
  totalSteps,
} from '../../training/index.ts';

const resolved = (settings: SettingsInput, common: SettingsInput = {}) =>
  resolveCondition(findRule('backprop'), { settings }, common).settings;

function refuses(work: () => unknown, pattern: RegExp): void {
  assert.throws(work, (error: Error) => error instanceof UserError && pattern.test(error.message));
}

test('a run has one budget', () => {
  refuses(
    () => resolved({ seconds: 2 }, { examples: 1000 }),
    /^seconds: a run has one budget, and examples 1000 is another; leave one of them out$/,
  );
  refuses(
    () => resolved({ examples: 1000, multiplyAccumulates: 1e9 }),
    /^multiply-accumulates: .* examples 1000/,
  );
  refuses(
    () => resolved({ seconds: 2, multiplyAccumulates: 1e9 }),
    /^seconds: .* multiply-accumulates 1000000000/,
  );
  assert.is(resolved({ seconds: 2, examples: null }, { examples: 1000 }).seconds, 2);
});

test('by the clock, the learning rate is constant', () => {
  assert.is(DEFAULTS.schedule, 'linear');
  assert.is(resolved({ seconds: 2 }).schedule, 'constant');
  assert.is(resolved({ seconds: 2, schedule: 'constant' }).schedule, 'constant');
  const recipes = [{ name: 'falling', source: 'x', settings: () => ({ schedule: 'cosine' as const }) }];
  const falling = defineRule({ ...findRule('backprop'), name: 'falling', recipes });
  assert.is(resolveCondition(falling, {}).settings.schedule, 'cosine');
  assert.is(resolveCondition(falling, { settings: { seconds: 2 } }).settings.schedule, 'constant');
  refuses(
    () => resolved({ seconds: 2, schedule: 'linear' }),
    /^schedule: 'linear' cannot fall .* in seconds/,
  );
  refuses(() => resolved({ seconds: 2 }, { schedule: 'cosine' }), /^schedule: 'cosine' cannot fall/);
});

test('a budget is that of whole minibatches, at least one', () => {
  const steps = (settings: SettingsInput, cost = 1e6) => totalSteps(resolved(settings), 1030, cost);
  assert.is(steps({ epochs: 3, batch: 100 }), 30);
  assert.is(steps({ examples: 301, batch: 100 }), 4);
  assert.equal(
    [1, 7, 7.5].map((minibatches) => steps({ multiplyAccumulates: minibatches * 79_900_000 }, 79_900_000)),
    [1, 7, 7],
  );
  refuses(
    () => steps({ multiplyAccumulates: 79_899_999 }, 79_900_000),
    /^multiply-accumulates: one minibatch takes 79,900,000, more than the budget of 79,899,999;/,
  );
  assert.is(steps({ seconds: 2 }), Number.POSITIVE_INFINITY);
});

test('a part of a budget is of whole epochs or minibatches, at least one, and changes nothing else', () => {
  const epochs = { ...DEFAULTS, epochs: 10 };
  assert.equal(
    [1, 0.5, 1 / 3, 1 / 4, 0.01].map((fraction) => scaleBudget(epochs, fraction)),
    [10, 5, 3, 3, 1].map((part) => ({ ...epochs, epochs: part })),
  );
  const examples = { ...DEFAULTS, examples: 1000, batch: 100 };
  assert.equal(
    [1, 0.5, 0.34, 0.01].map((fraction) => scaleBudget(examples, fraction)),
    [1000, 500, 300, 100].map((part) => ({ ...examples, examples: part })),
  );
  for (const budget of [{ multiplyAccumulates: 1e12 }, { seconds: 100 }])
    assert.equal(scaleBudget({ ...DEFAULTS, ...budget }, 0.25), {
      ...DEFAULTS,
      ...Object.fromEntries(Object.entries(budget).map(([name, whole]) => [name, whole / 4])),
    });
});

test.run();
