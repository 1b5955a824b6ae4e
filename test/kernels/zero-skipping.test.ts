import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openCpuDevice } from '../../devices/cpu.ts';
import { hasRelaxedSimd, Kernels, RandomStream } from '../../kernels/index.ts';
import { differenceFromReference, type OpCase } from './op-table.ts';

const test = suite('products that leave out zeros');

/** Values of which about `density` are not zero. */
function partlyZero(name: string, rows: number, columns: number, density: number) {
  const values = new RandomStream(3, name).uniform(rows * columns, -1, 1);
  const kept = new RandomStream(4, name).uniform(rows * columns, 0, 1);
  return { rows, columns, values: values.map((value, i) => (kept[i]! < density ? value : 0)) };
}

function productCase(
  [m, k, n]: readonly [number, number, number],
  density: number,
  transposeA: boolean,
  transposeB: boolean,
): OpCase {
  return {
    name: `${m}x${k}x${n}, ${density} not zero${transposeA ? ', a transposed' : ''}${transposeB ? ', b transposed' : ''}`,
    states: {
      a: transposeA ? partlyZero('a', k, m, density) : partlyZero('a', m, k, density),
      b: transposeB ? partlyZero('b', n, k, 1) : partlyZero('b', k, n, 1),
      plain: partlyZero('plain', m, n, 1),
      scaled: partlyZero('scaled', m, n, 1),
      added: partlyZero('added', m, n, 1),
    },
    trace: (kernels, s) => {
      const rate = kernels.hostScalar('rate', ({ step }) => -1 / step);
      const forms = { transposeA, transposeB };
      kernels.matmul(s('a'), s('b'), { ...forms, into: s('plain') });
      kernels.matmul(s('a'), s('b'), { ...forms, scale: [-2, rate], into: s('scaled') });
      kernels.matmul(s('a'), s('b'), { ...forms, scale: rate, accumulate: true, into: s('added') });
    },
    absolute: 8 * (k + 2) * 2 ** -24,
    relative: 0,
  };
}

/** In lists of one piece and of several, in blocks of one and of several, and every width of the last tile, in vectors. */
const SHAPES = [
  [260, 100, 146],
  [260, 130, 101],
  [100, 417, 100],
  [103, 200, 115],
  ...[102, 106, 110, 113, 118, 122, 126, 130, 134, 138, 142].map((n) => [100, 101, n] as const),
] as const;

/** None, few, about as many as are listed at most, and most. */
const DENSITIES = [0, 0.2, 0.64, 0.66, 0.95];

const CASES = [
  ...DENSITIES.map((density) => productCase([101, 128, 103], density, false, false)),
  ...SHAPES.map((shape, i) => productCase(shape, 0.5, i % 2 === 0, i % 4 > 1)),
];

/** The rows of a b, 100 x 100, that are NaN: `setA` and `setB` change operands of which a is zero in all odd columns. */
async function rowsThatAreNaN(
  blas: string,
  setA: (values: Float32Array) => void,
  setB: (values: Float32Array) => void,
): Promise<number[]> {
  const device = await openCpuDevice(blas);
  const k = new Kernels(device, 0);
  const a = Float32Array.from({ length: 1e4 }, (_, i) => (i % 2 === 0 ? 1 : 0));
  const b = new Float32Array(1e4).fill(1);
  setA(a);
  setB(b);
  const out = k.state('out', 100, 100);
  const step = await k.trace('step', () => {
    k.matmul(k.state('a', 100, 100, a), k.state('b', 100, 100, b), { into: out });
  });
  await step.run({ steps: 1, firstStep: 0, rows: new Uint32Array(0) });
  const values = await device.read(out);
  await device.dispose();
  return [
    ...new Set([...values.keys()].filter((i) => Number.isNaN(values[i])).map((i) => Math.floor(i / 100))),
  ];
}
const nothing = () => {};
const EVERY_ROW = Array.from({ length: 100 }, (_, i) => i);

for (const blas of ['none', 'fma']) {
  if (blas === 'fma' && !hasRelaxedSimd()) {
    console.log(
      'skipped products that leave out zeros, with fused multiply-add: this Node.js has no relaxed SIMD',
    );
    test.skip(`${blas}: agree with the reference`);
    continue;
  }
  test(`${blas}: agree with the reference`, async () => {
    for (const one of CASES)
      assert.is(await differenceFromReference(await openCpuDevice(blas), one), null, one.name);
  });

  test(`${blas}: a value on the left that is no number is not taken for a zero`, async () => {
    assert.equal(await rowsThatAreNaN(blas, (a) => a.fill(Number.NaN, 301, 302), nothing), [3]);
  });

  test(`${blas}: a value on the right that is no number shows where a neuron is active that it goes with`, async () => {
    const toInput = (j: number) => (b: Float32Array) => b.fill(Number.NaN, 100 * j, 100 * (j + 1));
    assert.equal(await rowsThatAreNaN(blas, nothing, toInput(4)), EVERY_ROW);
    assert.equal(await rowsThatAreNaN(blas, (a) => a.fill(1, 705, 706), toInput(5)), [7]);
    // This neuron is silent in every example.
    assert.equal(await rowsThatAreNaN(blas, nothing, toInput(5)), []);
  });
}

test.run();
