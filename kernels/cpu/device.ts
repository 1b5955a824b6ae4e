import { allocated } from '../allocation.ts';
import type { Capabilities, Device, DeviceInfo, Executable } from '../device.ts';
import { UserError } from '../errors.ts';
import type { Program } from '../program.ts';
import type { Tensor } from '../tensor.ts';
import type { Blas } from './blas.ts';
import type { CpuKernels } from './builtin.ts';
import type { Engine } from './command.ts';
import { CpuExecutable } from './executable.ts';
import { Arena, bytesOf } from './memory.ts';

/** What the processor offers besides the built-in kernels. */
export interface Processor {
  /** In words, for the run record. */
  readonly hardware: string;
  /** Multiplies matrices in place of the built-in kernels; null or left out: these. */
  readonly blas?: Blas | null;
}

const INITIAL_PAGES = 64;

/** By their bytes: the devices of a thread, one for each run, share the code. */
const modules = new WeakMap<Uint8Array, Promise<WebAssembly.Module>>();

function compiled(kernels: Uint8Array): Promise<WebAssembly.Module> {
  let module = modules.get(kernels);
  if (!module) {
    // The types of browsers refuse bytes that may be shared; engines refuse shared ones themselves.
    module = WebAssembly.compile(kernels as Uint8Array<ArrayBuffer>);
    modules.set(kernels, module);
  }
  return module;
}

/** A memory and the built-in kernels over it. */
interface Core {
  readonly memory: WebAssembly.Memory;
  readonly kernels: CpuKernels;
}

/** A larger memory is worth more to others than the little that a new one costs beside its run. */
const LARGEST_IDLE = 256 * 2 ** 20;

/**
 * What the last device of this thread left, by the bytes of its kernels. A new memory for each run would cost a short run more
 * than its training: pages to clear, calls that V8 has to make fast again, and garbage collections for the bytes that it counts.
 */
const idle = new WeakMap<Uint8Array, Core>();

function takeIdle(kernels: Uint8Array): Core | undefined {
  const core = idle.get(kernels);
  idle.delete(kernels);
  return core;
}

function keepIdle(kernels: Uint8Array, core: Core): void {
  if (core.memory.buffer.byteLength <= LARGEST_IDLE) idle.set(kernels, core);
}

async function newCore(kernels: Uint8Array): Promise<Core> {
  const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES });
  const instance = await WebAssembly.instantiate(await compiled(kernels), { env: { memory } });
  return { memory, kernels: instance.exports as unknown as CpuKernels };
}

/**
 * Opens the device that computes on the thread at hand, in Node and in a browser.
 * @param kernels the built-in kernels: the bytes of kernels.wasm, which has the same bits on every machine, or of
 * kernels-fma.wasm, where `hasRelaxedSimd`
 * @throws UserError if there is no memory for it
 */
export async function openCpu(kernels: Uint8Array, processor: Processor): Promise<Device> {
  try {
    const core = takeIdle(kernels) ?? (await newCore(kernels));
    return new CpuDevice(core, processor, () => keepIdle(kernels, core));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // JavaScript engines guard a memory by the addresses behind it, of which they reserve about 10 GiB.
    throw new UserError(
      'the cpu device cannot get the 10 GiB of address space that WebAssembly reserves for each device: raise the limit ' +
        '(`ulimit -v`), use fewer workers, or set NODE_OPTIONS=--disable-wasm-trap-handler, which needs no reserve',
    );
  }
}

/**
 * WebAssembly SIMD kernels over one memory, on which a system BLAS may work too. Steps run at once, on memory laid out
 * when they were compiled.
 */
class CpuDevice implements Device {
  readonly info: DeviceInfo;
  readonly capabilities: Capabilities = { stepsPerCall: 20, takesFewerSteps: true, replicas: () => 1 };
  readonly #engine: Engine;
  readonly #states = new Map<Tensor, number>();
  readonly #executables = new Set<Executable>();

  /** Null once disposed of. */
  #giveBack: (() => void) | null;

  /** @param giveBack called when the device no longer needs the core */
  constructor({ memory, kernels }: Core, { blas = null, hardware }: Processor, giveBack: () => void) {
    this.#giveBack = giveBack;
    this.info = {
      name: 'cpu',
      backend: kernels.roundsOnce(2 ** -13) ? 'wasm-simd+fma' : 'wasm-simd',
      blas: blas?.description ?? null,
      executorKind: null,
      fallbackReason: null,
      hardware,
    };
    this.#engine = { arena: new Arena(memory, kernels.ARENA_START.value), kernels, blas };
  }

  allocate(tensor: Tensor): void {
    this.#states.set(tensor, this.#engine.arena.allocate(bytesOf(tensor)));
    this.#values(tensor).fill(0);
  }

  async write(tensor: Tensor, values: Float32Array): Promise<void> {
    const target = this.#values(tensor);
    if (values.length !== target.length)
      throw new Error(`'${tensor.name}' holds ${target.length} values, not ${values.length}`);
    target.set(values);
  }

  async read(tensor: Tensor): Promise<Float32Array> {
    const values = this.#values(tensor);
    return allocated(`a copy of '${tensor.name}'`, bytesOf(tensor), () => values.slice());
  }

  async compile(program: Program): Promise<Executable> {
    const executable = new CpuExecutable(program, this.#engine, (t) => this.#placeOf(t));
    this.#executables.add(executable);
    return {
      run: (feed) => executable.run(feed),
      dispose: () => {
        this.#executables.delete(executable);
        executable.dispose();
      },
    };
  }

  liveBuffers(): number {
    return this.#engine.arena.count;
  }

  async dispose(): Promise<void> {
    for (const executable of this.#executables) executable.dispose();
    for (const place of this.#states.values()) this.#engine.arena.release(place);
    this.#executables.clear();
    this.#states.clear();
    // Once: two devices must never get the same memory.
    this.#giveBack?.();
    this.#giveBack = null;
  }

  #placeOf(tensor: Tensor): number {
    const place = this.#states.get(tensor);
    if (place === undefined) throw new Error(`'${tensor.name}' is not a state tensor of this device`);
    return place;
  }

  #values(tensor: Tensor): Float32Array {
    const start = this.#placeOf(tensor) / Float32Array.BYTES_PER_ELEMENT;
    return this.#engine.arena.floats.subarray(start, start + tensor.rows * tensor.columns);
  }
}
