import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DEFAULTS, scaleBudget } from '../../training/index.ts';

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
});

test.run();
