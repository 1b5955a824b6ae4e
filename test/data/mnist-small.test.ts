import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findOverlap, loadDataset, makeDataset } from '../../data/index.ts';
import { scaledDown } from '../../data/mnist-small.ts';
import { UserError } from '../../kernels/index.ts';

test('each pixel is the mean of the area that it covers', () => {
  // 3 x 3 to 2 x 2: a pixel covers one and a half in each direction.
  const image = [0, 90, 180, 9, 18, 27, 36, 45, 54];
  const dataset = makeDataset({
    ...{ name: 'three', title: 'three', shape: [3, 3], comparable: true },
    train: { images: Uint8Array.from([...image, ...image.map((x) => 255 - x)]), labels: Uint8Array.of(1, 0) },
    test: { images: Uint8Array.from(image), labels: Uint8Array.of(1) },
  });
  const small = scaledDown(dataset, 2);
  const area = (top: number, left: number) => {
    let sum = 0;
    for (let row = 0; row < 3; row++)
      for (let column = 0; column < 3; column++) {
        const share = (at: number, begin: number) =>
          Math.max(0, Math.min(at + 1, begin + 1.5) - Math.max(at, begin));
        sum += share(row, top) * share(column, left) * image[3 * row + column]!;
      }
    return Math.round(sum / 1.5 ** 2);
  };
  const expected = [area(0, 0), area(0, 1.5), area(1.5, 0), area(1.5, 1.5)];
  assert.equal([...small.test.images.values], expected);
  assert.equal([...small.train.images.values], [...expected, ...expected.map((x) => 255 - x)]);
  assert.equal([...small.train.labels!.values], [1, 0]);
  assert.equal([small.width, small.shape, small.classes], [4, [2, 2], 2]);
  assert.equal([...scaledDown(dataset, 3).test.images.values], image, 'of the same size');
});

test('mnist-small:8 has the digits of mnist, as bright as they are', async () => {
  const [small, whole] = [await loadDataset('mnist-small:8'), await loadDataset('mnist')];
  assert.equal([small.name, small.shape, small.width, small.classes], ['mnist-small:8', [8, 8], 64, 10]);
  assert.equal(small.train.labels!.values, whole.train.labels!.values);
  const brightness = ({ values }: typeof small.test.images) =>
    values.reduce((sum, x) => sum + x, 0) / values.length;
  assert.ok(Math.abs(brightness(small.test.images) - brightness(whole.test.images)) < 0.05);
  assert.ok(small.comparable !== true && small.comparable.includes('8 x 8'));
  assert.is(findOverlap(small), null);
});

test('other sides are refused with a sentence', async () => {
  for (const argument of ['3', '28', 'eight', '8x8'])
    await loadDataset(`mnist-small:${argument}`).then(
      () => assert.unreachable(),
      (error: Error) => {
        assert.instance(error, UserError);
        assert.match(
          error.message,
          /^the dataset 'mnist-small' needs a whole number of pixels a side from 4 to 27/,
        );
      },
    );
});

test.run();
