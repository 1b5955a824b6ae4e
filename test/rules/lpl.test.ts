import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Tensor, UserError } from '../../kernels/index.ts';
import { type Activity, LayeredNetwork } from '../../networks/index.ts';
import { findRule, Optimizer, resolveOptions } from '../../rules/index.ts';
import { EyeMovement } from '../../rules/views.ts';
import { buildRule, float64, networkSettings, normalState, oneHotState, runOnce } from '../support.ts';
import { type Matrix, matrix, potentials } from './by-hand.ts';
import { distanceFromDifferences } from './differences.ts';
import { learnedOf } from './learned.ts';

const RULE = findRule('lpl');
const LAYERS = [9, 6, 4, 3];
const [INPUTS, BATCH] = [9, 6];

const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;

/** The images as the rule moves them in the trace 'test'. */
async function movedImages(): Promise<Matrix> {
  const { device, k } = float64();
  const input = normalState(k, 'input', BATCH, INPUTS);
  const eye = new EyeMovement(k, INPUTS, 2);
  const out = k.state('moved', BATCH, INPUTS);
  await runOnce(k, () => k.mapInto(out, (x) => x, eye.move(input)));
  return matrix(device.values(out), INPUTS);
}

interface Weights {
  readonly predictive: number;
  readonly hebbian: number;
  readonly decorrelation: number;
}

/** The loss of a layer as in the authors' code, in plain loops. */
function layerLoss(previous: Matrix, rates: Matrix, { predictive, hebbian, decorrelation }: Weights): number {
  const [batch, size] = [rates.length, rates[0]!.length];
  const squares = rates.flatMap((row, b) => row.map((z, j) => (z - previous[b]![j]!) ** 2));
  const means = rates[0]!.map((_, j) => mean(rates.map((row) => row[j]!)));
  const covariance = (i: number, j: number) =>
    rates.reduce((sum, row) => sum + (row[i]! - means[i]!) * (row[j]! - means[j]!), 0) / (batch - 1);
  const logs = means.map((_, j) => Math.log(covariance(j, j) + 1e-4));
  let others = 0;
  for (const i of means.keys()) for (const j of means.keys()) if (i !== j) others += covariance(i, j) ** 2;
  return predictive * mean(squares) - hebbian * mean(logs) + (decorrelation * others) / (size * size - size);
}

for (const weights of [
  { predictive: 1, hebbian: 1, decorrelation: 10 },
  { predictive: 1, hebbian: 0, decorrelation: 0 },
  { predictive: 0, hebbian: 1, decorrelation: 0 },
  { predictive: 0, hebbian: 0, decorrelation: 1 },
])
  test(`each layer descends its own loss: ${Object.values(weights).join(', ')}`, async () => {
    const { values, network, own, biases } = await learnedOf('lpl', {
      network: { layers: LAYERS },
      options: { ...weights, shift: 2 },
      batch: BATCH,
    });
    const images = matrix(values('input'), INPUTS);
    const moved = await movedImages();
    assert.not.equal(moved, images, 'the eye should have moved');
    const ratesOf = (input: Matrix, l: number) =>
      potentials(values, network.connections, input, Math.tanh)[l]!.map((row) => row.map(Math.tanh));
    for (const l of [0, 1]) {
      // What the layer did at the first view is past: a constant.
      const previous = ratesOf(images, l);
      const loss = () => layerLoss(previous, ratesOf(moved, l), weights);
      const ofWeights = distanceFromDifferences(values(`weights ${l + 1}`), own[l]!, loss);
      const ofBiases = distanceFromDifferences(values(`bias ${l + 1}`), biases[l]!, loss);
      assert.ok(Math.max(...own[l]!.map(Math.abs)) > 1e-3, `hidden ${l + 1} learns`);
      assert.ok(ofWeights < 1e-7 && ofBiases < 1e-7, `hidden ${l + 1}: off by ${ofWeights}, ${ofBiases}`);
    }
  });

test('the read-out has its gradient, at the image itself', async () => {
  const { own, exact } = await learnedOf('lpl', { network: { layers: LAYERS } });
  assert.equal([...own[2]!], [...exact[2]!]);
});

/** Shows the rule what comes next in time in the place of the second view. */
class Sequence extends LayeredNetwork {
  next: Tensor | null = null;
  #calls = 0;
  override forward(input: Tensor): Activity[] {
    return super.forward(this.#calls++ % 2 === 0 ? input : this.next!);
  }
}

/**
 * One linear neuron after learning: input 1 is slow, a cue that is ±1 in both views with noise of deviation 0.5; input 2 is fast, noise of
 * deviation 2.
 * @returns length of its weights, and the share that the slow input has of it
 */
async function toy(weights: Weights): Promise<{ length: number; slow: number }> {
  const { device, k } = float64();
  const network = new Sequence(k, 3, networkSettings({ layers: [2, 1, 2], activation: 'linear' }));
  const rule = buildRule(RULE, network, k, { ...weights, shift: 0 });
  const [batch, steps] = [100, 400];
  const target = oneHotState(k, batch, 2);
  const settings = { learningRate: [0.05], momentum: 0, weightDecay: 0 } as const;
  const optimizer = new Optimizer(
    k,
    network.connections,
    { ...settings, optimizer: 'sgd', schedule: 'linear' },
    () => steps,
  );
  const axes = [0, 1].map((axis) =>
    k.state(
      `axis ${axis}`,
      1,
      2,
      Float32Array.from([0, 1], (i) => Number(i === axis)),
    ),
  );
  const step = await k.trace('toy', () => {
    const cue = k.map((up) => 2 * up - 1, k.bernoulli('cue', k.constant(0.5, batch, 1)));
    const [first, next] = [0, 1].map(() =>
      k.map(
        (cue, noise, fast, slowAxis, fastAxis) => slowAxis * (cue + noise) + fastAxis * fast,
        cue,
        k.normal('noise of the cue', batch, 1, 0, 0.5),
        k.normal('fast', batch, 1, 0, 2),
        axes[0]!,
        axes[1]!,
      ),
    ) as [Tensor, Tensor];
    network.next = next;
    optimizer.apply(rule.learn({ input: first, target }).directions);
  });
  // Between the two axes
  device.values(network.connections[0]!.weights).fill(0.3);
  await step.run({ steps, firstStep: 0, rows: new Uint32Array(0) });
  const [slow, fast] = device.values(network.connections[0]!.weights);
  const length = Math.hypot(slow!, fast!);
  return { length, slow: Math.abs(slow!) / length };
}

test('a slow cue is found by both terms; Hebb alone takes what varies most; prediction alone collapses', async () => {
  const both = await toy({ predictive: 1, hebbian: 1, decorrelation: 10 });
  assert.ok(both.slow > 0.98 && both.length > 0.3, `both: ${JSON.stringify(both)}`);
  const hebbian = await toy({ predictive: 0, hebbian: 1, decorrelation: 10 });
  assert.ok(hebbian.slow < 0.2 && hebbian.length > 0.3, `Hebbian: ${JSON.stringify(hebbian)}`);
  const predictive = await toy({ predictive: 1, hebbian: 0, decorrelation: 10 });
  assert.ok(predictive.length < 0.1, `predictive: ${JSON.stringify(predictive)}`);
});

test('settings without views or variances are refused', () => {
  const check = (options: object, given: object) => () =>
    RULE.checkOptions!(resolveOptions(RULE, { ...options }), {
      ...networkSettings({ layers: LAYERS }),
      batch: 50,
      ...given,
    } as never);
  const refused = (pattern: RegExp) => (error: unknown) =>
    error instanceof UserError && pattern.test(error.message);
  check({}, {})();
  check({ shift: 0 }, { layers: [5, 4, 3] })();
  assert.throws(
    check({}, { layers: [5, 4, 3] }),
    refused(/the rule 'lpl' moves square images, but 5 inputs/),
  );
  assert.throws(check({}, { batch: 1 }), refused(/batch: the rule 'lpl' needs variances/));
});

test.run();
