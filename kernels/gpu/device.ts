import { zeros } from '../allocation.ts';
import type { Capabilities, Device, DeviceInfo, Executable } from '../device.ts';
import { UserError } from '../errors.ts';
import type { Op, Program } from '../program.ts';
import type { Tensor } from '../tensor.ts';
import type { GpuBackend } from './backend.ts';
import { watchDriver } from './driver.ts';
import type { GpuLibrary } from './library.ts';
import { LARGEST_BUFFER } from './limits.ts';
import { Lockstep } from './lockstep.ts';

/** Replicas in one plan at most. */
const MOST_REPLICAS = 16;

/** Each array of a plan holds the values of all replicas, and the weights are the largest. */
const CAPABILITIES: Capabilities = {
  stepsPerCall: 100,
  replicas: (largestState) =>
    Math.max(1, Math.min(MOST_REPLICAS, Math.floor(LARGEST_BUFFER / (4 * largestState)))),
};

/**
 * The device that computes through gpu.js. State tensors are kept on the host between runs: gpu.js takes and gives
 * back plain arrays at the ends of a plan.
 */
export class GpuDevice implements Device {
  readonly capabilities = CAPABILITIES;
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
    this.#states.set(tensor, zeros(`the state '${tensor.name}'`, tensor.rows * tensor.columns));
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
 * Opens gpu.js on a backend, in Node and in a browser: devices that run in lockstep, for several seeds of one rule. All have to
 * trace the same programs in the same order; when all of them run one, a single plan computes for all. A device that is
 * disposed of is waited for no longer.
 * @param library what `import('gpu.js')` gives; \`navigator.gpu\` has to be there for the backend webgpu
 * @param hardware in words, for the run record
 * @param count of devices; one runs on its own
 */
export async function openGpu(
  library: GpuLibrary,
  backend: GpuBackend,
  hardware: string,
  count: number,
): Promise<Device[]> {
  if (backend === 'webgpu') await watchDriver(library);
  const platform = new Platform(library, backend, hardware);
  return Array.from({ length: count }, () => new GpuDevice(platform));
}
