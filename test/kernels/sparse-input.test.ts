import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findBlas } from '../../devices/blas.ts';
import { openCpuDevice } from '../../devices/cpu.ts';
import { hasRelaxedSimd, Kernels, RandomStream, type Table } from '../../kernels/index.ts';
import { differenceFromReference, type OpCase, STEPS } from './op-table.ts';

const matrix = (name: string, rows: number, columns: number) => ({
  rows,
  columns,
  values: new RandomStream(3, name).uniform(rows * columns, -1, 1),
});

/** Images of which a fifth is not zero, between dark margins, and every seventh image is dark. */
function images(columns: number, nonZero: number): Table {
  const count = 40;
  const stream = new RandomStream(5, 'images');
  const margin = Math.floor(columns / 8);
  const values = new Uint8Array(count * columns);
  for (let i = 0; i < count; i++)
    for (let j = margin; j < columns - margin; j++)
      if (i % 7 > 0 && stream.integer(100) < 100 * nonZero) values[i * columns + j] = 1 + stream.integer(255);
  return { name: 'images', count, columns, values, encoding: 'scaled', scale: 1 / 255 };
}

interface Choices {
  rows?: Uint32Array;
  /** Something needs the images as they are, not only products that can go over the non-zero pixels. */
  dense?: boolean;
}

function productsWith(
  batch: number,
  columns: number,
  n: number,
  nonZero: number,
  { rows, dense = true }: Choices = {},
): OpCase {
  const table = images(columns, nonZero);
  const stream = new RandomStream(6, 'rows');
  return {
    name: `${batch} images of ${columns}, ${n} neurons, ${nonZero} of the pixels not zero`,
    states: {
      current: matrix('c', batch, n),
      added: matrix('a', batch, n),
      direction: matrix('d', columns, n),
      weights: matrix('w', columns, n),
      again: matrix('g', batch, n),
      error: matrix('e', batch, n),
      other: matrix('o', 5, columns),
      back: matrix('b', batch, 5),
    },
    trace: (k, s) => {
      const rate = k.hostScalar('rate', ({ step }) => -1 / step);
      const input = k.gather(table, batch);
      k.matmul(input, s('weights'), { into: s('current') });
      k.matmul(input, s('weights'), { into: s('added'), accumulate: true, scale: rate });
      k.matmul(input, s('error'), { transposeA: true, into: s('direction'), scale: [2, rate] });
      if (dense) k.matmul(input, s('other'), { transposeB: true, into: s('back') });
      k.matmul(input, s('error'), { transposeA: true, into: s('weights'), accumulate: true, scale: rate });
      k.repeat(3, () => {
        k.matmul(input, s('weights'), { into: s('again'), accumulate: true });
      });
    },
    rows: rows ?? Uint32Array.from({ length: STEPS * batch }, () => stream.integer(table.count)),
    absolute: 8 * (columns + batch + 2) * 2 ** -24,
    relative: 0,
  };
}

const CASES = [
  productsWith(1, 1, 1, 0.2),
  productsWith(1, 3, 5, 0.2),
  productsWith(3, 4, 7, 0.2),
  productsWith(2, 5, 3, 0.4),
  productsWith(5, 67, 17, 0.2),
  productsWith(20, 784, 53, 0.2),
  productsWith(8, 130, 500, 0.1),
  productsWith(7, 64, 32, 0.9),
  productsWith(20, 784, 53, 0.2, { dense: false }),
  productsWith(3, 100, 33, 0.2, { rows: Uint32Array.from({ length: 6 }, () => 7) }),
  // Lists in several pieces, and a right operand that is worth packing
  productsWith(100, 784, 53, 0.2),
  productsWith(260, 400, 70, 0.2),
  // Every width of a tile, in vectors of four
  ...[8, 9, 13, 20, 22, 26, 31, 35, 38, 42, 47].map((n) => productsWith(2, 12, n, 0.3)),
];

const MISSING: Record<string, string | null> = {
  none: null,
  fma: hasRelaxedSimd() ? null : 'fused multiply-add: this Node.js has no relaxed SIMD',
  auto: findBlas('auto') ? null : 'a BLAS: there is none on this machine',
};

for (const [blas, missing] of Object.entries(MISSING)) {
  if (missing !== null) {
    console.log(`skipped products of sparse images with ${missing}`);
    test.skip(`products with sparse images: ${blas}`);
    continue;
  }
  test(`products with sparse images agree with the reference: ${blas}`, async () => {
    for (const opCase of CASES)
      assert.is(await differenceFromReference(await openCpuDevice(blas), opCase), null, opCase.name);
  });

  test(`an input that is overwritten is no longer the sparse one: ${blas}`, async () => {
    const overwritten: OpCase = {
      ...productsWith(3, 100, 33, 0.2),
      trace: (k, s) => {
        const input = k.gather(images(100, 0.2), 3);
        k.mapInto(input, (x) => x + 1, input);
        k.matmul(input, s('weights'), { into: s('current') });
      },
    };
    assert.is(await differenceFromReference(await openCpuDevice(blas), overwritten), null);
  });
}

test('sparse products have the same bits wherever the lists lie', async () => {
  const results = [];
  for (const shift of [0, 1000]) {
    const device = await openCpuDevice('none');
    const k = new Kernels(device, 1);
    if (shift > 0) k.state('what moves the rest', 1, shift);
    const weights = k.state('weights', 784, 50, new RandomStream(1, 'w').uniform(784 * 50, -1, 1));
    const out = k.state('out', 4, 50);
    const step = await k.trace('step', () => {
      k.matmul(k.gather(images(784, 0.2), 4), weights, { into: out });
    });
    await step.run({ steps: 1, firstStep: 0, rows: Uint32Array.of(1, 2, 3, 4) });
    results.push([...(await device.read(out))]);
  }
  assert.equal(results[0], results[1]);
  assert.ok(results[0]!.some((value) => value !== 0));
});

test.run();
