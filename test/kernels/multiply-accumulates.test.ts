import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Kernels, type MatmulOptions, ReferenceDevice } from '../../kernels/index.ts';

async function countOf(body: (k: Kernels) => void): Promise<number> {
  const k = new Kernels(new ReferenceDevice(), 1);
  return (await k.trace('test', () => body(k))).multiplyAccumulates;
}

test('a product of m x k by k x n has m k n, whatever is transposed, sparse or scaled', async () => {
  const product = (
    rowsA: number,
    columnsA: number,
    rowsB: number,
    columnsB: number,
    options: MatmulOptions,
  ) => countOf((k) => k.matmul(k.constant(0, rowsA, columnsA), k.constant(1, rowsB, columnsB), options));
  for (const count of [
    await product(3, 5, 5, 7, {}),
    await product(5, 3, 5, 7, { transposeA: true }),
    await product(3, 5, 7, 5, { transposeB: true }),
    await product(5, 3, 7, 5, { transposeA: true, transposeB: true }),
    await product(3, 5, 5, 7, { sparse: true, scale: 2 }),
  ])
    assert.is(count, 3 * 5 * 7);
  for (const count of [
    await product(2 * 3, 5, 2 * 5, 7, { groups: 2 }),
    await product(2 * 5, 3, 2 * 5, 7, { groups: 2, transposeA: true }),
  ])
    assert.is(count, 2 * 3 * 5 * 7);
});

test('a sum that is brought up to date has those of the whole product', async () => {
  const count = await countOf((k) => {
    const [before, after] = [k.constant(1, 3, 5), k.constant(1, 3, 5)];
    k.accumulateDelta(k.constant(0, 3, 7), before, after, k.constant(1, 5, 7));
  });
  assert.is(count, 3 * 5 * 7);
});

test('what is repeated counts as often as its bound, and everything but products nothing', async () => {
  const count = await countOf((k) => {
    const a = k.constant(1, 2, 2);
    const times = { scalar: k.hostScalar('times', () => 1), bound: 10, otherwise: '' };
    k.repeat(times, () => k.repeat(5, () => k.matmul(a, a)));
    k.sum(
      k.map((x) => x * x, a),
      { over: 'all' },
    );
    k.dot(a, a);
  });
  assert.is(count, 10 * 5 * 8);
});

test.run();
