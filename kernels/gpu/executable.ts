import type { GPU, Input, IPipelineRunShortcut } from 'gpu.js';
import type { Executable, Feed } from '../device.ts';
import type { Program } from '../program.ts';
import type { RowMemory, Table, Tensor } from '../tensor.ts';
import { type KernelText, type LoweredProgram, lowerProgram } from './source.ts';
import { takeDriverError } from './webgpu.ts';

export const GPU_BACKENDS = ['webgpu', 'headlessgl', 'webasm', 'cpu'] as const;
export type GpuBackend = (typeof GPU_BACKENDS)[number];

/** What gpu.js reports of a plan when nothing degrades. */
const EXPECTED: Record<GpuBackend, { readonly backend: string; readonly executorKind: string }> = {
  webgpu: { backend: 'webgpu', executorKind: 'fused-encoder' },
  webasm: { backend: 'webasm', executorKind: 'fused-sync' },
  headlessgl: { backend: 'gpu', executorKind: 'generic' },
  cpu: { backend: 'cpu', executorKind: 'generic' },
};

/** Steps in one plan at most. A plan unrolls its steps, so that its size and the time to build it grow with them. */
const MAX_STEPS = 20;

/** Kernel calls in one plan at most: repeats unroll. */
const MAX_CALLS = 4000;

/** Gathered values in one plan at most (16 MiB); the rows of a chunk are in memory several times on their way. */
const MAX_GATHERED = 2 ** 22;

type Library = typeof import('gpu.js');
type Handle = object;
type Kernel = (...args: (Handle | number)[]) => Handle;

/** The part of the device that an executable works with. */
export interface Host {
  readonly library: Library;
  readonly backend: GpuBackend;
  readonly states: Map<Tensor, Float32Array>;
  /** Called after each plan that ran as asked for. */
  ran(executorKind: string): void;
  disposed(executable: GpuExecutable, released: Promise<void>): void;
}

/**
 * A program as gpu.js plans, one for each number of steps. A chunk of minibatches is one call of a plan: one upload
 * (states, gathered rows, host scalars), one submission, one readback (the states that the program changed).
 */
export class GpuExecutable implements Executable {
  readonly #host: Host;
  readonly #program: Program;
  readonly #lowered: LoweredProgram;
  /** One for each executable: kernels and plans of gpu.js live as long as their GPU object. */
  readonly #gpu: GPU;
  readonly #kernels = new Map<string, Kernel>();
  readonly #plans = new Map<number, IPipelineRunShortcut>();
  #isDisposed = false;

  constructor(host: Host, program: Program) {
    this.#host = host;
    this.#program = program;
    this.#lowered = lowerProgram(program);
    this.#gpu = new host.library.GPU({ mode: host.backend });
  }

  /** @throws Error if gpu.js ran the plan in another way than was asked for */
  async run(feed: Feed): Promise<void> {
    if (this.#isDisposed) throw new Error(`'${this.#program.name}' has been disposed and cannot run`);
    const { batch } = this.#program;
    const most = this.#stepsOfChunk();
    for (let done = 0; done < feed.steps; ) {
      const rest = feed.rows.subarray(done * batch);
      const steps = this.#stepsBeforeReturn(rest, Math.min(most, feed.steps - done));
      await this.#runChunk({
        steps,
        firstStep: feed.firstStep + done,
        rows: rest.subarray(0, steps * batch),
      });
      done += steps;
    }
  }

  /** Memories are read before a chunk and written after it, so a row must not come back within one. */
  #stepsBeforeReturn(rows: Uint32Array, steps: number): number {
    if (this.#lowered.scattered.length === 0) return steps;
    const { batch } = this.#program;
    const seen = new Set<number>();
    for (let step = 0; step < steps; step++) {
      const own = rows.subarray(step * batch, (step + 1) * batch);
      if (own.some((row) => seen.has(row))) return step;
      for (const row of own) seen.add(row);
    }
    return steps;
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#host.disposed(this, this.#gpu.destroy());
  }

  liveBuffers(): number {
    return this.#kernels.size + this.#plans.size;
  }

  #stepsOfChunk(): number {
    const values = [...this.#lowered.gathered.values()].reduce(
      (total, rows) => total + this.#program.batch * rows.columns,
      0,
    );
    const byCalls = Math.floor(MAX_CALLS / Math.max(1, this.#lowered.calls.length));
    return Math.max(1, Math.min(MAX_STEPS, byCalls, Math.floor(MAX_GATHERED / values)));
  }

  async #runChunk(feed: Feed): Promise<void> {
    const { reads, writes, stepScalars, counterRows, gathered, scattered } = this.#lowered;
    if (writes.length + scattered.length === 0) return;
    const plan = this.#plan(feed.steps);
    const inputs = [
      ...reads.map((tensor) => this.#input(this.#state(tensor), tensor.columns)),
      this.#input(this.#scalarValues(feed), stepScalars.columns),
      this.#input(this.#counterValues(feed), counterRows.columns),
      ...[...gathered.keys()].map((table) => this.#input(gatherRows(table, feed.rows), table.columns)),
    ];
    const results = (await plan(...(inputs as never[]))) as unknown as Float32Array[][];
    this.#check(plan);
    for (const [i, tensor] of writes.entries()) {
      const values = this.#state(tensor);
      for (const [y, row] of results[i]!.entries()) values.set(row, y * tensor.columns);
    }
    const { batch } = this.#program;
    for (let step = 0; step < feed.steps; step++)
      for (const [i, { memory }] of scattered.entries()) {
        const values = results[writes.length + step * scattered.length + i]!;
        for (const [y, row] of values.entries())
          memory.values.set(row, feed.rows[step * batch + y]! * memory.columns);
      }
  }

  #state(tensor: Tensor): Float32Array {
    const values = this.#host.states.get(tensor);
    if (!values) throw new Error(`'${this.#program.name}' uses the state '${tensor.name}' of another device`);
    return values;
  }

  #input(values: Float32Array, columns: number): Input {
    return new this.#host.library.Input(values as unknown as number[], [columns, values.length / columns]);
  }

  #scalarValues({ steps, firstStep }: Feed): Float32Array {
    const { hostScalars } = this.#program;
    const { columns } = this.#lowered.stepScalars;
    const values = new Float32Array(steps * columns);
    for (let i = 0; i < steps; i++)
      for (const [j, { value }] of hostScalars.entries())
        values[i * columns + j] = value({ step: firstStep + i });
    return values;
  }

  /** Halves of 16 bits, which float32 holds exactly. */
  #counterValues({ steps, firstStep }: Feed): Float32Array {
    const { counters } = this.#lowered;
    return Float32Array.from(
      Array.from({ length: steps }, (_, i) =>
        counters.map(({ value, iteration }) => {
          const counter = value(firstStep + i);
          return [Math.floor(counter / 0x10000) & 0xffff, counter & 0xffff, iteration];
        }),
      ).flat(2),
    );
  }

  #plan(steps: number): IPipelineRunShortcut {
    let plan = this.#plans.get(steps);
    if (!plan) {
      const { reads, stepScalars, counterRows, gathered } = this.#lowered;
      const sent = [...reads, stepScalars, counterRows, ...gathered.values()];
      const orchestrate = (...handles: Handle[]): Handle[] => this.#unroll(steps, sent, handles);
      // gpu.js asks a function for the number of its parameters.
      Object.defineProperty(orchestrate, 'length', { value: sent.length });
      // Runs are spread over worker threads, one run a thread: gpu.js must not start threads of its own.
      plan = this.#gpu.createPipeline(orchestrate as never, { threads: false });
      this.#plans.set(steps, plan);
    }
    return plan;
  }

  /** Records the kernel calls of all steps; `values` holds each tensor's current value. */
  #unroll(steps: number, sent: readonly Tensor[], handles: readonly Handle[]): Handle[] {
    const values = new Map<Tensor, Handle>(sent.map((tensor, i) => [tensor, handles[i]!]));
    const value = (tensor: Tensor): Handle => {
      const handle = values.get(tensor);
      if (!handle) throw new Error(`'${this.#program.name}' reads '${tensor.name}' before it is computed`);
      return handle;
    };
    const { calls, counters, writes, scattered } = this.#lowered;
    const forMemories: Handle[] = [];
    for (let step = 0; step < steps; step++) {
      for (const { kernel, args, takesStep, counter, out } of calls) {
        const operands = args.map(value);
        const row = counter === null ? step : step * counters.length + counter;
        values.set(out, this.#kernel(kernel)(...operands, ...(takesStep ? [row] : [])));
      }
      forMemories.push(...scattered.map((write) => value(write.values)));
    }
    return [...writes.map(value), ...forMemories];
  }

  #kernel(text: KernelText): Kernel {
    const { source, rows, columns, floats, integers, functions } = text;
    const key = JSON.stringify([source, rows, columns, floats, integers]);
    let kernel = this.#kernels.get(key);
    if (!kernel) {
      const types = (values: object, type: string) => Object.keys(values).map((name) => [name, type]);
      kernel = this.#gpu.createKernel(source, {
        output: [columns, rows],
        constants: { ...floats, ...integers },
        constantTypes: Object.fromEntries([...types(floats, 'Float'), ...types(integers, 'Integer')]),
        functions: functions as never,
      }) as unknown as Kernel;
      this.#kernels.set(key, kernel);
    }
    return kernel;
  }

  #check(plan: IPipelineRunShortcut): void {
    const { backend } = this.#host;
    const driverError = takeDriverError();
    if (driverError) throw new Error(`'${this.#program.name}' failed on ${backend}: ${driverError}`);
    const expected = EXPECTED[backend];
    if (plan.backend !== expected.backend || plan.executorKind !== expected.executorKind)
      throw new Error(
        `'${this.#program.name}' was to run on gpu.js ${backend} (${expected.executorKind}) but ran on ` +
          `${plan.backend} (${plan.executorKind}): ${plan.fallbackReason ?? 'no reason given'}`,
      );
    this.#host.ran(plan.executorKind);
  }
}

/** The rows of a table as float32: the one place where a dataset's bytes become numbers, a chunk at a time. */
function gatherRows(table: Table | RowMemory, rows: Uint32Array): Float32Array {
  const { columns, values, encoding } = table;
  const scale = encoding === 'scaled' ? table.scale : 1;
  const out = new Float32Array(rows.length * columns);
  for (const [i, row] of rows.entries()) {
    const at = i * columns;
    if (encoding === 'one-hot') out[at + values[row]!] = 1;
    else for (let j = 0; j < columns; j++) out[at + j] = values[row * columns + j]! * scale;
  }
  return out;
}
