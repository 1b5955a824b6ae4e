import type { Capabilities, Device, DeviceInfo, Executable, Feed } from './device.ts';
import type { Program } from './program.ts';
import { execute } from './reference-ops.ts';
import type { Tensor } from './tensor.ts';

/**
 * The reference device: plain loops over float64, written to be read (see reference-ops.ts). Other devices are tested
 * against it, and the rules against finite differences on it. It is slow, and not offered on the command line.
 */
export class ReferenceDevice implements Device {
  readonly info: DeviceInfo = {
    name: 'reference',
    backend: 'float64',
    blas: null,
    executorKind: null,
    fallbackReason: null,
    hardware: 'JavaScript numbers',
  };
  readonly capabilities: Capabilities = { stepsPerCall: 1, replicas: () => 1 };
  readonly #values = new Map<number, Float64Array>();

  allocate(tensor: Tensor): void {
    this.#values.set(tensor.id, new Float64Array(tensor.rows * tensor.columns));
  }

  async write(tensor: Tensor, values: ArrayLike<number>): Promise<void> {
    this.values(tensor).set(values);
  }

  async read(tensor: Tensor): Promise<Float32Array> {
    return Float32Array.from(this.values(tensor));
  }

  /** The float64 values of a tensor, for tests. */
  values(tensor: Tensor): Float64Array {
    let values = this.#values.get(tensor.id);
    if (!values) {
      values = new Float64Array(tensor.rows * tensor.columns);
      this.#values.set(tensor.id, values);
    }
    return values;
  }

  async compile(program: Program): Promise<Executable> {
    const values = (tensor: Tensor): Float64Array => this.values(tensor);
    const run = async (feed: Feed): Promise<void> => {
      for (let i = 0; i < feed.steps; i++) {
        const step = feed.firstStep + i;
        const rows = feed.rows.subarray(i * program.batch, (i + 1) * program.batch);
        for (const { tensor, value } of program.hostScalars) values(tensor)[0] = value({ step });
        for (const op of program.ops) execute(op, { values, counter: step, rows });
      }
    };
    return { run, dispose: () => {} };
  }

  liveBuffers(): number {
    return this.#values.size;
  }

  async dispose(): Promise<void> {
    this.#values.clear();
  }
}
