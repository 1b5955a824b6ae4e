import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { type Device, openCpu } from '../kernels/index.ts';
import { findBlas } from './blas.ts';

/** What makes the built-in kernels, and where the build puts it. */
const KERNELS = new URL('../kernels/cpu/kernels.wasm', import.meta.url);

/**
 * Opens the device that computes on one thread of this machine's processor.
 * @param blas `auto`: a system BLAS multiplies where one is found, else the built-in kernels. `none`: the built-in kernels, with
 * the same bits on every machine. Else 'openblas', 'mkl', 'blis', 'accelerate' or a library's file.
 * @throws UserError if a BLAS asked for by name cannot be used, or there is no memory
 */
export async function openCpuDevice(blas = 'auto'): Promise<Device> {
  const found = blas === 'none' ? null : findBlas(blas);
  return openCpu(readKernels(), { hardware: processorName(), blas: found });
}

export const processorName = (): string => cpus()[0]?.model.trim() || process.arch;

/** @throws Error if the kernels have not been built */
function readKernels(): Uint8Array {
  try {
    return readFileSync(KERNELS);
  } catch {
    throw new Error(
      `cannot read the kernels of the cpu device in ${KERNELS.pathname}: run \`npm run build\``,
    );
  }
}
