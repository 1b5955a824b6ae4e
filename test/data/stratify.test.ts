import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeSplit, type Split } from '../../data/dataset.ts';
import { divide } from '../../data/stratify.ts';
import { RandomStream } from '../../kernels/index.ts';

const test = suite('stratify');

/** Examples whose three pixels are the row number (two bytes) and the label. */
function numbered(labels: number[], classes: number): Split {
  const pixels = labels.flatMap((label, row) => [row & 255, row >> 8, label]);
  return makeSplit('all', Uint8Array.from(pixels), Uint8Array.from(labels), 3, classes);
}

const rowsOf = ({ images }: Split): number[] =>
  Array.from({ length: images.count }, (_, i) => images.values[3 * i]! + 256 * images.values[3 * i + 1]!);

const count = (values: ArrayLike<number>, wanted: number): number =>
  Array.from(values).filter((value) => value === wanted).length;

const divided = (labels: number[], classes: number, size: number, seed = 1): [Split, Split] =>
  divide(numbered(labels, classes), size, new RandomStream(seed, 'test'), ['kept', 'held']);

test('the parts are a partition in the proportions of the classes, and labels stay with their images', () => {
  const cases = fc
    .integer({ min: 2, max: 5 })
    .chain((classes) =>
      fc.tuple(
        fc.constant(classes),
        fc.array(fc.nat(classes - 1), { minLength: 1, maxLength: 600 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
      ),
    );
  fc.assert(
    fc.property(cases, ([classes, labels, share]) => {
      const size = Math.floor(share * labels.length);
      const [kept, held] = divided(labels, classes, size);
      assert.is(held.images.count, size);
      assert.equal(
        [...rowsOf(kept), ...rowsOf(held)].sort((a, b) => a - b),
        labels.map((_, row) => row),
      );
      for (const part of [kept, held])
        for (const [i, row] of rowsOf(part).entries()) {
          assert.is(part.labels!.values[i], labels[row]);
          assert.is(part.images.values[3 * i + 2], labels[row]);
        }
      for (let label = 0; label < classes; label++) {
        const exact = (count(labels, label) * size) / labels.length;
        assert.ok(Math.abs(count(held.labels!.values, label) - exact) < 1);
      }
    }),
    { numRuns: 100, seed: 1 },
  );
});

test('what rounding leaves goes to the largest remainders', () => {
  // Shares of 7 of 20: 3.5, 2.1, 1.4. Rounded down 3, 2, 1; the one missing goes to class 0.
  const labels = [...new Array(10).fill(0), ...new Array(6).fill(1), ...new Array(4).fill(2)] as number[];
  const [, held] = divided(labels, 3, 7);
  assert.equal(
    [0, 1, 2].map((label) => count(held.labels!.values, label)),
    [4, 2, 1],
  );
  // Equal remainders: 1 of 4 in two classes goes to the lower one.
  const [, one] = divided([1, 1, 0, 0], 2, 1);
  assert.equal([...one.labels!.values], [0]);
});

test('the stream decides who is held out and the order of both parts', () => {
  const labels = Array.from({ length: 500 }, (_, i) => (i < 250 ? 0 : 1));
  const rows = (seed: number): number[][] => divided(labels, 2, 100, seed).map(rowsOf);
  assert.equal(rows(1), rows(1));
  assert.not.equal(new Set(rows(1)[1]), new Set(rows(2)[1]));
  const [kept, held] = divided(labels, 2, 100);
  for (const part of [kept, held]) {
    const half = part.labels!.values.subarray(0, part.labels!.count / 2);
    assert.ok(Math.abs(count(half, 0) / half.length - 0.5) < 0.2, 'the classes are not mixed');
  }
});

test('both parts are views of one copy, and the examples stay as they are', () => {
  const all = numbered([0, 1, 0, 1], 2);
  const [kept, held] = divide(all, 2, new RandomStream(1, 'test'), ['kept', 'held']);
  assert.is(kept.images.values.buffer, held.images.values.buffer);
  assert.is(kept.labels!.values.buffer, held.labels!.values.buffer);
  assert.instance(kept.images.values.buffer, SharedArrayBuffer);
  assert.equal(all, numbered([0, 1, 0, 1], 2));
  assert.equal([kept.images.name, held.labels!.name], ['kept images', 'held labels']);
});

test('images without labels are divided as one class', () => {
  const pixels = Uint8Array.from({ length: 30 }, (_, i) => i);
  const all = makeSplit('all', pixels, null, 1, 0);
  const [kept, held] = divide(all, 7, new RandomStream(1, 'test'), ['kept', 'held']);
  assert.equal([kept.images.count, held.images.count], [23, 7]);
  assert.equal([kept.labels, held.labels], [null, null]);
  assert.equal(
    [...kept.images.values, ...held.images.values].sort((a, b) => a - b),
    [...pixels],
  );
});

test.run();
