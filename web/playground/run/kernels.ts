import exact from '../../../kernels/cpu/kernels.wasm?url';
import fused from '../../../kernels/cpu/kernels-fma.wasm?url';
import { type Device, hasRelaxedSimd, openCpu } from '../../../kernels/index.ts';
import type { KernelChoice } from './messages.ts';

/** The cpu device of this worker's thread. */
export async function openKernels(choice: KernelChoice): Promise<Device> {
  const url = choice === 'fastest' && hasRelaxedSimd() ? fused : exact;
  const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
  return openCpu(bytes, { hardware: 'a browser' });
}
