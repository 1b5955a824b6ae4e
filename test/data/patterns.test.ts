import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findOverlap, loadDataset, makePatterns } from '../../data/index.ts';
import { UserError } from '../../kernels/index.ts';

test('patterns are random bits without labels, always the same ones', async () => {
  const [one, other] = [await loadDataset('patterns:64'), await loadDataset('patterns:64')];
  assert.equal(one.train.images.values, other.train.images.values);
  assert.equal([one.train.images.count, one.test.images.count, one.width, one.classes], [10_000, 100, 64, 0]);
  assert.equal(one.shape, [8, 8]);
  const { values } = one.train.images;
  assert.equal([...new Set(values)].sort(), [0, 255]);
  // Of 640,000 bits, half with a standard deviation of 400.
  const white = values.reduce((sum, byte) => sum + byte / 255, 0);
  assert.ok(Math.abs(white - 320_000) < 2000, `${white}`);
  assert.is.not(`${values.subarray(0, 64)}`, `${values.subarray(64, 128)}`);
});

test('no pattern is drawn twice, so that no test pattern is a training pattern', () => {
  for (const bits of [32, 64]) {
    const dataset = makePatterns(bits);
    const { values, count } = dataset.train.images;
    const drawn = new Set(
      Array.from({ length: count }, (_, n) => `${values.subarray(n * bits, (n + 1) * bits)}`),
    );
    assert.is(drawn.size, count);
    assert.is(findOverlap(dataset), null);
  }
});

test('patterns lie in rows that come nearest to a square', () => {
  assert.equal(makePatterns(36, 2, 1).shape, [6, 6]);
  assert.equal(makePatterns(50, 2, 1).shape, [5, 10]);
  assert.equal(makePatterns(37, 2, 1).shape, [1, 37]);
});

test('other numbers of bits are refused with a sentence', async () => {
  for (const argument of ['31', '4097', '64x160', 'six', '1e2'])
    await loadDataset(`patterns:${argument}`).then(
      () => assert.unreachable(),
      (error: Error) => {
        assert.instance(error, UserError);
        assert.match(error.message, /^the dataset 'patterns' needs a whole number of bits from 32 to 4096/);
      },
    );
});

test.run();
