import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadDataset, makeAssociativeRecall } from '../../data/index.ts';
import { UserError } from '../../kernels/index.ts';

test('an episode asks for one of its keys, and the class is the value of that key', () => {
  const { train, shape, classes, width } = makeAssociativeRecall(8, 400, 1);
  assert.equal([shape, classes, width], [[9, 32], 16, 288]);
  const asked = new Array<number>(8).fill(0);
  const seen = new Array<number>(16).fill(0);
  for (let n = 0; n < 400; n++) {
    const token = (t: number) => [...train.images.values.subarray((n * 9 + t) * 32, (n * 9 + t + 1) * 32)];
    const white = (bytes: number[]) => bytes.flatMap((byte, place) => (byte === 255 ? [place] : []));
    const pairs = Array.from({ length: 8 }, (_, t) => [
      white(token(t).slice(0, 16)),
      white(token(t).slice(16)),
    ]);
    assert.ok(pairs.every(([key, value]) => key!.length === 1 && value!.length === 1));
    const keys = pairs.map(([key]) => key![0]!);
    assert.is(new Set(keys).size, 8, 'keys differ');
    const [query, ...more] = white(token(8));
    assert.ok(query! < 16 && more.length === 0, 'a query has no value');
    const place = keys.indexOf(query!);
    asked[place]!++;
    seen[train.labels!.values[n]!]!++;
    assert.is(train.labels!.values[n], pairs[place]![1]![0]);
  }
  // Of 400, 50 each with a standard deviation of 6.6, and 25 each with one of 4.8.
  assert.ok(
    asked.every((count) => count > 20 && count < 80),
    `${asked}`,
  );
  assert.ok(
    seen.every((count) => count > 5 && count < 45),
    `${seen}`,
  );
});

test('episodes are always the same ones, and other numbers of pairs are refused with a sentence', async () => {
  const [one, other] = [await loadDataset('associative-recall:2'), await loadDataset('associative-recall:2')];
  assert.equal(one.train.images.values, other.train.images.values);
  assert.equal([one.train.images.count, one.test.images.count, one.shape], [8000, 2000, [3, 32]]);
  for (const argument of ['1', '17', 'eight'])
    await loadDataset(`associative-recall:${argument}`).then(
      () => assert.unreachable(),
      (error: Error) => {
        assert.instance(error, UserError);
        assert.match(
          error.message,
          /^the dataset 'associative-recall' needs a whole number of pairs from 2 to 16/,
        );
      },
    );
});

test('pairs that a dataset in memory cannot have are refused, too', () => {
  for (const pairs of [1, 17, 2.5, Number.NaN])
    assert.throws(
      () => makeAssociativeRecall(pairs, 4, 4),
      (error: unknown) =>
        error instanceof UserError && error.message.endsWith(`as in associative-recall:8, not '${pairs}'`),
    );
});

test.run();
