import { cpus } from 'node:os';
import type { Device, DeviceInfo, Executable } from '../device.ts';
import { UserError } from '../errors.ts';
import type { Op, Program } from '../program.ts';
import type { Tensor } from '../tensor.ts';
import { GPU_BACKENDS, type GpuBackend } from './executable.ts';
import type { GpuLibrary } from './gpu-js.ts';
import { Lockstep } from './lockstep.ts';
import { openWebGpu, type WebGpuHardware, watchDriver } from './webgpu.ts';

export { GPU_BACKENDS, type GpuBackend };

export interface GpuOptions {
  /** `auto` takes a hardware GPU through WebGPU, and never a processor that stands in for one. */
  backend?: GpuBackend | 'auto';
}

/**
 * The device that computes through gpu.js. State tensors are kept on the host between runs: gpu.js takes and gives
 * back plain arrays at the ends of a plan.
 */
export class GpuDevice implements Device {
  readonly #platform: Platform;
  readonly #states = new Map<Tensor, Float32Array>();

  /** @param platform shared by devices that run in lockstep */
  constructor(platform: Platform) {
    this.#platform = platform;
    platform.lockstep.join(this.#states);
  }

  /** `executorKind` is known once a plan has run. A fall-back is an error of `run`, so its reason is always null here. */
  get info(): DeviceInfo {
    const { backend, hardware, executorKind } = this.#platform;
    return { name: 'gpu', backend, blas: null, executorKind, fallbackReason: null, hardware };
  }

  allocate(tensor: Tensor): void {
    this.#states.set(tensor, new Float32Array(tensor.rows * tensor.columns));
  }

  async write(tensor: Tensor, values: Float32Array): Promise<void> {
    this.#state(tensor).set(values);
  }

  async read(tensor: Tensor): Promise<Float32Array> {
    return this.#state(tensor).slice();
  }

  /** @throws UserError naming an op that the backend cannot run */
  async compile(program: Program): Promise<Executable> {
    const { backend, lockstep } = this.#platform;
    if (backend === 'headlessgl' && program.ops.some(isRandom))
      throw new UserError(
        `the random fill in '${program.name}' needs 32-bit integers, which the gpu backend headlessgl lacks: use --backend webgpu or webasm`,
      );
    return lockstep.compile(this.#states, program);
  }

  /** State tensors, and the kernels and plans of gpu.js, which devices in lockstep share. */
  liveBuffers(): number {
    return this.#states.size + this.#platform.lockstep.liveBuffers();
  }

  async dispose(): Promise<void> {
    await this.#platform.lockstep.leave(this.#states);
    this.#states.clear();
  }

  #state(tensor: Tensor): Float32Array {
    const values = this.#states.get(tensor);
    if (!values) throw new Error(`the gpu device holds no state '${tensor.name}'`);
    return values;
  }
}

/** gpu.js on one backend, with the devices that run on it in lockstep. */
export class Platform {
  readonly backend: GpuBackend;
  readonly hardware: string;
  readonly lockstep: Lockstep;
  executorKind: string | null = null;

  constructor(library: GpuLibrary, backend: GpuBackend, hardware: string) {
    this.backend = backend;
    this.hardware = hardware;
    this.lockstep = new Lockstep({
      library,
      backend,
      ran: (executorKind) => {
        this.executorKind = executorKind;
      },
    });
  }
}

const isRandom = (op: Op): boolean =>
  op.kind === 'random' || (op.kind === 'repeat' && op.body.some(isRandom));

/**
 * Opens gpu.js on a backend. `webasm` and `cpu` run on the processor.
 * @throws UserError if the backend is unknown, or missing on this machine, with the reason
 */
export async function openGpuDevice(options: GpuOptions = {}): Promise<GpuDevice> {
  return new GpuDevice(await openPlatform(options));
}

/**
 * Devices that run in lockstep, for several seeds of one rule. All have to record the same programs in the same order;
 * when all of them run one, a single plan computes for all. A device that is disposed of is waited for no longer.
 * @throws UserError as `openGpuDevice`
 */
export async function openGpuReplicas(options: GpuOptions, count: number): Promise<GpuDevice[]> {
  const platform = await openPlatform(options);
  return Array.from({ length: count }, () => new GpuDevice(platform));
}

async function openPlatform({ backend = 'auto' }: GpuOptions): Promise<Platform> {
  if (backend !== 'auto' && !GPU_BACKENDS.includes(backend))
    throw new UserError(
      `unknown gpu backend '${String(backend)}': choose from auto, ${GPU_BACKENDS.join(', ')}`,
    );
  if (backend === 'auto') return openHardware();
  if (backend === 'webgpu') return openOnWebGpu(await openWebGpu());
  const { library } = await import('./gpu-js.ts');
  if (backend !== 'headlessgl') return new Platform(library, backend, processorName());
  if (!library.GPU.isHeadlessGLSupported)
    throw new UserError(
      'the gpu backend headlessgl is not available: it needs the npm package `gl` and a display, see docs/devices.md',
    );
  return new Platform(library, backend, 'OpenGL of the display');
}

async function openHardware(): Promise<Platform> {
  const found = await findHardware();
  if (typeof found !== 'string') return openOnWebGpu(found);
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

async function openOnWebGpu({ description }: WebGpuHardware): Promise<Platform> {
  const { library } = await import('./gpu-js.ts');
  await watchDriver(library);
  return new Platform(library, 'webgpu', description);
}

const processorName = (): string => cpus()[0]?.model.trim() ?? 'unknown processor';
