import { cpus } from 'node:os';
import type { Device, DeviceInfo, Executable } from '../device.ts';
import { UserError } from '../errors.ts';
import type { Op, Program } from '../program.ts';
import type { Tensor } from '../tensor.ts';
import { GPU_BACKENDS, type GpuBackend, GpuExecutable, type Host } from './executable.ts';
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
  readonly #host: Host;
  readonly #hardware: string;
  readonly #executables = new Set<GpuExecutable>();
  readonly #released: Promise<void>[] = [];
  #executorKind: string | null = null;

  constructor(library: Host['library'], backend: GpuBackend, hardware: string) {
    this.#hardware = hardware;
    this.#host = {
      library,
      backend,
      states: new Map(),
      ran: (executorKind) => {
        this.#executorKind = executorKind;
      },
      disposed: (executable, released) => {
        this.#executables.delete(executable);
        this.#released.push(released);
      },
    };
  }

  /** `executorKind` is known once a plan has run. A fall-back is an error of `run`, so its reason is always null here. */
  get info(): DeviceInfo {
    return {
      name: 'gpu',
      backend: this.#host.backend,
      blas: null,
      executorKind: this.#executorKind,
      fallbackReason: null,
      hardware: this.#hardware,
    };
  }

  allocate(tensor: Tensor): void {
    this.#host.states.set(tensor, new Float32Array(tensor.rows * tensor.columns));
  }

  async write(tensor: Tensor, values: Float32Array): Promise<void> {
    this.#state(tensor).set(values);
  }

  async read(tensor: Tensor): Promise<Float32Array> {
    return this.#state(tensor).slice();
  }

  /** @throws UserError naming an op that the backend cannot run */
  async compile(program: Program): Promise<Executable> {
    if (this.#host.backend === 'headlessgl' && program.ops.some(isRandom))
      throw new UserError(
        `the random fill in '${program.name}' needs 32-bit integers, which the gpu backend headlessgl lacks: use --backend webgpu or webasm`,
      );
    const executable = new GpuExecutable(this.#host, program);
    this.#executables.add(executable);
    return executable;
  }

  /** State tensors, and the kernels and plans of gpu.js. */
  liveBuffers(): number {
    return [...this.#executables].reduce(
      (total, executable) => total + executable.liveBuffers(),
      this.#host.states.size,
    );
  }

  async dispose(): Promise<void> {
    for (const executable of this.#executables) executable.dispose();
    this.#host.states.clear();
    await Promise.all(this.#released.splice(0));
  }

  #state(tensor: Tensor): Float32Array {
    const values = this.#host.states.get(tensor);
    if (!values) throw new Error(`the gpu device holds no state '${tensor.name}'`);
    return values;
  }
}

const isRandom = (op: Op): boolean =>
  op.kind === 'random' || (op.kind === 'repeat' && op.body.some(isRandom));

/**
 * Opens gpu.js on a backend. `webasm` and `cpu` run on the processor.
 * @throws UserError if the backend is unknown, or missing on this machine, with the reason
 */
export async function openGpuDevice({ backend = 'auto' }: GpuOptions = {}): Promise<GpuDevice> {
  if (backend !== 'auto' && !GPU_BACKENDS.includes(backend))
    throw new UserError(
      `unknown gpu backend '${String(backend)}': choose from auto, ${GPU_BACKENDS.join(', ')}`,
    );
  if (backend === 'auto') return openHardware();
  if (backend === 'webgpu') return openOnWebGpu(await openWebGpu());
  const library = await import('gpu.js');
  if (backend !== 'headlessgl') return new GpuDevice(library, backend, processorName());
  if (!library.GPU.isHeadlessGLSupported)
    throw new UserError(
      'the gpu backend headlessgl is not available: it needs the npm package `gl` and a display, see docs/devices.md',
    );
  return new GpuDevice(library, backend, 'OpenGL of the display');
}

async function openHardware(): Promise<GpuDevice> {
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

async function openOnWebGpu({ description }: WebGpuHardware): Promise<GpuDevice> {
  const library = await import('gpu.js');
  await watchDriver(library);
  return new GpuDevice(library, 'webgpu', description);
}

const processorName = (): string => cpus()[0]?.model.trim() ?? 'unknown processor';
