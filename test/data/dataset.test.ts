import { createHash } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type DatasetParts, hashDataset, makeDataset, makeSplit, withValidation } from '../../data/index.ts';
import { UserError } from '../../kernels/index.ts';

const test = suite('dataset');

/** Three training and two test images of 1x2 pixels. */
const parts = (change: Partial<DatasetParts> = {}): DatasetParts => ({
  name: 'faces',
  title: 'faces of two pixels',
  shape: [1, 2],
  train: { images: Uint8Array.from([0, 1, 2, 3, 4, 5]), labels: Uint8Array.from([0, 2, 1]) },
  test: { images: Uint8Array.from([6, 7, 8, 9]), labels: Uint8Array.from([1, 0]) },
  comparable: true,
  ...change,
});

test('a dataset of plain bytes', () => {
  const { train, test: held, ...about } = makeDataset(parts());
  assert.equal(about, {
    name: 'faces',
    title: 'faces of two pixels',
    classes: 3,
    width: 2,
    shape: [1, 2],
    validation: null,
    comparable: true,
  });
  assert.equal(train, makeSplit('training', parts().train.images, Uint8Array.from([0, 2, 1]), 2, 3));
  assert.equal(held, makeSplit('test', parts().test.images, Uint8Array.from([1, 0]), 2, 3));
  for (const table of [train.images, train.labels!, held.images, held.labels!])
    assert.instance(table.values.buffer, SharedArrayBuffer);
  assert.is(makeDataset(parts({ classes: 7 })).classes, 7);
  const shared = new Uint8Array(new SharedArrayBuffer(4));
  assert.is(makeDataset(parts({ test: { ...parts().test, images: shared } })).test.images.values, shared);
});

test('labels are optional', () => {
  const { images } = parts().train;
  for (const unlabelled of [{ images }, { images, labels: null }]) {
    const dataset = makeDataset(parts({ train: unlabelled, test: { images } }));
    assert.equal([dataset.classes, dataset.train.labels, dataset.test.labels], [0, null, null]);
    assert.is(dataset.train.images.count, 3);
  }
});

test('parts that do not fit together are refused', () => {
  const { train, test: held } = parts();
  const wrong: [Partial<DatasetParts>, ...string[]][] = [
    [{ shape: [0, 2] }, '0x2', 'whole pixels'],
    [{ shape: [1, 1.5] }, '1x1.5'],
    [{ shape: [1, 4] }, 'training images have 6 bytes', 'whole images of 4'],
    [{ train: { images: new Uint8Array(0), labels: new Uint8Array(0) } }, 'no training images'],
    [{ test: { images: new Uint8Array(0), labels: new Uint8Array(0) } }, 'no test images'],
    [{ train: { images: train.images } }, 'labels for test images only'],
    [{ test: { images: held.images } }, 'labels for training images only'],
    [{ train: { ...train, labels: new Uint8Array(2) } }, '3 training images but 2 training labels'],
    [{ test: { ...held, labels: Uint8Array.from([0, 3]) } }, 'test labels hold 3 (example 1)', '3 classes'],
    [{ classes: 2 }, 'training labels hold 2 (example 1)', '2 classes'],
  ];
  for (const [change, ...texts] of wrong)
    assert.throws(
      () => makeDataset(parts(change)),
      (error: Error) =>
        error instanceof UserError && ["'faces'", ...texts].every((text) => error.message.includes(text)),
      texts.join(' '),
    );
});

test('the hash is the SHA-256 of the JSON text that the documentation states', async () => {
  const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');
  const split = (count: number, images: number[], labels: number[] | null): string =>
    `{"count":${count},"images":"${sha256(Uint8Array.from(images))}",` +
    `"labels":${labels && `"${sha256(Uint8Array.from(labels))}"`}}`;
  const train = split(3, [0, 1, 2, 3, 4, 5], [0, 2, 1]);
  const test = split(2, [6, 7, 8, 9], [1, 0]);
  const text = `{"shape":[1,2],"classes":3,"train":${train},"test":${test},"validation":null}`;
  assert.is(await hashDataset(makeDataset(parts())), sha256(text));
  const bare = `{"shape":[1,2],"classes":0,"train":${split(1, [0, 1], null)},"test":${split(1, [2, 3], null)},"validation":null}`;
  const images = (...values: number[]) => ({ images: Uint8Array.from(values) });
  const unlabelled = makeDataset(parts({ train: images(0, 1), test: images(2, 3) }));
  assert.is(await hashDataset(unlabelled), sha256(bare));
});

test('the hash follows content and splits, not names', async () => {
  const hash = await hashDataset(makeDataset(parts()));
  assert.is(await hashDataset(makeDataset(parts({ name: 'a', title: 'b', comparable: 'c' }))), hash);
  const { train, test: held } = parts();
  const others = [
    makeDataset(parts({ shape: [2, 1] })),
    makeDataset(parts({ classes: 4 })),
    makeDataset(parts({ train: { ...train, images: Uint8Array.from([0, 1, 2, 3, 4, 6]) } })),
    makeDataset(parts({ train: { ...train, labels: Uint8Array.from([0, 1, 2]) } })),
    makeDataset(parts({ train: held, test: train, classes: 3 })),
    withValidation(makeDataset(parts()), 1, 0),
    withValidation(makeDataset(parts()), 1, 1),
    withValidation(makeDataset(parts()), 2, 0),
  ];
  const hashes = new Set([hash, ...(await Promise.all(others.map(hashDataset)))]);
  assert.is(hashes.size, 1 + others.length);
  for (const each of hashes) assert.match(each, /^[0-9a-f]{64}$/);
});

test.run();
