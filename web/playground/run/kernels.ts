import { type Device, hasRelaxedSimd, openCpu } from '../../../kernels/index.ts';
import type { KernelChoice, Resources } from './messages.ts';

/** The cpu device of this worker's thread. */
export const openKernels = (choice: KernelChoice, { exact, fused }: Resources): Promise<Device> =>
  openCpu(new Uint8Array(choice === 'fastest' && hasRelaxedSimd() ? fused : exact), {
    hardware: 'a browser',
  });
