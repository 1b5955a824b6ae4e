import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findOverlap, makeDataset } from '../../data/index.ts';

const datasetOf = (train: readonly number[][], test: readonly number[][]) =>
  makeDataset({
    name: 'made up',
    title: 'made up',
    shape: [1, 3],
    train: { images: Uint8Array.from(train.flat()) },
    test: { images: Uint8Array.from(test.flat()) },
    comparable: true,
  });

test('test images that are training images are counted, the first ones with the first that they are', () => {
  const same = [7, 8, 9];
  const train = [[1, 2, 3], same, [4, 5, 6], same];
  const dataset = datasetOf(train, [[3, 2, 1], same, [4, 5, 6], same, [1, 2, 3]]);
  assert.equal(findOverlap(dataset), {
    count: 4,
    first: [
      { test: 1, train: 1 },
      { test: 2, train: 2 },
      { test: 3, train: 1 },
    ],
  });
});

test('images that differ in one byte are others', () => {
  assert.is(findOverlap(datasetOf([[1, 2, 3]], [[1, 2, 4]])), null);
});

test('any images are counted as by comparing each with each', () => {
  const images = fc.array(fc.array(fc.nat(1), { minLength: 3, maxLength: 3 }), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(images, images, (train, test) => {
      const count = test.filter((one) => train.some((other) => String(one) === String(other))).length;
      assert.is(findOverlap(datasetOf(train, test))?.count ?? 0, count);
    }),
  );
});

test.run();
