import type { Capabilities, Device, DeviceInfo, Executable } from '../device.ts';
import { UserError } from '../errors.ts';
import type { Op, Program } from '../program.ts';
import type { Tensor } from '../tensor.ts';
import type { GpuBackend } from './backend.ts';
import { DeviceStates } from './device-states.ts';
import { openDriver } from './driver.ts';
import type { Driver, GpuLibrary } from './library.ts';
import { LARGEST_BUFFER } from './limits.ts';
import { Lockstep } from './lockstep.ts';
import { HostStates, type States } from './states.ts';

/** Replicas in one plan at most. */
const MOST_REPLICAS = 32;

/** Each array of a plan holds the values of all replicas, and the weights are the largest. */
const CAPABILITIES: Capabilities = {
  stepsPerCall: 100,
  replicas: (largestState) =>
    Math.max(1, Math.min(MOST_REPLICAS, Math.floor(LARGEST_BUFFER / (4 * largestState)))),
};

/** The device that computes through gpu.js. With the backend webgpu, state tensors stay on the device between runs. */
export class GpuDevice implements Device {
  readonly capabilities = CAPABILITIES;
  readonly #platform: Platform;
  readonly #states = new Set<Tensor>();

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
    this.#platform.states.allocate(tensor);
    this.#states.add(tensor);
  }

  async write(tensor: Tensor, values: Float32Array): Promise<void> {
    this.#own(tensor);
    this.#platform.states.write(tensor, values);
  }

  async read(tensor: Tensor): Promise<Float32Array> {
    this.#own(tensor);
    return this.#platform.states.read(tensor);
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

  /** Of state tensors, and the kernels and plans of gpu.js: devices in lockstep share them all. */
  liveBuffers(): number {
    return this.#platform.states.liveBuffers() + this.#platform.lockstep.liveBuffers();
  }

  async dispose(): Promise<void> {
    await this.#platform.lockstep.leave(this.#states);
    for (const tensor of this.#states) this.#platform.states.release(tensor);
    this.#states.clear();
  }

  #own(tensor: Tensor): void {
    if (!this.#states.has(tensor)) throw new Error(`the gpu device holds no state '${tensor.name}'`);
  }
}

/** gpu.js on one backend, with the devices that run on it in lockstep. */
export class Platform {
  readonly backend: GpuBackend;
  readonly hardware: string;
  readonly lockstep: Lockstep;
  readonly states: States;
  executorKind: string | null = null;

  /** @param driver of the backend webgpu; without one, states lie on the host */
  constructor(library: GpuLibrary, backend: GpuBackend, hardware: string, driver: Driver | null = null) {
    this.backend = backend;
    this.hardware = hardware;
    this.states = driver ? new DeviceStates(library, driver) : new HostStates(library);
    this.lockstep = new Lockstep({
      library,
      backend,
      states: this.states,
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
 * @param library what `import('gpu.js')` gives, of version 2.24.1; `navigator.gpu` has to be there for the backend webgpu
 * @param hardware in words, for the run record
 * @param count of devices; one runs on its own
 */
export async function openGpu(
  library: GpuLibrary,
  backend: GpuBackend,
  hardware: string,
  count: number,
): Promise<Device[]> {
  const driver = backend === 'webgpu' ? await openDriver(library) : null;
  const platform = new Platform(library, backend, hardware, driver);
  return Array.from({ length: count }, () => new GpuDevice(platform));
}
