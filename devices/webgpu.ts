import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { UserError } from '../kernels/index.ts';

/** The part of a WebGPU adapter that is of use here. */
interface Adapter {
  readonly info: {
    readonly vendor: string;
    readonly architecture: string;
    readonly description: string;
    readonly isFallbackAdapter?: boolean;
  };
}

export interface WebGpuHardware {
  readonly description: string;
  /** Whether a processor stands in for the GPU (SwiftShader, lavapipe). */
  readonly isSoftware: boolean;
}

/**
 * Makes `navigator.gpu`, which Node lacks, from the npm package `webgpu` (Dawn), and says what hardware answers.
 * @throws UserError if none does, with what to install
 */
export async function openWebGpu(): Promise<WebGpuHardware> {
  const gpu = await provideNavigatorGpu();
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw unavailable(NO_DRIVER);
  const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
  const isSoftware = isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe/i.test(description);
  const words = [vendor, architecture, description].filter((word) => word !== '').join(' ');
  return { description: isSoftware ? `${words} (software, no GPU)` : words, isSoftware };
}

const NO_DRIVER = 'no graphics driver answers (on Linux it needs a Vulkan driver for the GPU)';

const unavailable = (why: string): UserError => new UserError(`WebGPU is not available: ${why}`);

interface NavigatorGpu {
  requestAdapter(): Promise<Adapter | null>;
}

async function provideNavigatorGpu(): Promise<NavigatorGpu> {
  const host = globalThis as { navigator?: { gpu?: NavigatorGpu } };
  if (host.navigator?.gpu) return host.navigator.gpu;
  const { create } = await importDawn();
  await requireVulkanLoader();
  requireVulkanDriver();
  const gpu = create([]) as unknown as NavigatorGpu;
  if (!host.navigator) Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  Object.defineProperty(host.navigator, 'gpu', { value: gpu, configurable: true });
  return gpu;
}

/** Looked for here because Dawn without it prints a warning of its own and then finds no adapter. */
async function requireVulkanLoader(): Promise<void> {
  if (process.platform !== 'linux') return;
  const koffi = await import('koffi').catch(() => null);
  if (!koffi) return; // no binary for this platform: nothing can be looked for
  try {
    koffi.default.load('libvulkan.so.1');
  } catch {
    throw unavailable(
      'the Vulkan loader libvulkan.so.1 is missing (Debian: libvulkan1, and a Vulkan driver for the GPU)',
    );
  }
}

/** Where a Vulkan loader looks for its drivers (Khronos, Vulkan-Loader, "Driver Discovery on Linux"). */
const DRIVER_FOLDERS = [
  '/etc',
  '/usr/local/etc',
  '/usr/share',
  '/usr/local/share',
  `${homedir()}/.local/share`,
];

/** Looked for here because Dawn without one prints warnings of its own and then finds no adapter. */
function requireVulkanDriver(): void {
  const { VK_ICD_FILENAMES, VK_DRIVER_FILES, VK_ADD_DRIVER_FILES } = process.env;
  if (process.platform !== 'linux' || VK_ICD_FILENAMES || VK_DRIVER_FILES || VK_ADD_DRIVER_FILES) return;
  const isThere = DRIVER_FOLDERS.some((folder) => {
    const drivers = `${folder}/vulkan/icd.d`;
    return existsSync(drivers) && readdirSync(drivers).length > 0;
  });
  if (!isThere) throw unavailable(NO_DRIVER);
}

/** An optional package: most machines that train have no GPU, and Dawn is twice as large as all the rest. */
async function importDawn(): Promise<typeof import('webgpu')> {
  try {
    return await import('webgpu');
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_MODULE_NOT_FOUND')
      throw unavailable("the npm package 'webgpu' is not installed; add it with `npm install webgpu@0.6.2`");
    throw unavailable(`the npm package 'webgpu' does not load (${String(error)})`);
  }
}
