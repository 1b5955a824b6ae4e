import { existsSync } from 'node:fs';
import koffi from 'koffi';
import { openGpuDevice } from '../../devices/gpu.ts';
import type { GpuBackend } from '../../kernels/index.ts';

/** Where Debian's package `chromium` has SwiftShader, a Vulkan driver that runs on the processor, and a loader. */
const CHROMIUM = '/usr/lib/chromium';
const SWIFTSHADER = `${CHROMIUM}/vk_swiftshader_icd.json`;

// A library that nobody holds is unloaded again.
const loaded: unknown[] = [];

/** Why WebGPU cannot be tested here, or null. Without a Vulkan driver of the user's choice, SwiftShader stands in. */
async function whyNoWebGpu(): Promise<string | null> {
  if (!process.env.VK_ICD_FILENAMES && existsSync(SWIFTSHADER)) {
    process.env.VK_ICD_FILENAMES = SWIFTSHADER;
    // Found by its name when Dawn asks for it, also where the system has no loader of its own.
    loaded.push(koffi.load(`${CHROMIUM}/libvulkan.so.1`));
  }
  try {
    const device = await openGpuDevice('webgpu');
    await device.dispose();
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The backends of gpu.js to test, with the reason where one cannot be tested on this machine. */
export async function gpuBackends(): Promise<{ backend: GpuBackend; skip: string | null }[]> {
  const skip = await whyNoWebGpu();
  if (skip) console.log(`skipping the tests of gpu webgpu: ${skip}`);
  return [
    { backend: 'cpu', skip: null },
    { backend: 'webasm', skip: null },
    { backend: 'webgpu', skip },
  ];
}
