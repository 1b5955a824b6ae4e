import type { Driver, GpuLibrary } from './library.ts';

const watched = new WeakSet<Driver>();
let driverError: string | null = null;

/**
 * gpu.js's device of WebGPU. What the driver reports on it is remembered: gpu.js itself only prints it, and goes on with
 * zeros.
 */
export async function openDriver(library: GpuLibrary): Promise<Driver> {
  const { device } = await library.WebGPUContext.acquire();
  if (watched.has(device)) return device;
  watched.add(device);
  device.addEventListener('uncapturederror', (event) => {
    driverError ??= event.error.message;
  });
  return device;
}

/** The first error reported since the last call, or null. */
export function takeDriverError(): string | null {
  const error = driverError;
  driverError = null;
  return error;
}
