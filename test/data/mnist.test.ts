import { createHash } from 'node:crypto';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Dataset, loadDataset, parsePixels, type Split } from '../../data/index.ts';
import { readDigits } from '../../data/mnist.ts';
import { UserError } from '../../kernels/index.ts';
import { withFolder } from './fixtures.ts';

const test = suite('mnist');
let small: Dataset;
let full: Dataset;

test.before(async () => {
  small = await loadDataset('mnist');
  full = await loadDataset('mnist-full');
});

const counts = ({ labels }: Split): number[] =>
  Array.from({ length: labels!.columns }, (_, c) => labels!.values.filter((label) => label === c).length);

/** One text an example, label first, sorted. */
const examples = ({ images, labels }: Split, count = images.count): string[] =>
  Array.from(
    { length: count },
    (_, i) =>
      labels!.values[i] +
      Buffer.from(images.values.subarray(i * images.columns, (i + 1) * images.columns)).toString('latin1'),
  );

test('mnist has 8,000 + 2,000 digits with 80 % of each class in training', () => {
  assert.equal([small.train.images.count, small.test.images.count], [8000, 2000]);
  assert.equal([small.classes, small.width, small.shape], [10, 784, [28, 28]]);
  const all = [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978];
  // A fifth of each, rounded down, is 1996 in all; the four largest remainders (5, 6, 8 and 9) get one more.
  const held = [200, 225, 198, 206, 196, 173, 203, 214, 189, 196];
  assert.equal(counts(small.test), held);
  assert.equal(
    counts(small.train),
    all.map((count, c) => count - held[c]!),
  );
});

test('mnist is byte for byte the first 10,000 training digits of mnist-full', () => {
  const ours = [...examples(small.train), ...examples(small.test)].sort();
  assert.ok(
    ours.join('') === examples(full.train, 10000).sort().join(''),
    'the digits differ from the first 10,000 training digits',
  );
});

test('the split of mnist never changes', () => {
  const digest = createHash('sha256');
  for (const { images, labels } of [small.train, small.test])
    digest.update(images.values).update(labels!.values);
  assert.is(digest.digest('hex'), '4ccb77306ab78b2fe58db8501f0df9057937360c587f93265f913cc941b08c61');
});

test('only mnist-full stands beside published figures without a word', () => {
  assert.is(full.comparable, true);
  assert.match(small.comparable as string, 'first 10,000 training digits');
  assert.match(small.title, 'not comparable');
});

test('mnist-full has the sizes and class counts of MNIST', () => {
  assert.equal([full.train.images.count, full.test.images.count], [60000, 10000]);
  assert.equal([full.classes, full.width, full.shape], [10, 784, [28, 28]]);
  assert.equal(counts(full.train), [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
  assert.equal(counts(full.test), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
});

test('a dataset takes its bytes and no more', () => {
  const bytes = (dataset: Dataset): number => {
    const buffers = new Set(
      [dataset.train, dataset.test].flatMap(({ images, labels }) => [
        images.values.buffer,
        labels!.values.buffer,
      ]),
    );
    for (const buffer of buffers) assert.instance(buffer, SharedArrayBuffer);
    return [...buffers].reduce((sum, buffer) => sum + buffer.byteLength, 0);
  };
  assert.is(bytes(small), 10000 * 785);
  assert.is(bytes(full), 70000 * 785);
});

test('numbers of three decimals give back their bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) => {
      const text = JSON.stringify({ data: Array.from(bytes, (byte) => Number((byte / 255).toFixed(3))) });
      const read = new Uint8Array(bytes.length);
      assert.is(parsePixels(Buffer.from(text), read), bytes.length);
      assert.equal(read, bytes);
    }),
    { seed: 1 },
  );
});

test('other text is refused', async () => {
  const bad = ['', '[]', '{"data":[0,1', '[0,2]', '[0,-1]', '[0 ,1]', '[0,1.001]', '[0,a]', '[0,null]'];
  for (const text of bad) assert.is(parsePixels(Buffer.from(text), new Uint8Array(2)), -1, text);
  await withFolder({ '3.json': Buffer.from('{"data":[0,1,0]}') }, async (folder) => {
    const file = join(folder, '3.json');
    readDigits(file, new Uint8Array(3));
    const refused = (path: string, text: string) => (error: Error) =>
      error instanceof UserError && error.message.includes(path) && error.message.includes(text);
    assert.throws(() => readDigits(file, new Uint8Array(4)), refused(file, 'list of 4 numbers'));
    assert.throws(() => readDigits(`${file}x`, new Uint8Array(4)), refused(`${file}x`, 'no such file'));
  });
});

test.run();
