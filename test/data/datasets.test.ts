import { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Dataset, listDatasets, loadDataset, type Split } from '../../data/index.ts';
import { idxBytes, refuses, smallFiles, withFolder } from './fixtures.ts';

const test = suite('datasets');

/** 40 training images of one pixel, which is the image's number; 30 of class 0 and 10 of class 1. */
const numbered = {
  'train-images-idx3-ubyte': idxBytes(
    [40, 1, 1],
    Array.from({ length: 40 }, (_, i) => i),
  ),
  'train-labels-idx1-ubyte': idxBytes(
    [40],
    Array.from({ length: 40 }, (_, i) => Number(i >= 30)),
  ),
  't10k-images-idx3-ubyte': idxBytes([2, 1, 1], [100, 101]),
  't10k-labels-idx1-ubyte': idxBytes([2], [0, 1]),
};

const pixels = (split: Split): number[] => [...split.images.values].sort((a, b) => a - b);

test('every listed dataset has the sizes that are listed', async () => {
  const list = listDatasets();
  assert.equal(
    list.map(({ name }) => name),
    ['mnist', 'mnist-full', 'idx:<folder>'],
  );
  for (const info of list) {
    for (const text of [info.title, info.source, info.licence]) assert.ok(text.length > 0);
    if (info.name.startsWith('idx:')) continue;
    const dataset = await loadDataset(info.name);
    assert.equal([dataset.name, dataset.title], [info.name, info.title]);
    assert.equal([dataset.train.images.count, dataset.test.images.count], [info.train, info.test]);
  }
});

test('an unknown name gets a suggestion or the choices', async () => {
  await refuses(loadDataset('mnits'), "'mnits'", "did you mean 'mnist'?", 'idx:<folder');
  await refuses(loadDataset('MNIST-ful'), "did you mean 'mnist-full'?");
  await refuses(loadDataset('cifar10'), "'cifar10': choose mnist, mnist-full or idx:");
});

test('the validation split is taken out of the training set, in proportion and by seed', () =>
  withFolder(numbered, async (folder) => {
    const load = (seed?: number): Promise<Dataset> =>
      loadDataset(`idx:${folder}`, { validation: 8, ...(seed === undefined ? {} : { seed }) });
    const dataset = await load();
    const validation = dataset.validation!;
    assert.equal(
      [dataset.train.images.count, validation.images.count, dataset.test.images.count],
      [32, 8, 2],
    );
    assert.equal(
      [...pixels(dataset.train), ...pixels(validation)].sort((a, b) => a - b),
      Array.from({ length: 40 }, (_, i) => i),
    );
    // 8 of 40: 6 of the 30 and 2 of the 10.
    assert.is(validation.labels.values.filter((label) => label === 1).length, 2);
    for (const { images, labels } of [dataset.train, validation])
      assert.equal(
        [...labels.values],
        Array.from(images.values, (pixel) => Number(pixel >= 30)),
      );
    assert.equal(
      [validation.images.name, dataset.train.labels.name],
      ['validation images', 'training labels'],
    );
    assert.equal(await load(0), dataset);
    assert.equal(await load(7), await load(7));
    assert.not.equal(pixels((await load(7)).validation!), pixels(validation));
  }));

test('a validation split of MNIST leaves the test set alone and is said beside published figures', async () => {
  const plain = await loadDataset('mnist-full');
  const carved = await loadDataset('mnist-full', { validation: 5000 });
  assert.equal([carved.train.images.count, carved.validation!.images.count], [55000, 5000]);
  assert.is(Buffer.compare(carved.test.images.values, plain.test.images.values), 0);
  assert.match(carved.comparable as string, 'trained on 55000 of the 60000');
  const small = await loadDataset('mnist', { validation: 1000 });
  assert.equal([small.train.images.count, small.validation!.images.count], [7000, 1000]);
  assert.match(small.comparable as string, 'first 10,000 training digits');
});

test('a validation size that does not fit is refused', () =>
  withFolder(smallFiles(), async (folder) => {
    const load = (validation: number): Promise<Dataset> => loadDataset(`idx:${folder}`, { validation });
    for (const size of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
      await refuses(load(size), 'whole number', String(size));
    for (const size of [6, 7]) await refuses(load(size), `of ${size}`, '6 training examples', 'at most 5');
    assert.is((await load(5)).train.images.count, 1);
  }));

test('a worker thread gets the same bytes, not a copy', () =>
  withFolder(numbered, async (folder) => {
    const dataset = await loadDataset(`idx:${folder}`, { validation: 8 });
    const before = structuredClone(dataset);
    const worker = new Worker(
      `const { parentPort, workerData } = require('node:worker_threads');
       parentPort.once('message', (dataset) => {
         for (const split of [dataset.train, dataset.validation, dataset.test]) {
           split.images.values[0] += 50;
           split.labels.values[0] += 5;
         }
         parentPort.postMessage(dataset);
       });`,
      { eval: true },
    );
    const returned = new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    const splits = [dataset.train, dataset.validation!, dataset.test];
    const expected = splits.map(({ images, labels }) => [images.values[0]! + 50, labels.values[0]! + 5]);
    worker.postMessage(dataset);
    const seen = await returned;
    await worker.terminate();
    assert.equal(
      splits.map(({ images, labels }) => [images.values[0], labels.values[0]]),
      expected,
    );
    assert.equal(seen, dataset);
    assert.equal(before, dataset);
  }));

test.run();
