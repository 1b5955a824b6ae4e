import type { Device } from './device.ts';
import { UserError } from './errors.ts';
import { findHardware, GPU_BACKENDS, type GpuBackend, openGpuDevice, openGpuReplicas } from './gpu/device.ts';
import { Kernels } from './kernels.ts';
import { RandomStream } from './random.ts';

export interface DeviceOptions {
  /** `auto`: a hardware GPU where it is measured as faster than the processor for the network at hand, else `cpu`. */
  readonly device?: 'auto' | 'cpu' | 'gpu';
  /** gpu only: what gpu.js runs on. */
  readonly backend?: GpuBackend | 'auto';
  /** cpu only: the system BLAS to multiply with, see openCpuDevice. */
  readonly blas?: string;
  /** Widths of the network's layers and rows in a minibatch, for the measurement of `auto`. */
  readonly layers?: readonly number[];
  readonly batch?: number;
}

/** One way to compute, and whether this machine has it. */
export interface DeviceListing {
  readonly device: 'cpu' | 'gpu';
  readonly backend: string;
  readonly available: boolean;
  /** Why it is not available, or null. */
  readonly reason: string | null;
  readonly hardware: string | null;
  /** Measured: 10^9 floating-point operations a second in products of 100x784 and 784x500 matrices, or null. */
  readonly gflops: number | null;
}

const DEVICES = ['auto', 'cpu', 'gpu'] as const;
const MNIST_LAYERS = [784, 500, 10];
const MNIST_BATCH = 100;

/**
 * Opens a device. Without `device`, a backend stands for `gpu` and a BLAS for `cpu`.
 * @throws UserError if a name is unknown, two options do not fit together, or the machine lacks what was asked for
 */
export async function openDevice(options: DeviceOptions = {}): Promise<Device> {
  const { device = 'auto', backend, blas } = options;
  if (!DEVICES.includes(device))
    throw new UserError(`unknown device '${String(device)}': choose from ${DEVICES.join(', ')}`);
  if (backend !== undefined && (device === 'cpu' || blas !== undefined))
    throw new UserError(
      `the backend '${backend}' belongs to --device gpu and cannot go with the cpu's options`,
    );
  if (blas !== undefined && device === 'gpu')
    throw new UserError(`--blas ${blas} belongs to --device cpu and cannot go with --device gpu`);
  if (device === 'gpu' || backend !== undefined)
    return openGpuDevice(backend === undefined ? {} : { backend });
  if (device === 'cpu' || blas !== undefined) return openCpu(blas);
  return openFastest(options.layers ?? MNIST_LAYERS, options.batch ?? MNIST_BATCH);
}

/**
 * GPU devices that run in lockstep, one for each of several seeds: see `openGpuReplicas`.
 * @throws UserError as `openDevice`
 */
export const openReplicas = ({ backend }: DeviceOptions, count: number): Promise<Device[]> =>
  openGpuReplicas(backend === undefined ? {} : { backend }, count);

/** What this machine offers to compute on, each measured, and why the rest is missing. */
export async function listDevices(): Promise<DeviceListing[]> {
  const candidates: [DeviceListing['device'], string, () => Promise<Device>][] = [
    ['cpu', 'built-in kernels', () => openCpu('none')],
    ['cpu', 'system BLAS', openSystemBlas],
    ...GPU_BACKENDS.map((backend): [DeviceListing['device'], string, () => Promise<Device>] => [
      'gpu',
      backend,
      () => openGpuDevice({ backend }),
    ]),
  ];
  const listings: DeviceListing[] = [];
  // One after the other: they would share the processor, and slow each other down.
  for (const [device, backend, open] of candidates) listings.push(await list(device, backend, open));
  return listings;
}

async function list(
  device: DeviceListing['device'],
  backend: string,
  open: () => Promise<Device>,
): Promise<DeviceListing> {
  let opened: Device | undefined;
  try {
    opened = await open();
    const gflops = await measureProducts(opened, MNIST_LAYERS.slice(0, 2), MNIST_BATCH);
    const { hardware, blas } = opened.info;
    const words = blas === null ? hardware : `${hardware}, ${blas}`;
    return { device, backend, available: true, reason: null, hardware: words, gflops };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { device, backend, available: false, reason, hardware: null, gflops: null };
  } finally {
    await opened?.dispose();
  }
}

async function openCpu(blas: string | undefined): Promise<Device> {
  const { openCpuDevice } = await import('./cpu/device.ts');
  return openCpuDevice(blas === undefined ? {} : { blas });
}

async function openSystemBlas(): Promise<Device> {
  const device = await openCpu('auto');
  if (device.info.blas !== null) return device;
  await device.dispose();
  throw new UserError('no system BLAS was found; install one (Debian: libopenblas0)');
}

async function openFastest(layers: readonly number[], batch: number): Promise<Device> {
  const cpu = await openCpu(undefined);
  if (typeof (await findHardware()) === 'string') return cpu;
  const gpu = await openGpuDevice();
  const [onCpu, onGpu] = [
    await measureProducts(cpu, layers, batch),
    await measureProducts(gpu, layers, batch),
  ];
  const [fast, slow] = onGpu > onCpu ? [gpu, cpu] : [cpu, gpu];
  await slow.dispose();
  return fast;
}

const SAMPLE_SECONDS = 0.1;
const MOST_STEPS = 20;
const SAMPLES = 3;

/**
 * GFLOP/s of a chain of products like a network's forward pass. On a slow device one product is enough of a sample;
 * on a fast one, several steps in one call show what it does when it is kept busy.
 */
async function measureProducts(device: Device, layers: readonly number[], batch: number): Promise<number> {
  const kernels = new Kernels(device, 0);
  const numbers = new RandomStream(0, 'measurement');
  const state = (name: string, rows: number, columns: number) =>
    kernels.state(name, rows, columns, numbers.uniform(rows * columns, -1, 1));
  const input = state('input', batch, layers[0]!);
  const weights = layers.slice(1).map((width, i) => state(`weights ${i}`, layers[i]!, width));
  const output = state('output', batch, layers.at(-1)!);
  const executable = await kernels.trace('measurement', () => {
    const last = weights.slice(0, -1).reduce((activity, w) => kernels.matmul(activity, w), input);
    kernels.matmul(last, weights.at(-1)!, { into: output });
  });
  const secondsOf = async (steps: number): Promise<number> => {
    const start = performance.now();
    await executable.run({ steps, firstStep: 0, rows: new Uint32Array(0) });
    return (performance.now() - start) / 1000;
  };
  await secondsOf(1);
  let seconds = await secondsOf(1);
  const steps = Math.min(MOST_STEPS, Math.floor(SAMPLE_SECONDS / seconds));
  if (steps > 1) {
    await secondsOf(steps);
    for (let i = 0; i < SAMPLES; i++) seconds = Math.min(seconds, (await secondsOf(steps)) / steps);
  }
  executable.dispose();
  const products = weights.reduce((total, w) => total + w.rows * w.columns, 0);
  return (2 * batch * products) / seconds / 1e9;
}
