/**
 * Speed of the CPU's kernels on one thread: `npm run bench:kernels -- --help`.
 */
import { openDevice } from '../devices/index.ts';
import type { Device } from '../kernels/index.ts';
import { collectProvenance } from '../results/index.ts';
import { parseArguments, runBench } from './arguments.ts';
import { describeMachine, type Machine } from './environment.ts';
import { ELEMENT_CASES, PRODUCTS, type Product, SPIKING, square, traceProduct } from './kernel-cases.ts';
import { findOurs, type OursRecord, recordOf } from './ours.ts';
import { describeOurs, textTable } from './report.ts';
import { secondsPerStep } from './stopwatch.ts';

export interface ProductSpeed extends Product {
  /** Of each device, 10^9 multiplications and additions a second; those with a zero count too. */
  readonly gflops: Readonly<Record<string, number>>;
}

export interface KernelsDocument {
  readonly kind: 'kernels';
  readonly machine: Machine;
  readonly ours: Readonly<Record<string, OursRecord>>;
  /** Of each device: the most that it reached in a large square product, and how large. */
  readonly peak: Readonly<Record<string, { readonly gflops: number; readonly size: number }>>;
  readonly products: readonly ProductSpeed[];
  readonly elements: readonly { readonly name: string; readonly nanoseconds: number }[];
  /** For each spike among 784 neurons, what it takes to find it and to add its weights to all targets. */
  readonly spike: { readonly nanoseconds: number; readonly targets: number };
  /** 10^9 bytes a second of out = a + b over three tensors of so many bytes together. */
  readonly bandwidth: readonly { readonly bytes: number; readonly gigabytes: number }[];
}

const SQUARES = [512, 1024, 2048] as const;
const SIZES = [24e3, 400e3, 6e6, 200e6] as const;

await runBench('bench:kernels', async () => {
  const { json } = parseArguments(
    'npm run bench:kernels --',
    'Speed of single kernels on one thread.',
    { json: { type: 'boolean', default: false, describe: 'Print one JSON document' } } as const,
    process.argv.slice(2),
  );
  const ours = await findOurs((sentence) => process.stderr.write(`${sentence}\n`));
  const devices: Record<string, Device> = {};
  for (const { program, device } of ours) devices[program] = await openDevice(device);
  const builtIn = devices['built-in']!;
  const document: KernelsDocument = {
    kind: 'kernels',
    machine: collectProvenance(),
    ours: recordOf(ours),
    peak: await eachDevice(devices, peakOf),
    products: await inTurn(PRODUCTS, async (product) => ({
      ...product,
      gflops: await eachDevice(devices, (device) => gflops(device, product)),
    })),
    elements: await inTurn(ELEMENT_CASES, async ({ name, elements, batch, trace }) => ({
      name,
      nanoseconds: (1e9 * (await secondsPerStep(builtIn, trace, batch))) / elements,
    })),
    spike: await spikeOf(builtIn),
    bandwidth: await inTurn(SIZES, (bytes) => bandwidthOf(builtIn, bytes)),
  };
  process.stdout.write(json ? `${JSON.stringify(document, null, 2)}\n` : report(document));
});

async function inTurn<T, R>(items: readonly T[], measure: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await measure(item));
  return results;
}

async function eachDevice<R>(
  devices: Readonly<Record<string, Device>>,
  measure: (device: Device) => Promise<R>,
) {
  const entries = await inTurn(Object.entries(devices), async ([name, device]) => [
    name,
    await measure(device),
  ]);
  return Object.fromEntries(entries) as Record<string, R>;
}

async function gflops(device: Device, product: Product): Promise<number> {
  const seconds = await secondsPerStep(device, (k, state) => traceProduct(k, state, product));
  return (2 * product.m * product.n * product.k) / seconds / 1e9;
}

async function peakOf(device: Device) {
  const all = await inTurn(SQUARES, async (size) => ({ size, gflops: await gflops(device, square(size)) }));
  return all.reduce((best, one) => (one.gflops > best.gflops ? one : best));
}

async function spikeOf(device: Device) {
  const interval = Math.round(1 / SPIKING);
  const spikes = Math.ceil(784 / interval);
  let next = 0;
  const seconds = await secondsPerStep(device, (k, state) => {
    const spiking = state(1, 784, () => (next++ % interval === 0 ? 1 : 0));
    k.matmul(spiking, state(784, 500), { sparse: true, into: state(1, 500) });
  });
  return { nanoseconds: (1e9 * seconds) / spikes, targets: 500 };
}

async function bandwidthOf(device: Device, bytes: number) {
  const columns = Math.round(bytes / 12);
  const seconds = await secondsPerStep(device, (k, state) => {
    const [a, b, out] = [state(1, columns), state(1, columns), state(1, columns)];
    k.mapInto(out, (x, y) => x + y, a, b);
  });
  return { bytes, gigabytes: (12 * columns) / seconds / 1e9 };
}

function report({ machine, ours, peak, products, elements, spike, bandwidth }: KernelsDocument): string {
  const names = Object.keys(peak);
  const form = ({ transposeA, transposeB, accumulate }: Product) =>
    `${transposeA ? "a'" : 'a'} ${transposeB ? "b'" : 'b'}${accumulate ? ', added' : ''}`;
  return [
    ...describeMachine(machine),
    ...describeOurs(ours),
    ...names.map(
      (name) => `peak, ${name}: ${peak[name]!.gflops.toFixed(0)} GFLOP/s at ${peak[name]!.size}^3`,
    ),
    textTable(
      ['product', 'm x k x n', 'form', ...names.map((name) => `${name}, GFLOP/s`)],
      products.map((p) => [
        p.use,
        `${p.m}x${p.k}x${p.n}`,
        form(p),
        ...names.map((name) => p.gflops[name]!.toFixed(1)),
      ]),
    ),
    textTable(
      ['kernel', 'ns an element'],
      elements.map(({ name, nanoseconds }) => [name, nanoseconds.toFixed(3)]),
    ),
    `a spike onto ${spike.targets} neurons: ${spike.nanoseconds.toFixed(0)} ns`,
    ...bandwidth.map(({ bytes, gigabytes }) => `a + b in ${bytes / 1e6} MB: ${gigabytes.toFixed(1)} GB/s`),
    '',
  ].join('\n');
}
