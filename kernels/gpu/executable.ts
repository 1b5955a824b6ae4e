import type { Feed } from '../device.ts';
import { UserError } from '../errors.ts';
import type { Program } from '../program.ts';
import type { Table, Tensor } from '../tensor.ts';
import type { GpuBackend } from './backend.ts';
import { type KernelCall, sourceOf } from './call.ts';
import { keepRows, type Replica, sentWithChunk } from './chunk.ts';
import { takeDriverError } from './driver.ts';
import type { Gpu, GpuLibrary, Handle, Kernel, Plan } from './library.ts';
import { type LoweredProgram, type LoweringOptions, lowerProgram } from './lowering.ts';
import { type Moved, makeInput, type Slices, type States } from './states.ts';
import { packTable } from './tables.ts';

/** What gpu.js reports of a plan when nothing degrades. */
const EXPECTED: Record<GpuBackend, { readonly backend: string; readonly executorKind: string }> = {
  webgpu: { backend: 'webgpu', executorKind: 'fused-encoder' },
  webasm: { backend: 'webasm', executorKind: 'fused-sync' },
  headlessgl: { backend: 'gpu', executorKind: 'generic' },
  cpu: { backend: 'cpu', executorKind: 'generic' },
};

/**
 * Steps in one plan: as many as the limits below allow. All numbers divide the largest, so that a plan of one size does
 * for what training asks for at once.
 */
const PLAN_STEPS = [100, 50, 20, 10, 5, 4, 2, 1] as const;

/** Kernel calls in one plan at most: repeats unroll. */
const MAX_CALLS = 4000;

/** Gathered values in one plan at most (16 MiB); the rows of a chunk are in memory several times on their way. */
const MAX_GATHERED = 2 ** 22;

/** The part of the device that an executable works with. */
export interface Host {
  readonly library: GpuLibrary;
  readonly backend: GpuBackend;
  readonly states: States;
  /** Called after each plan that ran as asked for. */
  ran(executorKind: string): void;
}

/** @throws UserError naming an op that the backend cannot run */
export function makeReplica(backend: GpuBackend, program: Program): Replica {
  const options: LoweringOptions = {
    target: backend === 'webgpu' ? 'gpu' : 'processor',
    // OpenGL would keep a table in a texture, whose largest size differs from driver to driver.
    resident: backend !== 'headlessgl',
  };
  return { program, lowered: lowerProgram(program, options) };
}

/**
 * A program as gpu.js plans, one for each number of steps. A chunk of minibatches is one call of a plan: what differs from
 * chunk to chunk is sent (row numbers, host scalars), all kernels run, and rows of row stores are read back. States lie where
 * the host's `states` keep them; tables lie on the device as long as the plan.
 *
 * Several replicas, which are traces of one program from different seeds, are one plan, whose arrays have a third
 * dimension.
 */
export class GpuExecutable {
  readonly #host: Host;
  readonly #replicas: readonly Replica[];
  /** One for each executable: kernels and plans of gpu.js live as long as their GPU object. */
  readonly #gpu: Gpu;
  readonly #kernels = new Map<string, Kernel>();
  readonly #tables: Table[] = [];
  readonly #moved: Moved;
  readonly #plans = new Map<number, Plan>();
  #isDisposed = false;

  /** @throws Error if the replicas differ in more than what seeds decide */
  constructor(host: Host, replicas: readonly Replica[]) {
    if (replicas.length > 1 && new Set(replicas.map(structureOf)).size > 1)
      throw new Error(`the traces of '${replicas[0]!.program.name}' differ in more than their seeds`);
    this.#host = host;
    this.#replicas = replicas;
    this.#gpu = new host.library.GPU({ mode: host.backend });
    const inOrder = (tensorsOf: (lowered: LoweredProgram) => readonly Tensor[]): Slices[] =>
      tensorsOf(this.#lowered).map((_, i) => replicas.map(({ lowered }) => tensorsOf(lowered)[i]!));
    this.#moved = {
      reads: inOrder(({ reads }) => reads),
      writes: inOrder(({ writes }) => [...writes.keys()]),
    };
  }

  /**
   * @param feeds one for each replica; with the same steps
   * @throws Error if gpu.js ran the plan in another way than was asked for
   */
  async run(feeds: readonly Feed[]): Promise<void> {
    if (this.#isDisposed) throw new Error(`'${this.#program.name}' has been disposed and cannot run`);
    const { batch } = this.#program;
    const { steps: total, firstStep } = feeds[0]!;
    const most = this.#stepsOfChunk();
    for (let done = 0; done < total; ) {
      const rest = feeds.map(({ rows }) => rows.subarray(done * batch));
      const room = Math.min(most, total - done);
      const steps = rest.reduce((fewest, rows) => this.#stepsBeforeReturn(rows, fewest), room);
      await this.#runChunk(
        rest.map((rows) => ({ steps, firstStep: firstStep + done, rows: rows.subarray(0, steps * batch) })),
      );
      done += steps;
    }
  }

  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#kernels.clear();
    this.#plans.clear();
    await this.#gpu.destroy();
  }

  liveBuffers(): number {
    return this.#kernels.size + this.#plans.size;
  }

  get #program(): Program {
    return this.#replicas[0]!.program;
  }

  get #lowered(): LoweredProgram {
    return this.#replicas[0]!.lowered;
  }

  /** Row stores are read before a chunk and written after it, so a row must not come back within one. */
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

  #stepsOfChunk(): number {
    const { calls, gathered } = this.#lowered;
    const columns = [...gathered.keys()].reduce((total, table) => total + table.columns, 0);
    const values = Math.max(1, this.#replicas.length * this.#program.batch * columns);
    const byCalls = Math.floor(MAX_CALLS / Math.max(1, calls.length));
    const most = Math.min(byCalls, Math.floor(MAX_GATHERED / values));
    return PLAN_STEPS.find((steps) => steps <= most) ?? 1;
  }

  async #runChunk(feeds: readonly Feed[]): Promise<void> {
    const { library, states } = this.#host;
    const { reads, writes } = this.#moved;
    if (writes.length + this.#lowered.scattered.length === 0) return;
    const sent = sentWithChunk(this.#lowered).map(([{ columns }, valuesOf]) =>
      makeInput(
        library,
        this.#replicas.map((replica, r) => valuesOf(replica, feeds[r]!)),
        columns,
      ),
    );
    const results = await this.#call(this.#plan(feeds[0]!.steps), [
      ...reads.map((slices) => states.argument(slices)),
      ...sent,
    ]);
    for (const [i, slices] of writes.entries()) states.keep(slices, results[i]);
    const rows = results.slice(writes.length) as Float32Array[][][];
    for (const [r, replica] of this.#replicas.entries()) {
      const own = this.#replicas.length === 1 ? rows : rows.map((slices) => slices[r]);
      keepRows(replica, own as unknown as Float32Array[][], feeds[r]!);
    }
  }

  /** Calls a plan, and finds fault with it rather than with what follows from it. */
  async #call(plan: Plan, inputs: readonly Handle[]): Promise<unknown[]> {
    try {
      const results = (await plan(...inputs)) as unknown[];
      this.#check(plan);
      return results;
    } catch (error) {
      if (!(error instanceof UserError)) this.#check(plan);
      throw error;
    }
  }

  #plan(steps: number): Plan {
    let plan = this.#plans.get(steps);
    if (!plan) {
      const sent = [...this.#lowered.reads, ...sentWithChunk(this.#lowered).map(([tensor]) => tensor)];
      const orchestrate = (...handles: Handle[]): Handle[] => this.#unroll(steps, sent, handles);
      // gpu.js asks a function for the number of its parameters.
      Object.defineProperty(orchestrate, 'length', { value: sent.length });
      // Runs are spread over worker threads, one run a thread: gpu.js must not start threads of its own.
      plan = this.#gpu.createPipeline(orchestrate, { threads: false });
      this.#host.states.attach(plan, this.#moved);
      this.#plans.set(steps, plan);
    }
    return plan;
  }

  /** Makes the kernel calls of all steps; `values` holds where each tensor's value is. */
  #unroll(steps: number, sent: readonly Tensor[], handles: readonly Handle[]): Handle[] {
    const values = new Map<Tensor, Handle>(sent.map((tensor, i) => [tensor, handles[i]!]));
    const value = (tensor: Tensor): Handle => {
      const handle = values.get(tensor);
      if (!handle) throw new Error(`'${this.#program.name}' reads '${tensor.name}' before it is computed`);
      return handle;
    };
    const { calls, counters, writes, scattered } = this.#lowered;
    const kernels = calls.map((own) => this.#kernel(own));
    const forRowStores: Handle[] = [];
    for (let step = 0; step < steps; step++) {
      for (const [i, { args, takesStep, counter, out }] of calls.entries()) {
        const operands = [...args.values()].map(value);
        const row = counter === null ? step : step * counters.length + counter;
        values.set(out, kernels[i]!(...operands, ...(takesStep ? [row] : [])));
      }
      forRowStores.push(...scattered.map((write) => value(write.values)));
      for (const [state, made] of writes) values.set(state, value(made));
    }
    return [...[...writes.keys()].map(value), ...forRowStores];
  }

  #kernel(own: KernelCall): Kernel {
    const { floats, functions, table, out } = own;
    const source = sourceOf(own, this.#replicas.length);
    if (table && !this.#tables.includes(table)) this.#tables.push(table);
    const key = JSON.stringify([source, out.rows, out.columns, floats, table && this.#tables.indexOf(table)]);
    let kernel = this.#kernels.get(key);
    if (!kernel) {
      const types = Object.keys(floats).map((name) => [name, 'Float']);
      kernel = this.#gpu.createKernel(source, {
        output: [out.columns, out.rows, ...(this.#replicas.length > 1 ? [this.#replicas.length] : [])],
        constants: { ...floats, ...(table && { table: this.#tableInput(table) }) },
        constantTypes: Object.fromEntries([...types, ...(table ? [['table', 'Input']] : [])]),
        functions,
      });
      this.#kernels.set(key, kernel);
    }
    return kernel;
  }

  #tableInput(table: Table): Handle {
    const { width, values } = packTable(table);
    return new this.#host.library.Input(values, [width, table.count]);
  }

  #check(plan: Plan): void {
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

/** Equal for programs that differ in keys, initial values, row numbers and host scalars only. */
function structureOf({ program, lowered }: Replica): string {
  const { calls, reads, writes, counters, gathered, scattered } = lowered;
  const numbers = new Map<Tensor, number>();
  const described = (tensor: Tensor) => {
    numbers.set(tensor, numbers.get(tensor) ?? numbers.size);
    return [numbers.get(tensor), tensor.rows, tensor.columns];
  };
  return JSON.stringify([
    program.batch,
    calls.map((own) => [sourceOf(own, 1), own.floats, own.counter, own.table?.name, described(own.out)]),
    calls.map(({ args }) => [...args.values()].map(described)),
    [...reads, ...writes.keys(), ...writes.values(), ...scattered.map(({ values }) => values)].map(described),
    [...gathered.values()].map(described),
    counters.map(({ iteration }) => iteration),
    program.hostScalars.length,
  ]);
}
