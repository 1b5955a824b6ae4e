import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Dataset, makeDataset } from '../../data/index.ts';
import { RandomStream, type Table } from '../../kernels/index.ts';
import { INITIAL_WEIGHTS } from '../../networks/index.ts';
import type { Classifier } from '../../training/baselines/baseline.ts';
import { BASELINES, findBaseline, scoreBaseline, tinyDataset } from '../../training/index.ts';
import { pythonWith, readWithPython } from '../python.ts';
import { openCpu } from './parts.ts';

/** Baselines against the same in plain loops, and in NumPy. */
const test = suite('baselines');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-baselines-'));
test.after(() => rmSync(folder, { recursive: true }));

/** Images of 4 x 4 bytes around a few centres. @param isMixed whether classes have nothing to do with the centres */
function clouds(train: number, test: number, spread = 40, isMixed = false): Dataset {
  const random = new RandomStream(3, 'clouds');
  const centres = Array.from({ length: 5 * 16 }, () => random.integer(256 - spread));
  const split = (count: number) => {
    const labels = Uint8Array.from({ length: count }, () => random.integer(5));
    const images = Uint8Array.from(
      { length: count * 16 },
      (_, i) => centres[labels[Math.floor(i / 16)]! * 16 + (i % 16)]! + random.integer(spread),
    );
    return { images, labels: isMixed ? labels.map(() => random.integer(5)) : labels };
  };
  return makeDataset({
    ...{ name: 'clouds', title: 'made up', shape: [4, 4], comparable: 'made up' },
    ...{ train: split(train), test: split(test) },
  });
}

async function classesOf(name: string, dataset: Dataset, context = { seed: 0, width: 0 }) {
  const device = await openCpu();
  const baseline = findBaseline(name) as Classifier;
  const { classes, detail = '' } = await baseline.classify({ dataset, device, argument: '', ...context });
  await device.dispose();
  return { classes: Array.from(classes), detail };
}

const rowsOf = ({ values, columns, count }: Table): number[][] =>
  Array.from({ length: count }, (_, i) => Array.from(values.subarray(i * columns, (i + 1) * columns)));

/** By comparing each with each in float64. */
function nearestByHand({ train, test }: Dataset): number[] {
  const [known, asked] = [rowsOf(train.images), rowsOf(test.images)];
  return asked.map((image) => {
    const distances = known.map((other) =>
      Math.sqrt(image.reduce((sum, x, i) => sum + (x - other[i]!) ** 2, 0)),
    );
    return train.labels!.values[distances.indexOf(Math.min(...distances))]!;
  });
}

test('the nearest neighbour is that of comparing each with each, over several blocks', async () => {
  for (const dataset of [clouds(1130, 520), clouds(40, 7), clouds(300, 90, 3, true)])
    assert.equal((await classesOf('nearest-neighbour', dataset)).classes, nearestByHand(dataset));
});

test('of two training images at one distance the first one counts, whatever rounding says', async () => {
  const bright = new Array<number>(16).fill(250);
  const dataset = makeDataset({
    ...{ name: 'ties', title: 'made up', shape: [4, 4], comparable: 'made up' },
    train: {
      images: Uint8Array.from([
        ...bright.map((v, i) => (i === 0 ? v - 1 : v)),
        ...bright.map((v, i) => (i === 15 ? v + 1 : v)),
        ...bright.map((v, i) => (i === 3 ? v - 1 : v)),
      ]),
      labels: Uint8Array.of(2, 1, 0),
    },
    test: { images: Uint8Array.from(bright), labels: Uint8Array.of(0) },
  });
  assert.equal((await classesOf('nearest-neighbour', dataset)).classes, [2]);
});

test('chance is the class that most training images have', async () => {
  const labels = Uint8Array.of(1, 2, 2, 1, 0);
  const images = new Uint8Array(5);
  const dataset = makeDataset({
    ...{ name: 'classes', title: 'made up', shape: [1, 1], comparable: 'made up' },
    ...{ train: { images, labels }, test: { images: images.subarray(0, 3), labels: labels.subarray(0, 3) } },
  });
  assert.equal(await classesOf('chance', dataset), { classes: [1, 1, 1], detail: 'class 1' });
  const device = await openCpu();
  const { score } = await scoreBaseline(findBaseline('chance'), {
    dataset,
    device,
    argument: '',
    seed: 0,
    width: 0,
  });
  await device.dispose();
  assert.is(score, 200 / 3);
});

test('random features differ by seed, are the same again, and more of them say more', async () => {
  const dataset = tinyDataset();
  const errors = async (seed: number, width: number): Promise<[number, string]> => {
    const { classes } = await classesOf('random-features-ridge', dataset, { seed, width });
    const labels = dataset.test.labels!.values;
    return [classes.filter((answer, i) => answer !== labels[i]).length, String(classes)];
  };
  const [few, many] = [await errors(1, 2), await errors(1, 60)];
  assert.ok(many[0] < few[0], `${many[0]} ${few[0]}`);
  assert.is((await errors(1, 2))[1], few[1]);
  assert.is.not((await errors(2, 2))[1], few[1]);
});

test('each has a name and says what it is', () => {
  for (const { name, description } of BASELINES) {
    assert.is(findBaseline(name).name, name);
    assert.match(description, /^[A-Z].*\.$/);
  }
  assert.throws(() => findBaseline('nearest-neighbor'), /did you mean 'nearest-neighbour'\?/);
});

const python = pythonWith('numpy');

/** The classes that NumPy's readout of features gives to other features. */
async function classesByNumpy(h: number[][], dataset: Dataset, asked: number[][], penalty: number) {
  const labels = [...dataset.train.labels!.values];
  const t = labels.map((label) => Array.from({ length: dataset.classes }, (_, c) => Number(c === label)));
  const means = h[0]!.map((_, i) => h.reduce((sum, row) => sum + row[i]!, 0) / h.length);
  const variance = means.map((mean, i) => h.reduce((sum, row) => sum + (row[i]! - mean) ** 2, 0) / h.length);
  const mean = variance.reduce((sum, one) => sum + one, 0) / variance.length;
  const file = join(folder, 'ridge.json');
  writeFileSync(file, JSON.stringify({ h, t, penalty: penalty * mean }));
  const { weights, bias } = await readWithPython<{ weights: number[][]; bias: number[] }>(
    python!,
    'training/ridge.py',
    file,
  );
  return asked.map((row) => {
    const answers = bias.map((b, c) => row.reduce((sum, x, i) => sum + x * weights[i]![c]!, b));
    return answers.indexOf(Math.max(...answers));
  });
}

/** How many of two lists differ: a few answers are as good as another to float32. */
const differing = (a: readonly number[], b: readonly number[]): number =>
  a.filter((value, i) => value !== b[i]).length;

const penaltyIn = (detail: string): number => Number(/^penalty (\S+)$/.exec(detail)![1]);

const byNumpy = 'the readouts are those of NumPy';
if (python === null) {
  console.log(`skipped, ${byNumpy}: there is no python3 with numpy`);
  test.skip(byNumpy);
} else
  test(byNumpy, async () => {
    const dataset = clouds(700, 300, 150);
    const pixels = ({ images }: Dataset['train']) =>
      rowsOf(images).map((row) => row.map((byte) => byte / 255));
    const [train, asked] = [pixels(dataset.train), pixels(dataset.test)];
    const ridge = await classesOf('pixels-ridge', dataset);
    const wanted = await classesByNumpy(train, dataset, asked, penaltyIn(ridge.detail));
    assert.ok(differing(ridge.classes, wanted) <= 1);
    assert.ok(new Set(wanted).size === 5);
    const width = 12;
    const drawn = INITIAL_WEIGHTS['he-normal'](new RandomStream(4, 'random features'), 16, width);
    const features = (rows: number[][]) =>
      rows.map((row) =>
        Array.from({ length: width }, (_, j) =>
          Math.max(
            0,
            row.reduce((sum, x, i) => sum + x * drawn[i * width + j]!, 0),
          ),
        ),
      );
    const random = await classesOf('random-features-ridge', dataset, { seed: 4, width });
    const penalty = penaltyIn(random.detail);
    assert.ok(
      differing(random.classes, await classesByNumpy(features(train), dataset, features(asked), penalty)) <=
        1,
    );
  });

test.run();
