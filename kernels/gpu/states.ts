import { zeros } from '../allocation.ts';
import type { Tensor } from '../tensor.ts';
import type { GpuLibrary, Handle, Plan } from './library.ts';

/** The tensors of all replicas that are one array of a plan, a slice each. */
export type Slices = readonly Tensor[];

/** The first arguments of a plan, and its first results. */
export interface Moved {
  readonly reads: readonly Slices[];
  readonly writes: readonly Slices[];
}

/** Where the values of states are between the chunks. */
export interface States {
  /** Filled with zeros. */
  allocate(tensor: Tensor): void;
  write(tensor: Tensor, values: Float32Array): void;
  read(tensor: Tensor): Promise<Float32Array>;
  release(tensor: Tensor): void;
  liveBuffers(): number;
  /** To be called before a plan first runs. */
  attach(plan: Plan, moved: Moved): void;
  /** What a plan is called with. */
  argument(slices: Slices): Handle;
  /** Takes what a plan gave back. */
  keep(slices: Slices, result: unknown): void;
}

/** On the host: values go to the device and back with each chunk. */
export class HostStates implements States {
  readonly #library: GpuLibrary;
  readonly #values = new Map<Tensor, Float32Array>();

  constructor(library: GpuLibrary) {
    this.#library = library;
  }

  allocate(tensor: Tensor): void {
    this.#values.set(tensor, zeros(`the state '${tensor.name}'`, tensor.rows * tensor.columns));
  }

  write(tensor: Tensor, values: Float32Array): void {
    this.#of(tensor).set(values);
  }

  async read(tensor: Tensor): Promise<Float32Array> {
    return this.#of(tensor).slice();
  }

  release(tensor: Tensor): void {
    this.#values.delete(tensor);
  }

  liveBuffers(): number {
    return this.#values.size;
  }

  attach(): void {}

  argument(slices: Slices): Handle {
    return makeInput(
      this.#library,
      slices.map((tensor) => this.#of(tensor)),
      slices[0]!.columns,
    );
  }

  keep(slices: Slices, result: unknown): void {
    const results = (slices.length === 1 ? [result] : result) as readonly Float32Array[][];
    for (const [r, tensor] of slices.entries()) {
      const values = this.#of(tensor);
      for (const [y, row] of results[r]!.entries()) values.set(row, y * tensor.columns);
    }
  }

  #of(tensor: Tensor): Float32Array {
    return this.#values.get(tensor)!;
  }
}

/** An array of a plan: rows of so many columns, and with replicas a slice for each. */
export function makeInput({ Input }: GpuLibrary, slices: readonly Float32Array[], columns: number): Handle {
  const [first] = slices;
  const rows = first!.length / columns;
  if (slices.length === 1) return new Input(first!, [columns, rows]);
  const all = zeros('what a chunk sends', slices.length * first!.length);
  for (const [r, slice] of slices.entries()) all.set(slice, r * first!.length);
  return new Input(all, [columns, rows, slices.length]);
}
