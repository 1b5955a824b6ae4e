import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findBlas } from '../../devices/blas.ts';
import { openCpuDevice } from '../../devices/cpu.ts';
import { type Device, hasRelaxedSimd, Kernels, type Table, type Tensor } from '../../kernels/index.ts';
import { execute } from '../cli/dendrite.ts';

const test = suite('cpu-fma');

/** MORE * LESS = 1 - 2^-26, which is 1 in float32: added to -1, it gives 0 if it is rounded before, and else -2^-26. */
const [MORE, LESS] = [1 + 2 ** -13, 1 - 2 ** -13];
/** A sum of -1 * 1 and MORE * LESS. */
const [LEFT, RIGHT] = [
  [-1, MORE],
  [1, LESS],
] as const;
const ROUNDED = { twice: 0, once: -(2 ** -26) };

interface Sum {
  readonly name: string;
  readonly trace: (k: Kernels, state: MakeState) => Tensor;
  /** Every element of the result, where products are rounded before they are added, and where not. */
  readonly expected: { readonly twice: number; readonly once: number };
}
type MakeState = (rows: number, columns: number, valueAt: (row: number, column: number) => number) => Tensor;

const sum = (name: string, trace: Sum['trace'], expected = ROUNDED): Sum => ({ name, trace, expected });

const product = (m: number, n: number, transposeA: boolean, transposeB: boolean): Sum =>
  sum(`${m}x2x${n}${transposeA ? ', a transposed' : ''}${transposeB ? ', b transposed' : ''}`, (k, state) => {
    const a = transposeA ? state(2, m, (i) => LEFT[i]!) : state(m, 2, (_, i) => LEFT[i]!);
    const b = transposeB ? state(n, 2, (_, i) => RIGHT[i]!) : state(2, n, (i) => RIGHT[i]!);
    return k.matmul(a, b, { transposeA, transposeB });
  });

const SHAPES = [
  [1, 8],
  [8, 1],
  [3, 10],
  [5, 24],
] as const;

/** Two images, each with its first two pixels lit: both are LESS. */
const IMAGES: Table = {
  name: 'images',
  count: 2,
  columns: 8,
  values: Uint8Array.from({ length: 16 }, (_, i) => (i % 8 < 2 ? 1 : 0)),
  encoding: 'scaled',
  scale: LESS,
};

/** What multiplies and adds. */
const SUMS: readonly Sum[] = [
  ...SHAPES.flatMap(([m, n]) => [
    product(m, n, false, false),
    product(m, n, true, false),
    product(m, n, false, true),
  ]),
  sum('outer product, added', (k, state) => {
    const into = state(3, 8, () => -1);
    return k.matmul(
      state(3, 1, () => MORE),
      state(1, 8, () => LESS),
      { into, accumulate: true },
    );
  }),
  sum('spikes', (k, state) =>
    k.matmul(
      state(2, 2, (_, i) => LEFT[i]!),
      state(2, 8, (i) => RIGHT[i]!),
      { sparse: true },
    ),
  ),
  ...[4, 28, 50].map((n) =>
    sum(
      `lit pixels, ${n} columns`,
      (k, state) =>
        k.matmul(
          k.gather(IMAGES, 2),
          state(8, n, (i) => (i === 0 ? -1 : MORE)),
        ),
      { twice: 2 ** -13, once: 2 ** -13 - 2 ** -26 },
    ),
  ),
  sum('accumulateDelta', (k, state) =>
    k.accumulateDelta(
      state(2, 8, () => 0),
      state(2, 2, () => 0),
      state(2, 2, (_, i) => LEFT[i]!),
      state(2, 8, (i) => RIGHT[i]!),
    ),
  ),
  sum('dot', (k, state) =>
    k.dot(
      state(1, 8, (_, i) => LEFT[i / 4] ?? 0),
      state(1, 8, (_, i) => RIGHT[i / 4] ?? 0),
    ),
  ),
  sum('convolve', (k, state) =>
    k.convolve(
      state(1, 8, () => LESS),
      state(1, 2, (_, i) => (i === 0 ? MORE : 0)),
      state(1, 8, () => -1),
    ),
  ),
];

async function valuesOf(device: Device, { trace }: Sum): Promise<number[]> {
  const k = new Kernels(device, 0);
  let count = 0;
  const state: MakeState = (rows, columns, valueAt) => {
    const values = Float32Array.from({ length: rows * columns }, (_, i) =>
      valueAt(Math.floor(i / columns), i % columns),
    );
    return k.state(`state ${count++}`, rows, columns, values);
  };
  let result: Tensor | undefined;
  const executable = await k.trace('sum', () => {
    const out = trace(k, state);
    result = k.state('result', out.rows, out.columns);
    k.mapInto(result, (x) => x, out);
  });
  await executable.run({ steps: 1, firstStep: 0, rows: Uint32Array.of(0, 1) });
  const values = [...(await device.read(result!))];
  await device.dispose();
  return values;
}

for (const one of SUMS)
  test(`'none' rounds twice: ${one.name}`, async () => {
    const values = await valuesOf(await openCpuDevice('none'), one);
    assert.equal(
      values,
      values.map(() => one.expected.twice),
    );
  });

test('hasRelaxedSimd says whether the engine can compile the kernels', () => {
  const bytes = readFileSync(new URL('../../kernels/cpu/kernels-fma.wasm', import.meta.url));
  assert.is(hasRelaxedSimd(), WebAssembly.validate(bytes));
});

if (hasRelaxedSimd()) {
  for (const one of SUMS)
    test(`'fma' rounds once: ${one.name}`, async () => {
      const values = await valuesOf(await openCpuDevice('fma'), one);
      assert.equal(
        values,
        values.map(() => one.expected.once),
      );
    });
} else {
  console.log('skipped fused multiply-add: this Node.js has no relaxed SIMD');
  test.skip("'fma' rounds once");
}

/** Without a BLAS: the loader of native libraries does not load. */
const NO_KOFFI = `data:text/javascript,${encodeURIComponent(`
  import Module from 'node:module';
  const load = Module._load;
  Module._load = (name, ...rest) => { if (name === 'koffi') throw new Error('hidden'); return load(name, ...rest); };
`)}`;

/** The backend of a process of its own. */
async function backendOf(blas: string, flags: readonly string[]): Promise<string> {
  const program = `
    const { openCpuDevice } = await import('./devices/cpu.ts');
    const { backend, blas } = (await openCpuDevice('${blas}')).info;
    process.stdout.write(backend + ' ' + blas);`;
  const { stdout, stderr } = await execute(process.execPath, [
    ...[...flags, '--import', NO_KOFFI, '--import', 'tsx'],
    ...['--input-type=module', '--eval', program],
  ]);
  return stdout || stderr;
}

test("'auto' without a BLAS takes fused multiply-add where Node has it", async () => {
  assert.is(await backendOf('auto', []), `${hasRelaxedSimd() ? 'wasm-simd+fma' : 'wasm-simd'} null`);
});

if (findBlas('auto'))
  test('beside a BLAS, too, the kernels round once where Node has relaxed SIMD', async () => {
    const { backend } = (await openCpuDevice('auto')).info;
    assert.is(backend, hasRelaxedSimd() ? 'wasm-simd+fma' : 'wasm-simd');
  });
else {
  console.log('skipped kernels beside a BLAS: there is none on this machine');
  test.skip('beside a BLAS, too, the kernels round once where Node has relaxed SIMD');
}

/** Node 20 has relaxed SIMD behind this flag; a release that has it always may not know the flag. */
const RELAXED_SIMD = hasRelaxedSimd() ? [] : ['--experimental-wasm-relaxed-simd'];

for (const [blas, backend] of [
  ['auto', 'wasm-simd+fma'],
  ['fma', 'wasm-simd+fma'],
  ['none', 'wasm-simd'],
] as const)
  test(`'${blas}' with relaxed SIMD and without a BLAS is ${backend}`, async () => {
    assert.is(await backendOf(blas, RELAXED_SIMD), `${backend} null`);
  });

test.run();
