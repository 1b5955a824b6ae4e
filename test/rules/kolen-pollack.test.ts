import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LayeredNetwork } from '../../networks/index.ts';
import { findRule, Optimizer, type OptimizerOptions } from '../../rules/index.ts';
import { angleBetween, buildRule, float64, networkSettings, oneHotState } from '../support.ts';
import { learnedOf, transposeInto } from './learned.ts';

const SGD: OptimizerOptions = {
  optimizer: 'sgd',
  learningRate: [0.5],
  momentum: 0,
  weightDecay: 0,
  schedule: 'constant',
};
const PAIRS = [
  { forward: 'weights 2', feedback: 'feedback from hidden 2 to hidden 1', n: 6, m: 4 },
  { forward: 'weights 3', feedback: 'feedback from output to hidden 2', n: 4, m: 3 },
];

/** Trains a small network on random inputs; gives back W - Bᵀ and the angle between the two after each step. */
async function train(decay: number, steps: number, optimizer: Partial<OptimizerOptions> = {}) {
  const { device, k } = float64();
  const network = new LayeredNetwork(k, 3, networkSettings({ layers: [5, 6, 4, 3] }));
  const rule = buildRule(findRule('kolen-pollack'), network, k, { decay });
  const target = oneHotState(k, 6, 3);
  const apply = new Optimizer(k, network.connections, { ...SGD, ...optimizer }, () => steps);
  const step = await k.trace('step', () => {
    const input = k.normal('input', 6, 5, 0, 1);
    apply.apply(rule.learn({ input, target }).directions);
  });
  const value = (name: string) => device.values(k.states.get(name)!);
  const transposed = ({ feedback, n, m }: (typeof PAIRS)[number]) => {
    const out = new Float64Array(n * m);
    transposeInto(out, value(feedback), m, n);
    return out;
  };
  const look = () =>
    PAIRS.map((pair) => {
      const [W, B] = [value(pair.forward), transposed(pair)];
      return { norm: Math.hypot(...W.map((w, i) => w - B[i]!)), angle: angleBetween(W, B) };
    });
  const seen = [look()];
  for (let firstStep = 0; firstStep < steps; firstStep++) {
    await step.run({ steps: 1, firstStep, rows: new Uint32Array(0) });
    seen.push(look());
  }
  return seen;
}

test('in plain SGD ||W - Bᵀ|| falls as (1 - learning rate * decay)^t', async () => {
  const seen = await train(0.1, 40);
  for (const [t, pairs] of seen.entries())
    for (const [i, { norm }] of pairs.entries()) {
      const expected = seen[0]![i]!.norm * (1 - 0.5 * 0.1) ** t;
      assert.ok(Math.abs(norm - expected) < 1e-12, `step ${t}: ${norm}, not ${expected}`);
    }
});

test('without decay ||W - Bᵀ|| stays as it is', async () => {
  const seen = await train(0, 40);
  for (const pairs of seen)
    for (const [i, { norm }] of pairs.entries()) assert.ok(Math.abs(norm - seen[0]![i]!.norm) < 1e-12);
});

for (const optimizer of ['momentum', 'adam'] as const)
  test(`under ${optimizer} B turns towards Wᵀ too`, async () => {
    // Decay as weak as this leaves the weights well above the size of a step, so that the angle means something.
    const seen = await train(0.01, 1500, { optimizer, learningRate: [0.05], momentum: 0.9 });
    for (const [i, { angle, norm }] of seen.at(-1)!.entries()) {
      assert.ok(angle < 5, `${seen[0]![i]!.angle} degrees became ${angle}`);
      assert.ok(norm < 0.1 * seen[0]![i]!.norm, `${seen[0]![i]!.norm} became ${norm}`);
    }
  });

test('feedback starts at random, away from Wᵀ, with variance 1 / (n + m)', async () => {
  const network = { layers: [5, 60, 40, 3] };
  const { values } = await learnedOf('kolen-pollack', { network });
  const B = values('feedback from hidden 2 to hidden 1');
  const transposed = new Float64Array(B.length);
  transposeInto(transposed, B, 40, 60);
  assert.ok(Math.abs(angleBetween(transposed, values('weights 2')) - 90) < 10);
  const square = B.reduce((total, b) => total + b * b, 0) / B.length;
  // 2400 normal squares: a relative standard error of 0.03.
  assert.ok(Math.abs(square * 100 - 1) < 0.15, `mean square ${square}`);
});

test('with B = Wᵀ it is backprop to the bit, and the two stay the transposes of each other', async () => {
  const { own, exact, feedback } = await learnedOf('kolen-pollack', {
    set: (values) => {
      for (const { forward, feedback, n, m } of PAIRS) transposeInto(values(feedback), values(forward), n, m);
    },
  });
  for (const [l, weights] of own.entries()) assert.equal([...weights!], [...exact[l]!]);
  for (const [i, pair] of PAIRS.entries()) {
    const transposed = new Float64Array(pair.n * pair.m);
    transposeInto(transposed, feedback(pair.feedback)!, pair.m, pair.n);
    assert.equal([...transposed], [...own[i + 1]!]);
  }
});

test.run();
