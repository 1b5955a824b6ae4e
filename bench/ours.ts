import { fileURLToPath } from 'node:url';
import { type DeviceOptions, openDevice } from '../devices/index.ts';
import type { Order } from './clock.ts';
import { CLEARED, outputOf } from './environment.ts';
import type { Measured } from './measure.ts';

/** One way for us to compute on this machine. */
export interface Ours {
  readonly program: string;
  readonly device: DeviceOptions;
  /** The library or the hardware behind it. */
  readonly description: string;
}

const MEASURE = fileURLToPath(new URL('measure.ts', import.meta.url));

/** The built-in kernels, and a system BLAS before them if there is one; or the GPU. */
export async function findOurs(device: 'cpu' | 'gpu', note: (sentence: string) => void): Promise<Ours[]> {
  for (const name of CLEARED) delete process.env[name];
  const opened = await openDevice(device === 'gpu' ? { device } : { device, blas: 'auto' });
  const { blas, backend, hardware } = opened.info;
  await opened.dispose();
  if (device === 'gpu')
    return [{ program: 'gpu', device: { device }, description: `${backend} on ${hardware}` }];
  if (blas === null)
    note('no system BLAS was found (Debian: libopenblas0), so that only the built-in kernels are measured');
  return [
    ...(blas === null
      ? []
      : [{ program: 'system BLAS', device: { device, blas: 'auto' }, description: blas }]),
    { program: 'built-in', device: { device, blas: 'none' }, description: 'WebAssembly SIMD' },
  ];
}

/** Measures runs of ours in a process of their own. */
export async function measureOurs(order: Order): Promise<[Measured, ...Measured[]]> {
  const command = ['--import', 'tsx', MEASURE, JSON.stringify(order)];
  const what = `${order.plan.name} on ${order.device.device}`;
  return JSON.parse(await outputOf(what, process.execPath, command));
}
