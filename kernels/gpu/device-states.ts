import type { Tensor } from '../tensor.ts';
import { takeDriverError } from './driver.ts';
import {
  type Driver,
  type DriverBuffer,
  type Encoder,
  type GpuLibrary,
  type Handle,
  MAP_READ,
  type Plan,
  USAGE,
} from './library.ts';
import { keepStates } from './plan-states.ts';
import type { Moved, Slices, States } from './states.ts';

/** A buffer with a slice for each of several replicas' tensors, of one size. */
interface Bundle {
  readonly buffer: DriverBuffer;
  readonly slices: number;
  /** Slices whose tensor lies here still. */
  used: number;
}

/** Where the newest values of a tensor are. */
interface Place {
  readonly bundle: Bundle;
  readonly slice: number;
}

/**
 * On the device, in buffers that all plans share. A plan of gpu.js has buffers of its own for what it takes and gives: the
 * values are copied there before it runs, and from there after it, and never leave the device. The tensors of replicas
 * are brought together, when a plan first asks for them, in one buffer in the order of its slices; when a replica has left, the
 * others are brought together anew.
 */
export class DeviceStates implements States {
  readonly #library: GpuLibrary;
  readonly #driver: Driver;
  readonly #places = new Map<Tensor, Place>();
  readonly #bundles = new Set<Bundle>();

  constructor(library: GpuLibrary, driver: Driver) {
    this.#library = library;
    this.#driver = driver;
  }

  allocate(tensor: Tensor): void {
    this.#move([tensor], this.#makeBundle([tensor]));
  }

  write(tensor: Tensor, values: Float32Array): void {
    const { bundle, slice } = this.#places.get(tensor)!;
    this.#driver.queue.writeBuffer(bundle.buffer, slice * bytesOf(tensor), values);
  }

  /** @throws Error if the driver has reported one */
  async read(tensor: Tensor): Promise<Float32Array> {
    const { bundle, slice } = this.#places.get(tensor)!;
    const size = bytesOf(tensor);
    const staging = this.#driver.createBuffer({ size, usage: USAGE.mapRead | USAGE.copyTarget });
    this.#submit((encoder) => encoder.copyBufferToBuffer(bundle.buffer, slice * size, staging, 0, size));
    try {
      await staging.mapAsync(MAP_READ);
      const values = new Float32Array(staging.getMappedRange().slice(0));
      const driverError = takeDriverError();
      if (driverError) throw new Error(`the state '${tensor.name}' is lost: ${driverError}`);
      return values;
    } finally {
      staging.destroy();
    }
  }

  release(tensor: Tensor): void {
    const place = this.#places.get(tensor);
    if (!place) return;
    this.#places.delete(tensor);
    if (--place.bundle.used > 0) return;
    this.#bundles.delete(place.bundle);
    place.bundle.buffer.destroy();
  }

  liveBuffers(): number {
    return this.#bundles.size;
  }

  attach(plan: Plan, { reads, writes }: Moved): void {
    const buffersOf = (all: readonly Slices[]): DriverBuffer[] =>
      all.map((slices) => this.#together(slices).buffer);
    const sizesOf = (all: readonly Slices[]): number[] =>
      all.map((slices) => slices.length * bytesOf(slices[0]!));
    keepStates(plan, this.#driver, {
      taken: sizesOf(reads),
      given: sizesOf(writes),
      before: (taken) => this.#copy(buffersOf(reads), taken, sizesOf(reads)),
      after: (given) => this.#copy(given, buffersOf(writes), sizesOf(writes)),
    });
  }

  /** A size alone: the values are there. */
  argument(slices: Slices): Handle {
    const { rows, columns, name } = slices[0]!;
    const replicas = slices.length > 1 ? [slices.length] : [];
    const noValues = {
      length: rows * columns * slices.length,
      get 0(): never {
        throw new Error(`gpu.js asked for the values of '${name}', which are on the device`);
      },
    };
    return new this.#library.Input(noValues, [columns, rows, ...replicas]);
  }

  keep(): void {}

  /** @returns where the tensors are side by side, in this order and alone */
  #together(tensors: Slices): Bundle {
    const { bundle } = this.#places.get(tensors[0]!)!;
    const isThere = (tensor: Tensor, i: number): boolean => {
      const place = this.#places.get(tensor)!;
      return place.bundle === bundle && place.slice === i;
    };
    if (bundle.slices === tensors.length && tensors.every(isThere)) return bundle;
    const made = this.#makeBundle(tensors);
    this.#submit((encoder) => {
      for (const [i, tensor] of tensors.entries()) {
        const from = this.#places.get(tensor)!;
        const size = bytesOf(tensor);
        encoder.copyBufferToBuffer(from.bundle.buffer, from.slice * size, made.buffer, i * size, size);
      }
    });
    this.#move(tensors, made);
    return made;
  }

  #makeBundle(tensors: Slices): Bundle {
    const size = tensors.length * bytesOf(tensors[0]!);
    const buffer = this.#driver.createBuffer({ size, usage: USAGE.copySource | USAGE.copyTarget });
    const bundle = { buffer, slices: tensors.length, used: 0 };
    this.#bundles.add(bundle);
    return bundle;
  }

  #move(tensors: Slices, bundle: Bundle): void {
    for (const [slice, tensor] of tensors.entries()) {
      this.release(tensor);
      this.#places.set(tensor, { bundle, slice });
      bundle.used++;
    }
  }

  #copy(from: readonly DriverBuffer[], to: readonly DriverBuffer[], sizes: readonly number[]): void {
    this.#submit((encoder) => {
      for (const [i, size] of sizes.entries()) encoder.copyBufferToBuffer(from[i]!, 0, to[i]!, 0, size);
    });
  }

  #submit(encode: (encoder: Encoder) => void): void {
    const encoder = this.#driver.createCommandEncoder();
    encode(encoder);
    this.#driver.queue.submit([encoder.finish()]);
  }
}

const bytesOf = ({ rows, columns }: Tensor): number => 4 * rows * columns;
