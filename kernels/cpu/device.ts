import { cpus } from 'node:os';
import type { Device, DeviceInfo, Executable } from '../device.ts';
import type { Program } from '../program.ts';
import type { Tensor } from '../tensor.ts';
import { type Blas, findBlas } from './blas.ts';
import type { Machine } from './commands.ts';
import { CpuExecutable } from './executable.ts';
import { Arena, bytesOf } from './memory.ts';
import { instantiateKernels } from './module.ts';

export interface CpuDeviceOptions {
  /**
   * `auto`: a system BLAS multiplies where one is found, else the built-in kernels. `none`: the built-in kernels, with
   * the same bits on every machine. Else 'openblas', 'mkl', 'blis', 'accelerate' or a library's file.
   */
  readonly blas?: string;
}

const INITIAL_PAGES = 64;

/**
 * Opens the device that computes on one thread of this machine's processor.
 * @throws UserError if a BLAS asked for by name cannot be used
 */
export function openCpuDevice({ blas = 'auto' }: CpuDeviceOptions = {}): CpuDevice {
  return new CpuDevice(blas === 'none' ? null : findBlas(blas));
}

/**
 * WebAssembly SIMD kernels over one memory, on which a system BLAS may work too. Steps run at once, on memory laid out
 * when they were compiled.
 */
export class CpuDevice implements Device {
  readonly info: DeviceInfo;
  readonly #machine: Machine;
  readonly #states = new Map<Tensor, number>();
  readonly #executables = new Set<Executable>();

  constructor(blas: Blas | null) {
    this.info = {
      name: 'cpu',
      backend: 'wasm-simd',
      blas: blas?.description ?? null,
      executorKind: null,
      fallbackReason: null,
      hardware: cpus()[0]?.model.trim() ?? process.arch,
    };
    const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES });
    const kernels = instantiateKernels(memory);
    this.#machine = { arena: new Arena(memory, kernels.ARENA_START.value), kernels, blas };
  }

  allocate(tensor: Tensor): void {
    this.#states.set(tensor, this.#machine.arena.allocate(bytesOf(tensor)));
    this.#values(tensor).fill(0);
  }

  async write(tensor: Tensor, values: Float32Array): Promise<void> {
    const target = this.#values(tensor);
    if (values.length !== target.length)
      throw new Error(`'${tensor.name}' holds ${target.length} values, not ${values.length}`);
    target.set(values);
  }

  async read(tensor: Tensor): Promise<Float32Array> {
    return this.#values(tensor).slice();
  }

  async compile(program: Program): Promise<Executable> {
    const executable = new CpuExecutable(program, this.#machine, (t) => this.#placeOf(t));
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
    return this.#machine.arena.count;
  }

  async dispose(): Promise<void> {
    for (const executable of this.#executables) executable.dispose();
    for (const place of this.#states.values()) this.#machine.arena.release(place);
    this.#executables.clear();
    this.#states.clear();
  }

  #placeOf(tensor: Tensor): number {
    const place = this.#states.get(tensor);
    if (place === undefined) throw new Error(`'${tensor.name}' is not a state tensor of this device`);
    return place;
  }

  #values(tensor: Tensor): Float32Array {
    const start = this.#placeOf(tensor) / Float32Array.BYTES_PER_ELEMENT;
    return this.#machine.arena.floats.subarray(start, start + tensor.rows * tensor.columns);
  }
}
