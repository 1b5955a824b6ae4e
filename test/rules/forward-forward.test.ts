import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomStream, type Tensor, UserError } from '../../kernels/index.ts';
import { ForwardForwardNetwork, type HiddenActivity, type LabelledImages } from '../../networks/index.ts';
import { findRule } from '../../rules/index.ts';
import { resolveCondition } from '../../training/index.ts';
import {
  goodness,
  handPass,
  handReadout,
  labelled,
  type Normalisation,
  normalised,
  oneHot,
} from '../networks/forward-forward-by-hand.ts';
import {
  buildNetwork,
  buildRule,
  float64,
  networkSettings,
  normalState,
  oneHotState,
  runOnce,
} from '../support.ts';
import { type Matrix, matrix, softmax } from './by-hand.ts';
import { distanceFromDifferences } from './differences.ts';
import { learnedOf } from './learned.ts';

const RULE = findRule('forward-forward');
const LAYERS = [9, 7, 6, 5, 3];
const [INPUTS, CLASSES, BATCH] = [LAYERS[0]!, LAYERS.at(-1)!, 6];
const NETWORK = { layers: LAYERS, activation: 'relu', initial: 'lecun-normal' } as const;

const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
const column = (rows: Matrix, j: number) => rows.map((row) => row[j]!);

interface Options {
  readonly goodness?: 'sum' | 'mean';
  readonly normalisation?: Normalisation;
  readonly theta?: number;
  readonly peerNormalisation?: number;
  readonly fullGradient?: boolean;
}

/** Biases that are not zero, and weights of the whole read-out. */
const fill = (values: (state: string) => Float64Array) => {
  for (const name of ['bias 1', 'bias 2', 'bias 3', 'bias 4', 'weights of hidden 2 to output'])
    values(name).set(new RandomStream(9, name).normal(values(name).length, 0.1, 0.3));
};

/** The wrong labels of the trace 'test', from the numbers that the rule draws in it. */
async function wrongLabels(): Promise<number[]> {
  const { device, k } = float64();
  const drawn = k.state('drawn', BATCH, CLASSES);
  await runOnce(k, () => k.mapInto(drawn, (u) => u, k.uniform('wrong label', BATCH, CLASSES, 0, 1)));
  return matrix(device.values(drawn), CLASSES).map((row, i) => {
    const wrong = row.map((u, c) => (c === i % CLASSES ? -1 : u));
    return wrong.indexOf(Math.max(...wrong));
  });
}

async function scene(options: Options = {}, set = fill) {
  const learned = await learnedOf('forward-forward', {
    network: NETWORK,
    options: { ...options },
    batch: BATCH,
    set,
  });
  const network = learned.network as ForwardForwardNetwork;
  const input = matrix(learned.values('input'), INPUTS);
  const right = Array.from({ length: BATCH }, (_, i) => i % CLASSES);
  return { ...learned, network, input, right, wrong: await wrongLabels() };
}

/** The loss of a hidden layer, in plain loops: eqs. of the rule's page. */
function layerLoss(
  { network, values, input, right, wrong }: Awaited<ReturnType<typeof scene>>,
  l: number,
  { goodness: kind = 'sum', normalisation = 'rms', theta = 1, peerNormalisation = 0 }: Options,
): number {
  const rateOf = (labels: readonly number[]) =>
    handPass(values, network, labelled(input, oneHot(labels, CLASSES)), normalisation)[l]!.rate;
  const [positive, negative] = [rateOf(right), rateOf(wrong)];
  const size = positive[0]!.length;
  const logits = (rate: Matrix) =>
    goodness(rate).map((g) => (kind === 'sum' ? g - theta * size : g / size - theta));
  const entropy = [
    ...logits(positive).map((x) => -Math.log(logistic(x))),
    ...logits(negative).map((x) => -Math.log(1 - logistic(x))),
  ];
  const running = positive[0]!.map((_, j) => 0.9 * 0.5 + 0.1 * mean(column(positive, j)));
  const center = mean(running);
  return mean(entropy) + peerNormalisation * mean(running.map((m) => (m - center) ** 2));
}

for (const options of [
  { goodness: 'sum', normalisation: 'rms', theta: 0.7 },
  { goodness: 'mean', normalisation: 'rms', theta: 0.3 },
  { goodness: 'sum', normalisation: 'length', theta: 0.1 },
  { goodness: 'sum', normalisation: 'rms', theta: 1, peerNormalisation: 5 },
] as const)
  test(`each layer descends the gradient of its own loss: ${Object.values(options).join(', ')}`, async () => {
    const all = { peerNormalisation: 0, fullGradient: false, ...options };
    const one = await scene(all);
    for (const l of [0, 1, 2]) {
      const loss = () => layerLoss(one, l, all);
      const weights = distanceFromDifferences(one.values(`weights ${l + 1}`), one.own[l]!, loss);
      const biases = distanceFromDifferences(one.values(`bias ${l + 1}`), one.biases[l]!, loss);
      assert.ok(Math.max(...one.own[l]!.map(Math.abs)) > 1e-3, `hidden ${l + 1} learns`);
      assert.ok(weights < 1e-8 && biases < 1e-8, `hidden ${l + 1}: off by ${weights}, biases ${biases}`);
    }
  });

test('goodness has the same gradient with the full gradient of ReLU', async () => {
  const [full, own] = [
    await scene({ peerNormalisation: 0, fullGradient: true }),
    await scene({ peerNormalisation: 0, fullGradient: false }),
  ];
  for (const l of [0, 1, 2]) assert.equal([...full.own[l]!], [...own.own[l]!]);
});

/** Neuron 4 of the first hidden layer never fires. */
const silence = (values: (state: string) => Float64Array) => {
  fill(values);
  values('bias 1')[4] = -100;
};
const ofSilent = (direction: ArrayLike<number>) => column(matrix(direction, LAYERS[1]!), 4);

test('peer normalisation reaches silent neurons by the full gradient alone', async () => {
  const peerNormalisation = 0.03;
  const kept = await scene({ peerNormalisation, fullGradient: false }, silence);
  assert.ok(ofSilent(kept.own[0]!).every((d) => d === 0));
  const { own, values, network, input, right } = await scene({ peerNormalisation }, silence);
  const { received, rate } = handPass(values, network, labelled(input, oneHot(right, CLASSES)))[0]!;
  const size = LAYERS[1]!;
  const running = rate[0]!.map((_, j) => 0.9 * 0.5 + 0.1 * mean(column(rate, j)));
  // d/dv of λ mean_j (m_j - mean m)^2: every image has a tenth of the batch's mean
  const slope = (2 * peerNormalisation * 0.1 * (running[4]! - mean(running))) / size;
  for (const [i, d] of ofSilent(own[0]!).entries())
    assert.ok(Math.abs(d - slope * mean(column(received, i))) < 1e-15);
});

test('the running mean of activity starts at 0.5 and keeps nine tenths', async () => {
  const { values, network, input, right } = await scene();
  for (const [l, { rate }] of handPass(values, network, labelled(input, oneHot(right, CLASSES))).entries()) {
    const kept = values(`mean activity of hidden ${l + 1}`);
    for (const [j, m] of kept.entries())
      assert.ok(Math.abs(m - (0.45 + 0.1 * mean(column(rate, j)))) < 1e-14);
  }
});

test('without peer normalisation no mean is kept', async () => {
  const { values } = await scene({ peerNormalisation: 0 });
  assert.throws(() => values('mean activity of hidden 1'), /no state/);
});

test('the read-out of all hidden layers but the first descends the cross-entropy', async () => {
  const { own, biases, values, network, input, right } = await scene();
  const loss = () => mean(handReadout(values, network, input).map((row, i) => -Math.log(row[right[i]!]!)));
  assert.equal(
    network.connections.map(({ name }) => name),
    [
      'input to hidden 1',
      'hidden 1 to hidden 2',
      'hidden 2 to hidden 3',
      'hidden 2 to output',
      'hidden 3 to output',
    ],
  );
  assert.ok(distanceFromDifferences(values('weights of hidden 2 to output'), own[3]!, loss) < 1e-9);
  assert.ok(distanceFromDifferences(values('weights 4'), own[4]!, loss) < 1e-9);
  assert.ok(distanceFromDifferences(values('bias 4'), biases[4]!, loss) < 1e-9);
  assert.is(biases[3], null);
});

test('how active a layer is does not reach the next', async () => {
  const louder = (values: (state: string) => Float64Array) => {
    fill(values);
    for (const name of ['weights 1', 'bias 1']) values(name).set(values(name).map((w) => 10 * w));
  };
  const [quiet, loud] = [await scene(), await scene({}, louder)];
  const [before, after] = [quiet, loud].map(
    ({ values, network, input }) => handPass(values, network, input)[0]!.rate,
  );
  assert.ok(Math.abs(goodness(after!)[0]! / goodness(before!)[0]! - 100) < 1e-9);
  for (const l of [1, 2, 3, 4]) {
    const gap = Math.max(...quiet.own[l]!.map((d, i) => Math.abs(d - loud.own[l]![i]!)));
    assert.ok(gap < 1e-7, `connection ${l + 1} notices by ${gap}`);
  }
});

/** Remembers the labels that images get. */
class Spied extends ForwardForwardNetwork {
  readonly labels: Tensor[] = [];
  override forward(images: LabelledImages, labels: Tensor): HiddenActivity[] {
    this.labels.push(labels);
    return super.forward(images, labels);
  }
}

/** Wrong labels of several steps, one list a step, beside the prediction of the read-out, which does not change. */
async function drawn(negatives: string, { seed = 1, steps = 150 } = {}) {
  const { device, k } = float64(seed);
  const network = new Spied(k, 3, networkSettings(NETWORK), { normalisation: 'rms' });
  const rule = buildRule(RULE, network, k, { negatives });
  const [input, target] = [normalState(k, 'input', BATCH, INPUTS), oneHotState(k, BATCH, CLASSES)];
  const [wrong, output] = [k.state('wrong', BATCH, CLASSES), k.state('output', BATCH, CLASSES)];
  const step = await k.trace('test', () => {
    const learned = rule.learn({ input, target });
    k.mapInto(output, (y) => y, learned.output);
    k.mapInto(wrong, (t) => t, network.labels.find((t) => t.rows === BATCH && t !== target)!);
  });
  const labels: Matrix[] = [];
  for (let firstStep = 0; firstStep < steps; firstStep++) {
    await step.run({ steps: 1, firstStep, rows: new Uint32Array(0) });
    labels.push(matrix(device.values(wrong), CLASSES));
  }
  return { labels, prediction: matrix(device.values(output), CLASSES) };
}

for (const negatives of ['uniform', 'hard']) {
  test(`a negative never has the right label: ${negatives}`, async () => {
    const { labels } = await drawn(negatives);
    for (const rows of labels)
      for (const [i, row] of rows.entries()) {
        assert.equal([...row].sort(), [0, 0, 1]);
        assert.is(row[i % CLASSES], 0);
      }
  });

  test(`wrong labels are as frequent as they should be, and follow from the seed: ${negatives}`, async () => {
    const { labels, prediction } = await drawn(negatives);
    for (let i = 0; i < BATCH; i++) {
      const others = [0, 1, 2].filter((c) => c !== i % CLASSES);
      const p = others.map((c) => (negatives === 'uniform' ? 1 : prediction[i]![c]!));
      const expected = p[0]! / (p[0]! + p[1]!);
      const share = mean(labels.map((rows) => rows[i]![others[0]!]!));
      // Five standard errors of a share of 150.
      assert.ok(Math.abs(share - expected) < 5 * Math.sqrt((expected * (1 - expected)) / 150));
    }
    const again = await drawn(negatives, { steps: 20 });
    assert.equal(again.labels, labels.slice(0, 20));
    assert.not.equal((await drawn(negatives, { seed: 2, steps: 20 })).labels, again.labels);
  });
}

test('hard negatives are not uniform', async () => {
  const { prediction } = await drawn('hard', { steps: 1 });
  const ratio = Math.max(...prediction.map((row) => Math.max(...row) / Math.min(...row)));
  assert.ok(ratio > 2, 'the example should tell them apart');
});

/** What the network answers beside plain loops. */
async function answers(options: Record<string, unknown>, layers: readonly number[] = LAYERS) {
  const { device, k } = float64();
  const network: ForwardForwardNetwork = buildNetwork(
    RULE,
    k,
    networkSettings({ ...NETWORK, layers }),
    options,
    3,
  );
  const rule = buildRule(RULE, network, k, options);
  const values = (name: string) => device.values(k.states.get(name)!);
  if (layers === LAYERS) fill(values);
  const input = normalState(k, 'input', BATCH, INPUTS);
  const kept = network.populations.slice(1).map(({ name, size }) => k.state(`rates of ${name}`, BATCH, size));
  await runOnce(k, () => {
    for (const [l, rate] of rule.respond!(input).entries()) k.mapInto(kept[l]!, (r) => r, rate);
  });
  return {
    network,
    values,
    input: matrix(device.values(input), INPUTS),
    rates: kept.map((t) => matrix(device.values(t), t.columns)),
  };
}

const largestGap = (a: Matrix, b: Matrix) =>
  Math.max(...a.flatMap((row, i) => row.map((x, j) => Math.abs(x - b[i]![j]!))));

for (const [layers, from] of [
  [LAYERS, 1],
  [[9, 7, 3], 0],
] as const)
  for (const kind of ['sum', 'mean'] as const)
    test(`the answer by goodness, label by label: ${layers.join('-')}, ${kind}`, async () => {
      const { network, values, input, rates } = await answers({ goodness: kind }, layers);
      const scores = input.map((_, i) =>
        [0, 1, 2].map((label) => {
          const all = handPass(values, network, labelled(input, oneHot(Array(BATCH).fill(label), CLASSES)));
          return all
            .slice(from)
            .reduce((sum, { rate }) => sum + goodness(rate)[i]! / (kind === 'mean' ? rate[0]!.length : 1), 0);
        }),
      );
      assert.ok(largestGap(rates.at(-1)!, softmax(scores)) < 1e-12);
    });

test('the answer of the read-out, and the rates of hidden layers, are those of a neutral label', async () => {
  const { network, values, input, rates } = await answers({ answer: 'readout' });
  assert.ok(largestGap(rates.at(-1)!, handReadout(values, network, input)) < 1e-12);
  const neutral = input.map(() => Array<number>(CLASSES).fill(1 / CLASSES));
  for (const [l, { rate }] of handPass(values, network, labelled(input, neutral)).entries())
    assert.ok(largestGap(rates[l]!, rate) < 1e-12);
});

test('normalised activity has the root mean square 1, or the length 1, and a silent layer stays silent', async () => {
  for (const [normalisation, squares] of [
    ['rms', INPUTS],
    ['length', 1],
  ] as const) {
    const { device, k } = float64();
    const network = buildNetwork(RULE, k, networkSettings(NETWORK), {
      normalisation,
    }) as ForwardForwardNetwork;
    const rate = normalState(k, 'rate', BATCH, INPUTS);
    device.values(rate).fill(0, 0, INPUTS);
    const out = k.state('out', BATCH, INPUTS);
    await runOnce(k, () => k.mapInto(out, (h) => h, network.normalise(rate)));
    const [silent, ...others] = goodness(matrix(device.values(out), INPUTS));
    assert.is(silent, 0);
    for (const one of others) assert.ok(Math.abs(one - squares) < 1e-6);
    assert.ok(
      largestGap(
        matrix(device.values(out), INPUTS),
        normalised(matrix(device.values(rate), INPUTS), normalisation),
      ) < 1e-12,
    );
  }
});

for (const layers of [
  [784, 30, 10],
  [784, 30, 20, 10],
  [784, 50, 40, 30, 20, 10],
])
  test(`recipes have a learning rate for each connection: ${layers.join(',')}`, () => {
    const { k } = float64();
    const { connections } = buildNetwork(RULE, k, networkSettings({ ...NETWORK, layers }));
    for (const { settings } of RULE.recipes!) {
      const { learningRate } = settings(layers);
      assert.is(learningRate!.length, connections.length);
      resolveCondition(RULE, { settings: { layers, learningRate: learningRate! } });
      for (const [l, { to }] of connections.entries())
        assert.is(learningRate![l], to.name === 'output' ? learningRate!.at(-1) : learningRate![0]);
    }
  });

test('sizes that make no such network are refused', () => {
  const build = (layers: number[]) => () =>
    buildNetwork(RULE, float64().k, networkSettings({ ...NETWORK, layers }));
  const refused = (pattern: RegExp) => (error: unknown) =>
    error instanceof UserError && pattern.test(error.message);
  assert.throws(build([9, 3]), refused(/have no hidden layer/));
  assert.throws(build([2, 5, 3]), refused(/at least 3 inputs/));
});

test.run();
