import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Split } from '../../data/browser.ts';
import { UserError } from '../../kernels/index.ts';
import { buildTrainer, findTask, tinyDataset } from '../../training/index.ts';
import { maskOf } from '../../training/tasks/inpaint.ts';
import { partsOf } from './parts.ts';

const { train, test: tested, width, shape } = tinyDataset();
const MASK = maskOf(shape);
const LAYERS = [36, 8, 27];
const sum = (values: readonly number[]): number => values.reduce((total, x) => total + x, 0);

const imagesOf = ({ images }: Split): number[][] =>
  Array.from({ length: images.count }, (_, i) =>
    Array.from(images.values.subarray(i * width, (i + 1) * width), (byte) => byte / 255),
  );
const pick = (images: readonly number[][], pixels: readonly number[]) =>
  images.map((image) => pixels.map((i) => image[i]!));
const squares = (a: readonly number[][], b: readonly number[][]) =>
  sum(a.flatMap((row, n) => row.map((x, i) => (x - b[n]![i]!) ** 2)));

/** The x with A x = b for each column b, by elimination; A and b change. */
function solved(a: number[][], b: number[][]): number[][] {
  for (let i = 0; i < a.length; i++)
    for (let r = 0; r < a.length; r++) {
      if (r === i) continue;
      const factor = a[r]![i]! / a[i]![i]!;
      for (let c = 0; c < a.length; c++) a[r]![c] = a[r]![c]! - factor * a[i]![c]!;
      for (let c = 0; c < b[0]!.length; c++) b[r]![c] = b[r]![c]! - factor * b[i]![c]!;
    }
  return b.map((row, i) => row.map((x) => x / a[i]![i]!));
}

/** Squared error of ridge regression on a split, in plain loops; the penalty is 1/1000 of the mean variance. */
function ridgeError(split: Split): number {
  const [h, t] = [MASK.shown, MASK.hidden].map((pixels) => pick(imagesOf(train), pixels)) as [
    number[][],
    number[][],
  ];
  const meansOf = (rows: number[][]) => rows[0]!.map((_, i) => sum(rows.map((row) => row[i]!)) / rows.length);
  const [hMean, tMean] = [meansOf(h), meansOf(t)];
  const covariance = (a: number[][], aMean: number[], b: number[][], bMean: number[]) =>
    aMean.map((ma, i) =>
      bMean.map((mb, j) => sum(a.map((row, n) => (row[i]! - ma) * (b[n]![j]! - mb))) / a.length),
    );
  const hh = covariance(h, hMean, h, hMean);
  const penalty = (1e-3 * sum(hh.map((row, i) => row[i]!))) / hh.length;
  for (const [i, row] of hh.entries()) row[i] = row[i]! + penalty;
  const weights = solved(hh, covariance(h, hMean, t, tMean));
  const images = imagesOf(split);
  const answers = pick(images, MASK.shown).map((x) =>
    tMean.map((m, j) => m + sum(x.map((v, i) => (v - hMean[i]!) * weights[i]![j]!))),
  );
  return squares(answers, pick(images, MASK.hidden));
}

test('a quarter of the patches is shown, and each pixel is shown or hidden', () => {
  const digits = maskOf([28, 28]);
  assert.is(digits.shown.length, 12 * 16);
  assert.is(digits.hidden.length, 37 * 16);
  assert.equal(
    [...digits.shown, ...digits.hidden].sort((a, b) => a - b),
    Array.from({ length: 784 }, (_, i) => i),
  );
  const patches = new Set(digits.shown.map((i) => `${Math.floor(i / 28 / 4)} ${Math.floor((i % 28) / 4)}`));
  assert.is(patches.size, 12);
  assert.equal(maskOf([28, 28]), digits, 'always the same');
});

test('patches are smaller where four pixels do not divide the sides', () => {
  assert.is(MASK.shown.length, 9);
  assert.is(maskOf([4, 6]).shown.length, 8);
  assert.is(maskOf([5, 7]).shown.length, 9);
});

test('the score is the squared error of hidden pixels beside that of ridge regression', async () => {
  // Weights hardly move, so that the answers before each update are those after the epoch.
  const settings = { layers: LAYERS, epochs: 1, learningRate: 1e-12 };
  const trainer = await buildTrainer(await partsOf('backprop', { task: 'inpaint', settings }));
  for await (const { trainScore, testScore } of trainer.epochs())
    for (const [split, score] of [
      [train, trainScore],
      [tested, testScore],
    ] as const) {
      const images = imagesOf(split);
      const masked = images.map((image) => image.map((x, i) => (MASK.hidden.includes(i) ? 0 : x)));
      const answers = await trainer.predict(Float32Array.from(masked.flat()));
      const rows = images.map((_, n) => [...answers.subarray(27 * n, 27 * (n + 1))]);
      const expected = squares(rows, pick(images, MASK.hidden)) / ridgeError(split);
      assert.ok(Math.abs(score! / expected - 1) < 1e-5, `${score} instead of ${expected}`);
    }
  await trainer.dispose();
});

test('what is hidden has no part in what is learned, but as the target', async () => {
  const settings = { layers: LAYERS, epochs: 1, optimizer: 'sgd', learningRate: 0.1, batch: 20 } as const;
  const trainer = await buildTrainer(await partsOf('backprop', { task: 'inpaint', settings }));
  const weights = () => trainer.read(trainer.states.get('weights 1')!);
  const before = await weights();
  for await (const _ of trainer.epochs());
  const after = await weights();
  const moved = (i: number) => after.subarray(8 * i, 8 * (i + 1)).some((w, j) => w !== before[8 * i + j]);
  for (const i of MASK.hidden) assert.not(moved(i), `from hidden pixel ${i}`);
  assert.ok(MASK.shown.every(moved));
  await trainer.dispose();
});

test('a network that learns comes to less than ridge regression', async () => {
  const settings = { layers: [36, 24, 27], epochs: 15, batch: 20, learningRate: 0.01 };
  const trainer = await buildTrainer(await partsOf('backprop', { task: 'inpaint', settings }));
  const scores: number[] = [];
  for await (const { testScore } of trainer.epochs()) scores.push(testScore!);
  assert.ok(scores.at(-1)! < 1 && scores[0]! > scores.at(-1)!, scores.join(', '));
  await trainer.dispose();
});

test('settings and rules that do not go with it are refused', async () => {
  const refused = async (rule: string, settings: object) => {
    try {
      const { condition, definition, dataset } = await partsOf(rule, {
        task: 'inpaint',
        settings: { layers: LAYERS, ...settings },
      });
      findTask('inpaint').definition.check({
        argument: '',
        dataset,
        definition,
        settings: condition.settings,
        options: condition.options,
      });
    } catch (error) {
      assert.ok(error instanceof UserError);
      return (error as UserError).message;
    }
    return '';
  };
  assert.is(await refused('backprop', {}), '');
  assert.match(
    await refused('backprop', { layers: [36, 8, 36] }),
    /last size is 36, but --task inpaint hides 27/,
  );
  assert.match(await refused('backprop', { layers: [30, 8, 27] }), /first size is 30/);
  assert.match(await refused('backprop', { loss: 'cross-entropy' }), /needs the loss squared-error/);
  assert.match(await refused('forward-forward', { loss: 'squared-error' }), /learns classes only/);
});

test.run();
