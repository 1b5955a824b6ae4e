import { type Device, GPU_BACKENDS, UserError } from '../kernels/index.ts';
import { openCpuDevice } from './cpu.ts';
import { openGpuDevice } from './gpu.ts';
import { MNIST_BATCH, MNIST_LAYERS, measureProducts } from './speed.ts';

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

/** What this machine offers to compute on, each measured, and why the rest is missing. */
export async function listDevices(): Promise<DeviceListing[]> {
  const candidates: [DeviceListing['device'], string, () => Promise<Device>][] = [
    ['cpu', 'built-in kernels', () => openCpuDevice('none')],
    ['cpu', 'built-in kernels, fused multiply-add', () => openCpuDevice('fma')],
    ['cpu', 'system BLAS', openSystemBlas],
    ...GPU_BACKENDS.map((backend): [DeviceListing['device'], string, () => Promise<Device>] => [
      'gpu',
      backend,
      () => openGpuDevice(backend),
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

async function openSystemBlas(): Promise<Device> {
  const device = await openCpuDevice('auto');
  if (device.info.blas !== null) return device;
  await device.dispose();
  throw new UserError('no system BLAS was found; install one (Debian: libopenblas0)');
}
