/**
 * Speed of the cpu device's kernels on one thread: products in GFLOP/s at the shapes of training on MNIST, the rest in
 * nanoseconds an element. Run with `node --import tsx bench/gemm.ts [blas ...]`, by default for 'none' and 'auto'.
 */
import { type Device, Kernels, openDevice, RandomStream, type Table, type Tensor } from '../kernels/index.ts';

// They make OpenBLAS choose slower code than it has for this processor.
delete process.env.OPENBLAS_CORETYPE;
delete process.env.OPENBLAS_L2_SIZE;

const REPEATS = 7;
const SECONDS = 0.03;

/** Best seconds a step, the gathered rows being drawn at random. */
async function secondsPerStep(
  device: Device,
  batch: number,
  body: (k: Kernels, state: (rows: number, columns: number) => Tensor) => void,
): Promise<number> {
  const k = new Kernels(device, 1);
  const stream = new RandomStream(1, 'bench');
  let states = 0;
  const executable = await k.record('bench', () =>
    body(k, (rows, columns) => k.state(`${states++}`, rows, columns, stream.uniform(rows * columns, 0, 1))),
  );
  const measure = async (steps: number): Promise<number> => {
    const rows = Uint32Array.from({ length: steps * batch }, () => stream.integer(10000));
    const start = performance.now();
    await executable.run({ steps, firstStep: 0, rows });
    return (performance.now() - start) / 1000;
  };
  let steps = 1;
  while ((await measure(steps)) < SECONDS) steps *= 2;
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < REPEATS; i++) best = Math.min(best, (await measure(steps)) / steps);
  executable.dispose();
  return best;
}

async function benchProduct(
  device: Device,
  [m, k, n]: readonly [number, number, number],
  transposeA: boolean,
  transposeB: boolean,
  accumulate: boolean,
): Promise<void> {
  const seconds = await secondsPerStep(device, 0, (kernels, state) => {
    const a = transposeA ? state(k, m) : state(m, k);
    const b = transposeB ? state(n, k) : state(k, n);
    kernels.matmul(a, b, { transposeA, transposeB, accumulate, scale: 1e-6, into: state(m, n) });
  });
  const form = `${transposeA ? "A'" : 'A '} ${transposeB ? "B'" : 'B '}${accumulate ? ' added' : ''}`;
  console.log(
    `  ${`${m}x${k}x${n}`.padEnd(14)} ${form.padEnd(12)}` +
      `${((2 * m * n * k) / seconds / 1e9).toFixed(1).padStart(7)} GFLOP/s ${(seconds * 1e6).toFixed(1).padStart(10)} us`,
  );
}

async function benchKernel(
  device: Device,
  name: string,
  elements: number,
  body: (k: Kernels, state: (rows: number, columns: number) => Tensor) => void,
  batch = 0,
): Promise<void> {
  const seconds = await secondsPerStep(device, batch, body);
  console.log(
    `  ${name.padEnd(28)} ${((seconds * 1e9) / elements).toFixed(3).padStart(7)} ns/element ${(seconds * 1e6).toFixed(1).padStart(8)} us`,
  );
}

const images: Table = {
  name: 'images',
  count: 10000,
  columns: 784,
  values: new Uint8Array(new SharedArrayBuffer(10000 * 784)),
  encoding: 'scaled',
  scale: 1 / 255,
};
const labels: Table = {
  name: 'labels',
  count: 10000,
  columns: 10,
  values: new Uint8Array(10000),
  encoding: 'one-hot',
  scale: 1,
};

for (const blas of process.argv.length > 2 ? process.argv.slice(2) : ['none', 'auto']) {
  const device = await openDevice({ device: 'cpu', blas });
  console.log(`${device.info.blas ?? 'built-in kernels'} on ${device.info.hardware}`);
  for (const batch of [1, 20, 100, 1000]) {
    await benchProduct(device, [batch, 784, 500], false, false, false);
    await benchProduct(device, [784, batch, 500], true, false, true);
    await benchProduct(device, [batch, 500, 10], false, false, false);
    await benchProduct(device, [500, batch, 10], true, false, true);
    await benchProduct(device, [batch, 10, 500], false, true, false);
  }
  await device.dispose();
}

const device = await openDevice({ device: 'cpu', blas: 'none' });
console.log('other kernels');
await benchKernel(device, 'gather of 100x784', 78400, (k) => k.gather(images, 100), 100);
await benchKernel(device, 'gather of labels, 100x10', 1000, (k) => k.gather(labels, 100), 100);
await benchKernel(device, 'softmax of 100x10', 1000, (k, state) => k.softmax(state(100, 10)));
await benchKernel(device, 'softmax of 100x1000', 100000, (k, state) => k.softmax(state(100, 1000)));
await benchKernel(device, 'argmax of 100x10', 1000, (k, state) => k.argmax(state(100, 10)));
await benchKernel(device, 'sum over rows, 100x500', 50000, (k, state) =>
  k.sum(state(100, 500), { over: 'rows' }),
);
await benchKernel(device, 'sum over columns, 100x500', 50000, (k, state) =>
  k.sum(state(100, 500), { over: 'columns' }),
);
await benchKernel(device, 'dot of 100x500', 50000, (k, state) => k.dot(state(100, 500), state(100, 500)));
await benchKernel(device, 'uniform 100x500', 50000, (k) => k.uniform('noise', 100, 500, 0, 1));
await benchKernel(device, 'normal 100x500', 50000, (k) => k.normal('noise', 100, 500, 0, 1));
await benchKernel(device, 'bernoulli 100x500', 50000, (k, state) => k.bernoulli('noise', state(100, 500)));
await device.dispose();
