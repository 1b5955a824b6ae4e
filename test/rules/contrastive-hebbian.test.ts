import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { contrastiveHebbian } from '../../rules/contrastive-hebbian.ts';
import { biasVector, type Recipe, resolveOptions, weightMatrix } from '../../rules/index.ts';
import { handCurrents, handNetwork, relativeError } from '../networks/settling-by-hand.ts';
import { buildNetwork, buildRule, float64, networkSettings, runOnce } from '../support.ts';

const clip = (s: number) => Math.min(1, Math.max(0, s));
const X = [0.3, 0.9, 0.1];
const TARGET = [0, 1];

/** One example, hard-sigmoid units: free phase of 30 steps and clamped phase of 30, by the rule and by hand. */
async function phases(options: Record<string, unknown>) {
  const { device, k } = float64();
  const layers = [3, 4, 3, 2];
  const network = buildNetwork(
    contrastiveHebbian,
    k,
    networkSettings({
      layers,
      activation: 'hard-sigmoid',
      outputActivation: 'hard-sigmoid',
      loss: 'squared-error',
    }),
    options,
  );
  const hand = handNetwork(layers, clip, 0.3);
  for (const [l, { weights, bias }] of network.connections.entries()) {
    for (const row of hand.biases) for (const [j, b] of row.entries()) row[j] = Math.abs(b);
    device.values(weights).set(hand.weights[l]!.flat());
    device.values(bias!).set(hand.biases[l]!);
  }
  const rule = buildRule(contrastiveHebbian, network, k, options);
  const [input, target] = [k.state('input', 1, 3), k.state('target', 1, 2)];
  device.values(input).set(X);
  device.values(target).set(TARGET);
  const kept = network.connections.map((c) => k.state(`own ${c.name}`, c.weights.rows, c.weights.columns));
  const biases = network.connections.map((c) => k.state(`own bias ${c.name}`, 1, c.to.size));
  await runOnce(k, () => {
    for (const [l, direction] of rule.learn({ input, target }).directions.entries()) {
      k.mapInto(kept[l]!, (w) => w, weightMatrix(k, direction));
      k.mapInto(biases[l]!, (w) => w, biasVector(k, direction));
    }
  });
  return { directions: [...kept, ...biases].map((t) => device.values(t)), hand };
}

test('the update contrasts a free with a clamped phase', async () => {
  const { directions, hand } = await phases({ freeIterations: 30, clampedIterations: 25 });
  const step = (s: number[][], clamped: boolean) =>
    handCurrents(hand, X, s).map((currents, l) =>
      clamped && l === 2 ? TARGET : currents.map((c, j) => clip(s[l]![j]! + 0.5 * (c - s[l]![j]!))),
    );
  let free = hand.biases.map((b) => b.map(() => 0));
  for (let i = 0; i < 30; i++) free = step(free, false);
  let clamped = [free[0]!, free[1]!, TARGET];
  for (let i = 0; i < 25; i++) clamped = step(clamped, true);
  const products = (s: number[][]) => [
    ...s.map((layer, l) => (l === 0 ? X : s[l - 1]!).flatMap((pre) => layer.map((post) => pre * post))),
    ...s,
  ];
  const after = products(clamped);
  const expected = products(free).map((before, l) => before.map((value, i) => value - after[l]![i]!));
  assert.ok(expected[0]!.some((d) => Math.abs(d) > 1e-3));
  assert.ok(relativeError(directions, expected) < 1e-9);
});

test('a softmax readout cannot be clamped', () => {
  const options = resolveOptions(contrastiveHebbian, {}) as Parameters<
    NonNullable<typeof contrastiveHebbian.checkOptions>
  >[0];
  const check = (loss: 'cross-entropy' | 'squared-error') =>
    contrastiveHebbian.checkOptions!(options, {
      ...networkSettings({ loss }),
      optimizer: 'sgd',
      learningRate: [0.1],
      momentum: 0.9,
      weightDecay: 0,
      schedule: 'constant',
    });
  check('squared-error');
  assert.throws(
    () => check('cross-entropy'),
    /'contrastive-hebbian' clamps outputs .* the loss must be squared-error/,
  );
});

test('the default recipe is that of equilibrium propagation, with phases of one length', () => {
  const [{ name, settings }] = contrastiveHebbian.recipes as [Recipe];
  assert.is(name, 'as-equilibrium-propagation');
  const { learningRate, options } = settings([784, 500, 500, 10]);
  assert.equal([learningRate, options], [[0.4, 0.1, 0.01], { freeIterations: 150, clampedIterations: 150 }]);
});

test.run();
