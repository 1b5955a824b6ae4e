import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countWork, listening } from '../../bench/operations.ts';
import { Kernels, type Program, ReferenceDevice } from '../../kernels/index.ts';

async function workOf(body: (k: Kernels) => void) {
  const programs: Program[] = [];
  const k = new Kernels(listening(new ReferenceDevice(), programs), 1);
  await k.trace('test', () => body(k));
  return countWork(programs.at(-1)!.ops);
}

test('a product of m x k by k x n does 2 m n k operations, whatever is transposed', async () => {
  const work = await workOf((k) => {
    k.matmul(k.constant(1, 3, 5), k.constant(1, 5, 7));
    k.matmul(k.constant(1, 5, 3), k.constant(1, 7, 5), { transposeA: true, transposeB: true });
  });
  assert.equal(work.products, { count: 2, flops: 2 * 2 * 3 * 5 * 7, bytes: 2 * 4 * (15 + 35 + 21) });
});

test('what is repeated counts as often as it runs', async () => {
  const work = await workOf((k) => {
    const state = k.state('v', 2, 3);
    k.repeat(10, () => k.repeat(5, () => k.mapInto(state, (v, w) => v + w, state, state)));
  });
  assert.equal(work, { maps: { count: 50, flops: 0, bytes: 50 * 3 * 4 * 6 } });
});

test.run();
