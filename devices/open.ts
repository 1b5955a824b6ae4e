import { type Device, type GpuBackend, UserError } from '../kernels/index.ts';
import { openCpuDevice } from './cpu.ts';
import { findHardware, openGpuDevice, openGpuReplicas } from './gpu.ts';
import { MNIST_BATCH, MNIST_LAYERS, measureProducts } from './speed.ts';

/** What to compute on. */
export interface DeviceOptions {
  /** `auto`: a hardware GPU where it is measured as faster than the processor for the network at hand, else `cpu`. */
  readonly device?: 'auto' | 'cpu' | 'gpu' | undefined;
  /** gpu only: what gpu.js runs on. */
  readonly backend?: GpuBackend | 'auto' | undefined;
  /**
   * cpu only: 'auto' (default), 'none' or 'fma' for the built-in kernels without and with fused multiply-add, or a system BLAS:
   * 'openblas', 'mkl', 'blis', 'accelerate' or a library's file.
   */
  readonly blas?: string | undefined;
  /** Widths of the network's layers and rows in a minibatch, for the measurement of `auto`. */
  readonly layers?: readonly number[];
  readonly batch?: number;
}

const DEVICES = ['auto', 'cpu', 'gpu'] as const;

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
  if (device === 'gpu' || backend !== undefined) return openGpuDevice(backend);
  if (device === 'cpu' || blas !== undefined) return openCpuDevice(blas);
  return openFastest(options.layers ?? MNIST_LAYERS, options.batch ?? MNIST_BATCH);
}

/**
 * GPU devices that run in lockstep, one for each of several seeds: see `openGpuReplicas`.
 * @throws UserError as `openDevice`
 */
export const openReplicas = ({ backend }: DeviceOptions, count: number): Promise<Device[]> =>
  openGpuReplicas(backend ?? 'auto', count);

async function openFastest(layers: readonly number[], batch: number): Promise<Device> {
  const cpu = await openCpuDevice();
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
