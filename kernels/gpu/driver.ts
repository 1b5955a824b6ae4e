import type { DriverEvents, GpuLibrary } from './library.ts';

const watched = new WeakSet<DriverEvents>();
let driverError: string | null = null;

/** Remembers what the driver reports on gpu.js's device: gpu.js itself only prints it, and goes on with zeros. */
export async function watchDriver(library: GpuLibrary): Promise<void> {
  const { device } = await library.WebGPUContext.acquire();
  if (watched.has(device)) return;
  watched.add(device);
  device.addEventListener('uncapturederror', (event) => {
    driverError ??= event.error.message;
  });
}

/** The first error reported since the last call, or null. */
export function takeDriverError(): string | null {
  const error = driverError;
  driverError = null;
  return error;
}
