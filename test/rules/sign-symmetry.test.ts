import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LayeredNetwork } from '../../networks/index.ts';
import { findRule } from '../../rules/index.ts';
import { buildRule, float64, networkSettings, normalState, oneHotState } from '../support.ts';
import { learnedOf, transposeInto } from './learned.ts';

/** Feedback into each hidden layer: from m neurons above to n below. */
const ABOVE = [
  { name: 'feedback from hidden 2 to hidden 1', n: 6, m: 4 },
  { name: 'feedback from output to hidden 2', n: 4, m: 3 },
];

const transposed = (values: Float64Array, rows: number, columns: number): Float64Array => {
  const out = new Float64Array(values.length);
  transposeInto(out, values, rows, columns);
  return out;
};

test('with B = Wᵀ, that is magnitudes |W|, sign-symmetry is backprop to the bit', async () => {
  const { own, biases, exact } = await learnedOf('sign-symmetry', {
    options: { variant: 'fixed-random' },
    set: (values) => {
      for (const [i, { name, n, m }] of ABOVE.entries())
        values(`magnitudes of ${name}`).set(transposed(values(`weights ${i + 2}`), n, m).map(Math.abs));
    },
  });
  const backprop = await learnedOf('backprop', {});
  for (const [l, weights] of own.entries()) {
    assert.equal([...weights!], [...exact[l]!]);
    assert.equal([...biases[l]!], [...backprop.biases[l]!]);
  }
});

test('uniform: every feedback weight is sqrt(2 / (n + m)) with the sign of the forward weight', async () => {
  const { values } = await learnedOf('sign-symmetry', {
    options: { scale: 3 },
    set: (values) => {
      values('weights 3')[0] = 0;
    },
  });
  for (const [i, { name, n, m }] of ABOVE.entries())
    assert.equal(
      [...values(name)],
      [...transposed(values(`weights ${i + 2}`), n, m)].map(
        (w) => 3 * Math.sqrt(2 / (n + m)) * Math.sign(w) || 0,
      ),
    );
});

/** The feedback weights of a 5-40-50-3 network after each of two steps. */
async function twoSteps(variant: string) {
  const { device, k } = float64();
  const network = new LayeredNetwork(k, 3, networkSettings({ layers: [5, 40, 50, 3] }));
  const rule = buildRule(findRule('sign-symmetry'), network, k, { variant });
  const [input, target] = [normalState(k, 'input', 6, 5), oneHotState(k, 6, 3)];
  const step = await k.trace('step', () => void rule.learn({ input, target }));
  const feedback: number[][] = [];
  for (const firstStep of [0, 1]) {
    await step.run({ steps: 1, firstStep, rows: new Uint32Array(0) });
    feedback.push([...device.values(k.states.get(ABOVE[0]!.name)!)]);
  }
  return { feedback, weights: transposed(device.values(k.states.get('weights 2')!), 40, 50) };
}

for (const variant of ['batch-random', 'fixed-random'])
  test(`${variant}: signs are those of the forward weights, sizes have the scale of Glorot weights`, async () => {
    const { feedback, weights } = await twoSteps(variant);
    for (const step of feedback) {
      assert.ok(step.every((b, i) => Math.sign(b) === Math.sign(weights[i]!)));
      assert.ok(step.every((b) => Math.abs(b) <= Math.sqrt(6 / 90)));
      const square = step.reduce((total, b) => total + b * b, 0) / step.length;
      // 2000 squares of uniform numbers: their mean has a relative standard error of 0.02.
      assert.ok(Math.abs(square / (2 / 90) - 1) < 0.1, `mean square ${square}`);
    }
    const same = feedback[0]!.every((b, i) => b === feedback[1]![i]);
    assert.is(same, variant === 'fixed-random');
  });

test.run();
