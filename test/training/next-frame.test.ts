import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Dataset, makeDataset, type Split } from '../../data/browser.ts';
import { RandomStream, UserError } from '../../kernels/index.ts';
import { buildTrainer, findBaseline, findTask, scoreBaseline, tinyDataset } from '../../training/index.ts';
import { openCpu, partsOf } from './parts.ts';

const SIDE = 6;
const SIZE = SIDE * SIDE;
const FRAMES = 4;

/** Two neighbouring pixels of random brightness that go on by up to 1 pixel a frame, without a wall. */
function dots(train: number, tested: number): Dataset {
  const random = new RandomStream(5, 'dots');
  const split = (count: number) => {
    const images = new Uint8Array(count * FRAMES * SIZE);
    for (let n = 0; n < count; n++) {
      const [row, column, down, right] = [1, 1, random.integer(2), random.integer(2)];
      const [first, second] = [100 + random.integer(156), 50 + random.integer(100)];
      for (let t = 0; t < FRAMES; t++) {
        const at = (n * FRAMES + t) * SIZE + (row + t * down) * SIDE + column + t * right;
        images[at] = first;
        images[at + 1] = second;
      }
    }
    return { images };
  };
  return makeDataset({
    ...{
      name: 'dots',
      title: 'made up',
      shape: [FRAMES * SIDE, SIDE],
      frames: FRAMES,
      comparable: 'made up',
    },
    ...{ train: split(train), test: split(tested) },
  });
}

const DATASET = dots(200, 30);

/** Pixels from 0 to 1 of frame t of each sequence. */
const frameOf = ({ images }: Split, t: number): number[][] =>
  Array.from({ length: images.count }, (_, n) => {
    const first = (n * FRAMES + t) * SIZE;
    return Array.from(images.values.subarray(first, first + SIZE), (byte) => byte / 255);
  });
const error = (a: readonly number[][], b: readonly number[][]): number =>
  a.reduce((sum, row, n) => sum + row.reduce((part, x, i) => part + (x - b[n]![i]!) ** 2, 0), 0);
const pixelsOf = ({ images }: Split): Float32Array => Float32Array.from(images.values, (byte) => byte / 255);

for (const [ahead, shown] of [
  [1, 3],
  [1, 2],
  [2, 2],
  [3, 1],
] as const)
  test(`the score is the squared error beside that of copying, ${shown} frames shown, ${ahead} ahead`, async () => {
    // Weights hardly move, so that the answers before each update are those after the epoch.
    const settings = { layers: [shown * SIZE, 8, SIZE], epochs: 1, learningRate: 1e-12 };
    const task = `next-frame:${ahead}`;
    const parts = await partsOf('backprop', { task, settings, dataset: DATASET });
    const trainer = await buildTrainer(parts);
    const [first, last] = [FRAMES - ahead - shown, FRAMES - ahead - 1];
    const [w1, b1, w2, b2] = await Promise.all(
      ['weights 1', 'bias 1', 'weights 2', 'bias 2'].map((name) => trainer.read(trainer.states.get(name)!)),
    );
    const layer = (x: number[], w: Float32Array, b: Float32Array, f: (v: number) => number) =>
      Array.from(b, (bias, j) => f(x.reduce((sum, v, i) => sum + v * w[i * b.length + j]!, bias)));
    const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
    for await (const { trainScore, testScore } of trainer.epochs())
      for (const [split, score] of [
        [DATASET.train, trainScore],
        [DATASET.test, testScore],
      ] as const) {
        const frames = Array.from({ length: FRAMES }, (_, t) => frameOf(split, t));
        const answers = frames[0]!.map((_, n) => {
          const input = frames.slice(first, last + 1).flatMap((frame) => frame[n]!);
          return layer(layer(input, w1!, b1!, Math.tanh), w2!, b2!, sigmoid);
        });
        const target = frames[FRAMES - 1]!;
        const expected = error(answers, target) / error(frames[last]!, target);
        assert.ok(Math.abs(score! / expected - 1) < 1e-4, `${score} instead of ${expected}`);
        // Whole sequences are handed in, and answered from the frames that are shown.
        const answered = await trainer.predict(pixelsOf(split));
        const rows = answers.map((_, n) => [...answered.subarray(n * SIZE, (n + 1) * SIZE)]);
        assert.ok(error(rows, answers) < 1e-8);
      }
    await trainer.dispose();
  });

test('a network that learns comes to less than copying', async () => {
  const settings = { layers: [2 * SIZE, 24, SIZE], epochs: 12, batch: 10, learningRate: 0.01 };
  const parts = await partsOf('feedback-alignment', { task: 'next-frame:1', settings, dataset: DATASET });
  const trainer = await buildTrainer(parts);
  const scores: number[] = [];
  for await (const { testScore } of trainer.epochs()) scores.push(testScore!);
  assert.ok(scores.at(-1)! < 0.5 && scores[0]! > scores.at(-1)!, scores.join(', '));
  await trainer.dispose();
});

const scored = async (name: string, dataset: Dataset, argument: string) => {
  const device = await openCpu();
  const result = await scoreBaseline(findBaseline(name), { dataset, argument, device, seed: 0, width: 0 });
  await device.dispose();
  return result;
};

test('copying the last frame scores 1, with the squared error of a pixel beside it', async () => {
  const { score, detail } = await scored('copy-last-frame', DATASET, '2');
  assert.is(score, 1);
  const expected = error(frameOf(DATASET.test, 1), frameOf(DATASET.test, 3)) / (30 * SIZE);
  assert.is(detail, `squared error ${expected.toFixed(5)} per pixel`);
});

test('a constant velocity is exact for what goes on, one or two frames ahead', async () => {
  assert.is((await scored('constant-velocity', DATASET, '1')).score, 0);
  assert.is((await scored('constant-velocity', DATASET, '2')).score, 0);
});

test('a constant velocity goes on through a wall', async () => {
  // One bright pixel that comes back: shown at column 1 and 2, it is at column 1 again, where a velocity has it at 3.
  const images = new Uint8Array(3 * 4);
  for (const [t, column] of [1, 2, 1].entries()) images[t * 4 + column] = 255;
  const turned = makeDataset({
    ...{ name: 'turned', title: 'made up', shape: [3, 4], frames: 3, comparable: 'made up' },
    ...{ train: { images }, test: { images } },
  });
  // Two pixels are wrong by 1 in either.
  assert.is((await scored('constant-velocity', turned, '1')).score, 1);
});

test('ridge regression of the frames is near zero for what is linear, and no better than a mean for noise', async () => {
  const random = new RandomStream(7, 'frames');
  const frames = (count: number, isLinear: boolean) => {
    const images = Uint8Array.from({ length: count * 12 }, () => random.integer(256));
    if (isLinear)
      for (let n = 0; n < count; n++)
        for (let i = 0; i < 4; i++) images[n * 12 + 8 + i] = 255 - images[n * 12 + ((i + 1) % 4)]!;
    return { images };
  };
  for (const [isLinear, least, most] of [
    [true, 0, 1e-4],
    // Of uniform noise: the variance 1/12, of the squared difference 1/6 of two draws.
    [false, 0.45, 0.56],
  ] as const) {
    const dataset = makeDataset({
      ...{ name: 'frames', title: 'made up', shape: [6, 2], frames: 3, comparable: 'made up' },
      ...{ train: frames(1200, isLinear), test: frames(400, isLinear) },
    });
    const { score } = await scored('frames-ridge', dataset, '1');
    assert.ok(score >= least && score <= most, `${score}`);
  }
});

test('datasets, layers and rules that do not go with it are refused', async () => {
  const refused = async (settings: object, task = 'next-frame:1', dataset = DATASET, rule = 'backprop') => {
    try {
      const parts = await partsOf(rule, {
        task,
        settings: { layers: [3 * SIZE, 8, SIZE], ...settings },
        dataset,
      });
      const { definition, argument } = findTask(task);
      const { settings: filled, options } = parts.condition;
      const setup = { argument, dataset, definition: parts.definition, settings: filled, options };
      definition.check(setup);
    } catch (error) {
      assert.instance(error, UserError);
      return (error as UserError).message;
    }
    return '';
  };
  assert.is(await refused({}), '');
  assert.is(await refused({ layers: [SIZE, 8, SIZE] }), '');
  assert.match(await refused({}, 'next-frame:1', tinyDataset()), /no sequences of frames .*moving-digits:4$/);
  assert.match(
    await refused({}, 'next-frame:2'),
    /first size is 108, but --task next-frame:2 can show 1 to 2/,
  );
  assert.match(await refused({ layers: [50, 8, SIZE] }), /first size is 50/);
  assert.match(await refused({ layers: [SIZE, 8, 10] }), /last size is 10, but a frame of 'dots' has 36/);
  assert.match(await refused({ loss: 'cross-entropy' }), /needs the loss squared-error/);
  for (const task of ['next-frame:0', 'next-frame:4', 'next-frame:soon'])
    assert.match(await refused({}, task), /needs a whole number of frames ahead, from 1 to 3/);
  assert.throws(() => findTask('next-frame'), /write next-frame:<frames-ahead>/);
  await scored('constant-velocity', DATASET, '3').then(
    () => assert.unreachable(),
    (error: Error) =>
      assert.match(
        error.message,
        /needs two frames before the one that is predicted, and next-frame:3 shows one of 'dots'; leave it out$/,
      ),
  );
});

test.run();
