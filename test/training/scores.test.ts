import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Split } from '../../data/browser.ts';
import { meanOverExamples } from '../../training/evaluation.ts';
import { buildTrainer, type EpochRecord, type Trainer, tinyDataset } from '../../training/index.ts';
import { solveRidge } from '../../training/tasks/ridge.ts';
import { byteTable, float64 } from '../support.ts';
import { type PartsOptions, partsOf } from './parts.ts';

/** Scores of the tasks against plain loops. */

type Rows = readonly (readonly number[])[];

const { train, test: tested, classes, width } = tinyDataset();
const imagesOf = ({ images }: Split): number[][] =>
  Array.from({ length: images.count }, (_, i) =>
    Array.from(images.values.subarray(i * width, (i + 1) * width), (byte) => byte / 255),
  );
const labelsOf = ({ labels }: Split): number[] => [...labels!.values];
const sum = (values: readonly number[]): number => values.reduce((total, x) => total + x, 0);
const percentWrong = (answers: Rows, labels: readonly number[]): number =>
  (100 * labels.filter((label, i) => answers[i]!.indexOf(Math.max(...answers[i]!)) !== label).length) /
  labels.length;

/** x W + b of each row, for W and b row by row. */
const affine = (rows: Rows, weights: ArrayLike<number>, bias: ArrayLike<number>): number[][] =>
  rows.map((x) =>
    Array.from(
      { length: bias.length },
      (_, j) => bias[j]! + sum(x.map((v, i) => v * weights[i * bias.length + j]!)),
    ),
  );

/** Trains one epoch after another, and looks at the trainer after each. */
async function trainAndLook<T>(
  rule: string,
  options: PartsOptions,
  look: (trainer: Trainer, record: EpochRecord) => Promise<T>,
): Promise<T[]> {
  const trainer = await buildTrainer(await partsOf(rule, options));
  const seen: T[] = [];
  for await (const record of trainer.epochs()) seen.push(await look(trainer, record));
  await trainer.dispose();
  return seen;
}

/** Sums that the fit of the probe is made from. */
function momentsOf(h: Rows, t: Rows) {
  const outer = (a: Rows, b: Rows) =>
    a[0]!.flatMap((_, i) => b[0]!.map((__, j) => sum(a.map((row, e) => row[i]! * b[e]![j]!))));
  const total = (a: Rows) => a[0]!.map((_, i) => sum(a.map((row) => row[i]!)));
  return { hh: outer(h, h), ht: outer(h, t), h: total(h), t: total(t) };
}

test('the ridge fit is where its cost has no slope, whatever the mean of the rates', () => {
  const h = Array.from({ length: 9 }, (_, e) => [3 + Math.sin(e), 5 + Math.cos(2 * e), Math.sin(5 * e)]);
  const t = h.map(([a, b, c], e) => [a! - b! + Math.sin(7 * e), 2 * c! - 1]);
  const penalty = 0.3;
  const { weights, bias } = solveRidge(momentsOf(h, t), h.length, penalty);
  const residuals = affine(h, weights, bias).map((y, e) => y.map((v, c) => v - t[e]![c]!));
  const means = h[0]!.map((_, i) => sum(h.map((row) => row[i]!)) / h.length);
  const variance = sum(h.flatMap((row) => row.map((v, i) => (v - means[i]!) ** 2))) / (3 * h.length);
  for (const c of [0, 1]) {
    assert.ok(Math.abs(sum(residuals.map((r) => r[c]!))) < 1e-5, 'the bias');
    for (const i of [0, 1, 2]) {
      const slope = sum(residuals.map((r, e) => r[c]! * h[e]![i]!)) / h.length;
      assert.ok(Math.abs(slope + penalty * variance * weights[2 * i + c]!) < 1e-5, `weight ${i}, ${c}`);
    }
  }
});

test('the mean over examples counts each one once, every time it is asked for', async () => {
  const { k } = float64();
  const numbers = byteTable(
    Uint8Array.from({ length: 10 }, (_, i) => 255 * (i % 2)),
    1,
  );
  const mean = await meanOverExamples(k, 'numbers', 10, 4, 7, (batch) => k.gather(numbers, batch));
  const [first, second] = [await mean(), await mean()];
  assert.ok(Math.abs(first - 7 / 2) < 1e-12, `${first}`);
  assert.is(second, first);
});

test('classification is scored by the wrong answers in per cent, of training examples too', async () => {
  // Weights hardly move, so that the answers before each update are those after the epoch.
  const settings = { epochs: 1, learningRate: 1e-12 };
  const [[score, expected]] = (await trainAndLook(
    'backprop',
    { settings },
    async (trainer, { trainScore }) => {
      const pixels = Float32Array.from(imagesOf(train).flat());
      const answers = await trainer.predict(pixels);
      const rows = labelsOf(train).map((_, i) => [...answers.subarray(i * classes, (i + 1) * classes)]);
      return [trainScore, percentWrong(rows, labelsOf(train))] as const;
    },
  )) as [readonly [number | null, number]];
  assert.ok(expected > 20, 'an untrained network errs');
  assert.ok(Math.abs(score! - expected) < 1e-9, `${score} instead of ${expected}`);
});

test('a probe is fitted to the training examples and scored on the others, after each epoch anew', async () => {
  const options = {
    task: 'probe:hidden 1',
    settings: { epochs: 2, layers: [36, 3, 6, 4], activation: 'tanh', learningRate: 0.01 },
  } as const;
  const seen = await trainAndLook('backprop', options, async (trainer, { testScore }) => {
    const [weights, bias] = [
      await trainer.read(trainer.states.get('weights 1')!),
      await trainer.read(trainer.states.get('bias 1')!),
    ];
    const rates = (split: Split) => affine(imagesOf(split), weights, bias).map((v) => v.map(Math.tanh));
    const oneHot = labelsOf(train).map((label) =>
      Array.from({ length: classes }, (_, c) => Number(c === label)),
    );
    const fit = solveRidge(momentsOf(rates(train), oneHot), train.images.count, 1e-3);
    const answers = affine(rates(tested), fit.weights, fit.bias);
    return { testScore, expected: percentWrong(answers, labelsOf(tested)) };
  });
  for (const { testScore, expected } of seen) {
    assert.ok(expected > 0, 'three neurons do not tell all classes apart');
    assert.is(testScore, expected);
  }
});

test('reconstruction is scored by the mean squared error of a pixel', async () => {
  const settings = { epochs: 1, learningRate: 1e-12 };
  const [seen] = await trainAndLook(
    'backprop',
    { task: 'reconstruct', settings },
    async (trainer, record) => {
      const errorOf = async (split: Split) => {
        const pixels = Float32Array.from(imagesOf(split).flat());
        const answers = await trainer.predict(pixels);
        return sum([...answers].map((y, i) => (y - pixels[i]!) ** 2)) / pixels.length;
      };
      return { record, onTrain: await errorOf(train), onTest: await errorOf(tested) };
    },
  );
  const { record, onTrain, onTest } = seen!;
  assert.ok(Math.abs(record.testScore! - onTest) < 1e-6 * onTest, `${record.testScore} instead of ${onTest}`);
  assert.ok(Math.abs(record.trainScore! - onTrain) < 1e-6 * onTrain, `${record.trainScore}`);
});

test.run();
