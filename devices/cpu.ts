import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { type Device, hasRelaxedSimd, openCpu, UserError } from '../kernels/index.ts';
import { findBlas } from './blas.ts';

/** What makes the built-in kernels, and where the build puts it. */
const EXACT = new URL('../kernels/cpu/kernels.wasm', import.meta.url);
const FUSED = new URL('../kernels/cpu/kernels-fma.wasm', import.meta.url);

/**
 * Opens the device that computes on one thread of this machine's processor.
 * @param blas `auto`: a system BLAS multiplies where one is found; what it does not multiply, the built-in kernels do, with
 * fused multiply-add where Node.js has it. `none`: the built-in kernels, with the same bits on every machine. `fma`: those with
 * fused multiply-add. Else 'openblas', 'mkl', 'blis', 'accelerate' or a library's file, and the rest as for `auto`.
 * @throws UserError if what was asked for by name cannot be used, or there is no memory
 */
export async function openCpuDevice(blas = 'auto'): Promise<Device> {
  if (blas === 'fma' && !hasRelaxedSimd())
    throw new UserError('this Node.js has no relaxed SIMD; Node 22 and later have it');
  const found = blas === 'none' || blas === 'fma' ? null : findBlas(blas);
  const fused = blas !== 'none' && hasRelaxedSimd();
  return openCpu(readKernels(fused ? FUSED : EXACT), { hardware: processorName(), blas: found });
}

let processor: string | null = null;

export const processorName = (): string => {
  // The system looks at every core for that.
  processor ??= cpus()[0]?.model.trim() || process.arch;
  return processor;
};

/** Those that were read: the devices of a thread, one for each run, share the code of the same bytes. */
const kernels = new Map<URL, Uint8Array>();

/** @throws Error if the kernels have not been built */
function readKernels(file: URL): Uint8Array {
  const known = kernels.get(file);
  if (known) return known;
  try {
    const bytes = readFileSync(file);
    kernels.set(file, bytes);
    return bytes;
  } catch {
    throw new Error(`cannot read the kernels of the cpu device in ${file.pathname}: run \`npm run build\``);
  }
}
