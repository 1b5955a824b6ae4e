import { type Device, GPU_BACKENDS, type GpuBackend, openGpu, UserError } from '../kernels/index.ts';
import { processorName } from './cpu.ts';
import { openWebGpu, type WebGpuHardware } from './webgpu.ts';

/**
 * Opens gpu.js on a backend. `webasm` and `cpu` run on the processor.
 * @param backend `auto` takes a hardware GPU through WebGPU, and never a processor that stands in for one
 * @throws UserError if the backend is unknown, or missing on this machine, with the reason
 */
export async function openGpuDevice(backend: GpuBackend | 'auto' = 'auto'): Promise<Device> {
  return (await openGpuReplicas(backend, 1))[0]!;
}

/**
 * Devices that run in lockstep, see `openGpu`.
 * @throws UserError as `openGpuDevice`
 */
export async function openGpuReplicas(backend: GpuBackend | 'auto', count: number): Promise<Device[]> {
  if (backend !== 'auto' && !GPU_BACKENDS.includes(backend))
    throw new UserError(
      `unknown gpu backend '${String(backend)}': choose from auto, ${GPU_BACKENDS.join(', ')}`,
    );
  const hardware = await hardwareOf(backend);
  const { library } = await import('./gpu-js.ts');
  if (backend === 'headlessgl' && !library.GPU.isHeadlessGLSupported)
    throw new UserError(
      'the gpu backend headlessgl is not available: it needs the npm package `gl` and a display, see docs/devices.md',
    );
  return openGpu(library, backend === 'auto' ? 'webgpu' : backend, hardware, count);
}

/** What a backend runs on, in words. */
async function hardwareOf(backend: GpuBackend | 'auto'): Promise<string> {
  switch (backend) {
    case 'auto':
      return hardwareGpu();
    case 'webgpu':
      return (await openWebGpu()).description;
    case 'headlessgl':
      return 'OpenGL of the display';
    case 'webasm':
    case 'cpu':
      return processorName();
  }
}

async function hardwareGpu(): Promise<string> {
  const found = await findHardware();
  if (typeof found !== 'string') return found.description;
  throw new UserError(
    `no hardware GPU was found (${found}): use --device cpu, or --backend webasm for gpu.js on the processor`,
  );
}

/** The GPU that `auto` would take, or why there is none. */
export async function findHardware(): Promise<WebGpuHardware | string> {
  try {
    const found = await openWebGpu();
    return found.isSoftware ? `WebGPU offers only ${found.description}` : found;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}
