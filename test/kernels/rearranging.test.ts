import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Kernels, ReferenceDevice, type Tensor } from '../../kernels/index.ts';

// Values by hand; op-table.ts holds the other devices to the reference.

/** What the reference device makes of 2 x 6 numbers from 1 to 12. */
async function made(body: (k: Kernels, a: Tensor) => Tensor): Promise<number[]> {
  const device = new ReferenceDevice();
  const k = new Kernels(device, 1);
  const a = k.state(
    'a',
    2,
    6,
    Float32Array.from({ length: 12 }, (_, i) => i + 1),
  );
  const { rows, columns } = await shapeOf(body);
  const out = k.result('out', rows, columns);
  const step = await k.trace('test', () => void k.mapInto(out, (x) => x, body(k, a)));
  await step.run({ steps: 1, firstStep: 0, rows: new Uint32Array() });
  return [...(await device.read(out))];
}

async function shapeOf(body: (k: Kernels, a: Tensor) => Tensor): Promise<Tensor> {
  const k = new Kernels(new ReferenceDevice(), 1);
  const a = k.state('a', 2, 6);
  let out: Tensor | null = null;
  await k.trace('shape', () => {
    out = body(k, a);
  });
  return out!;
}

const fails = (body: (k: Kernels, a: Tensor) => Tensor) =>
  made(body).then(
    () => 'nothing',
    (error: Error) => error.message,
  );

test('reshape keeps the order of the values', async () => {
  const sum = (rows: number, columns: number) =>
    made((k, a) => k.sum(k.reshape(a, rows, columns), { over: 'rows' }));
  assert.equal(await sum(4, 3), [1 + 4 + 7 + 10, 2 + 5 + 8 + 11, 3 + 6 + 9 + 12]);
  assert.equal(await sum(1, 12), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
});

test('columns, join, place and select take columns of each row', async () => {
  assert.equal(await made((k, a) => k.columns(a, 2, 3)), [3, 4, 5, 9, 10, 11]);
  const joined = await made((k, a) => k.join([k.columns(a, 5, 1), k.columns(a, 0, 2)]));
  assert.equal(joined, [6, 1, 2, 12, 7, 8]);
  const placed = await made((k, a) => {
    const out = k.constant(-1, 2, 3);
    k.place(out, k.columns(a, 0, 1), 1);
    return out;
  });
  assert.equal(placed, [-1, 1, -1, -1, 7, -1]);
  const indices = Float32Array.of(5, -1, 0, 6);
  const picked = await made((k, a) => k.select(a, k.state('indices', 1, 4, indices)));
  assert.equal(picked, [6, 0, 1, 0, 12, 0, 7, 0]);
});

test('a product of groups is that of each block', async () => {
  // Blocks of one row: each row by itself, with the row below it as the block of b.
  const products = await made((k, a) => {
    const tall = k.reshape(a, 4, 3);
    return k.matmul(tall, tall, { groups: 2, transposeB: true });
  });
  const dot = (i: number, j: number) => [1, 2, 3].reduce((sum, n) => sum + (3 * i + n) * (3 * j + n), 0);
  assert.equal(products, [
    dot(0, 0),
    dot(0, 1),
    dot(1, 0),
    dot(1, 1),
    dot(2, 2),
    dot(2, 3),
    dot(3, 2),
    dot(3, 3),
  ]);
  const outer = await made((k, a) => {
    const b = k.columns(a, 0, 2);
    return k.matmul(b, b, { groups: 2, transposeA: true });
  });
  assert.equal(outer, [1, 2, 2, 4, 49, 56, 56, 64]);
});

test('shapes that do not fit are refused', async () => {
  assert.match(await fails((k, a) => k.reshape(a, 3, 4)), /'a' \(2x6\) to 3x4/);
  assert.match(await fails((k, a) => k.reshape(a, 4, 6)), /to 4x6/);
  assert.match(await fails((k, a) => k.columns(a, 4, 3)), /has no 3 columns from 4 on/);
  assert.match(await fails((k, a) => k.columns(a, -1, 3)), /has no 3 columns from -1 on/);
  assert.match(await fails((k, a) => k.join([a, k.constant(0, 3, 1)])), /different numbers of rows/);
  assert.match(await fails((k, a) => k.select(a, a)), /indices in one row/);
  const product = (groups: number) => fails((k, a) => k.matmul(a, a, { groups, transposeB: true }));
  assert.match(await product(3), /rows are not 3 groups of equal size/);
  assert.match(await product(0), /rows are not 0 groups of equal size/);
  const sparse = fails((k, a) => k.matmul(a, a, { groups: 2, transposeA: true, sparse: true }));
  assert.match(await sparse, /sparse matmul cannot have groups/);
});

test.run();
