import { zeros } from './allocation.ts';
import type { Device, Executable } from './device.ts';
import { countMultiplyAccumulates } from './multiply-accumulates.ts';
import type { Factor, HostScalar, Op, Program, RandomOp, StepInfo } from './program.ts';
import { streamKey } from './random.ts';
import { type JsScalarFunction, parseScalarFunction } from './scalar.ts';
import { describeShape, type RowStore, type Table, type Tensor } from './tensor.ts';

/** Where a kernel puts its result. Without `into` it makes a new temporary tensor. */
export interface Into {
  into?: Tensor;
}

/** How two matrices are multiplied, and where the product goes. */
export interface MatmulOptions extends Into {
  transposeA?: boolean;
  transposeB?: boolean;
  /** Multiplies the product; a tensor stands for its 1 x 1 value at the time of the step. */
  scale?: number | Tensor | readonly [number, Tensor];
  /** Add to what `into` holds, instead of replacing it. */
  accumulate?: boolean;
  /**
   * The rows of both operands are so many blocks of equal size, e.g. the tokens of each example: every block of `a` is multiplied
   * by that of `b`, and the products lie one below the other.
   */
  groups?: number;
  /**
   * The left operand is mostly zeros, e.g. spikes: the cpu device adds up rows of `b` for the others only. Not together
   * with `transposeB` or `groups`.
   */
  sparse?: boolean;
}

/** A number of times that the host computes before each step. */
export interface Times {
  readonly scalar: Tensor;
  /** The scalar is a whole number from 0 to here. */
  readonly bound: number;
  /** What to do on a device that needs a fixed number, e.g. 'set the option phases=fixed'. */
  readonly otherwise: string;
}

/** What is added up, and where the sum goes. */
export interface SumOptions extends Into {
  over: 'rows' | 'columns' | 'all';
  scale?: number | Tensor | readonly [number, Tensor];
  accumulate?: boolean;
}

/** A traced step, ready to run. */
export interface TracedStep extends Executable {
  /** Of the products of one step, as if nothing were skipped: see `multiplyAccumulatesOf`. */
  readonly multiplyAccumulates: number;
}

/**
 * The kernel vocabulary. A step is traced once, by calling these methods inside `trace`, and then run for every
 * minibatch: a call computes nothing yet, and its result is a description of the value. So a rule's code runs once;
 * loops unroll; what changes from step to step comes from `hostScalar`, random fills and gathers.
 */
export class Kernels {
  readonly device: Device;
  readonly seed: number;
  readonly #state = new Map<string, Tensor>();
  readonly #rowStores = new Map<string, RowStore>();
  #ops: Op[] | null = null;
  #hostScalars: HostScalar[] = [];
  #batch = 0;
  #nextId = 0;
  #trace = '';
  /** Random fills of each stream in the trace at hand. */
  #fills = new Map<string, number>();
  #writes: Promise<void>[] = [];

  /** @param seed of every random fill traced through this object */
  constructor(device: Device, seed: number) {
    this.device = device;
    this.seed = seed;
  }

  /** The named state tensors made so far: what a checkpoint of the run holds. Results do not belong to it. */
  get states(): ReadonlyMap<string, Tensor> {
    return this.#state;
  }

  /**
   * A tensor that keeps its values from step to step.
   * @param values row by row; zeros when left out
   * @throws Error if the name is taken, or the size is not a positive whole number, or does not fit the values
   */
  state(name: string, rows: number, columns: number, values?: Float32Array): Tensor {
    if (this.#state.has(name)) throw new Error(`there is already a state tensor named '${name}'`);
    const tensor = this.#tensor(name, rows, columns, 'state');
    if (values && values.length !== rows * columns)
      throw new Error(`${label(tensor)} got ${values.length} values instead of ${rows * columns}`);
    this.#state.set(name, tensor);
    this.device.allocate(tensor);
    if (values) this.#writes.push(this.device.write(tensor, values));
    return tensor;
  }

  /**
   * A tensor that keeps values for the host to read, such as a count or a measurement. Training does not depend on it, so it
   * is not among `states`.
   */
  result(name: string, rows: number, columns: number): Tensor {
    const tensor = this.#tensor(name, rows, columns, 'state');
    this.device.allocate(tensor);
    return tensor;
  }

  /** The row stores made so far; they belong to a checkpoint as the states do. */
  get rowStores(): ReadonlyMap<string, RowStore> {
    return this.#rowStores;
  }

  /**
   * `count` rows of zeros, e.g. one for each training example, which steps read with `gather` and write with `scatter`.
   * @throws Error if the name is taken
   * @throws UserError if there is no memory for them
   */
  rowStore(name: string, count: number, columns: number): RowStore {
    if (this.#rowStores.has(name)) throw new Error(`there is already a row store named '${name}'`);
    const store: RowStore = {
      name,
      count,
      columns,
      // Filled, so that the system provides its pages now and not one by one while training, which slows workers down.
      values: zeros(`the row store '${name}' of ${count} x ${columns} values`, count * columns).fill(0),
      encoding: 'float32',
    };
    this.#rowStores.set(name, store);
    return store;
  }

  /**
   * Traces what `body` calls and makes it ready to run.
   * @param name part of the keys of its random fills, and shown in error messages. Traces of one name draw the same numbers
   * at steps of one number.
   */
  async trace(name: string, body: () => void): Promise<TracedStep> {
    await Promise.all(this.#writes.splice(0));
    if (this.#ops) throw new Error(`cannot trace '${name}' inside another trace`);
    this.#ops = [];
    this.#hostScalars = [];
    this.#batch = 0;
    this.#trace = name;
    this.#fills = new Map();
    try {
      body();
      const program: Program = { name, ops: this.#ops, hostScalars: this.#hostScalars, batch: this.#batch };
      const executable = await this.device.compile(program);
      return {
        multiplyAccumulates: countMultiplyAccumulates(program.ops),
        run: (feed) => executable.run(feed),
        dispose: () => executable.dispose(),
      };
    } finally {
      this.#ops = null;
    }
  }

  /** A 1 x 1 tensor that the host computes before each step: a rate that decays, a sign drawn at random. */
  hostScalar(name: string, value: (info: StepInfo) => number): Tensor {
    this.#tracing('hostScalar');
    const tensor = this.#tensor(name, 1, 1, 'scalar');
    this.#hostScalars.push({ tensor, value });
    return tensor;
  }

  /** The rows of the minibatch at hand, `batch` x `table.columns`, as float32. */
  gather(table: Table | RowStore, batch: number): Tensor {
    if (this.#tracing('gather').some((op) => op.kind === 'scatter' && op.store === table))
      throw new Error(`gather from '${table.name}' after a scatter to it in the same step`);
    this.#setBatch('gather', batch);
    const out = this.#tensor(table.name, batch, table.columns, 'temporary');
    this.#push({ kind: 'gather', out, table });
    return out;
  }

  /** Row i of `values` becomes the store's row of the minibatch's example i. */
  scatter(store: RowStore, values: Tensor): void {
    if (values.columns !== store.columns)
      throw new Error(
        `scatter of ${label(values)} into '${store.name}', whose rows have ${store.columns} values`,
      );
    this.#setBatch('scatter', values.rows);
    this.#push({ kind: 'scatter', a: values, store });
  }

  /** `value` in every element. */
  constant(value: number, rows: number, columns: number): Tensor {
    const out = this.#tensor('constant', rows, columns, 'temporary');
    this.#push({ kind: 'map', out, fn: parseScalarFunction((v: number) => v, [value]), args: [] });
    return out;
  }

  #setBatch(what: string, batch: number): void {
    if (this.#batch !== 0 && this.#batch !== batch)
      throw new Error(`${what} of ${batch} rows in a step whose minibatch has ${this.#batch}`);
    this.#batch = batch;
  }

  /** Matrix product op(a) op(b), optionally scaled and added to `into`. */
  matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
    const { transposeA = false, transposeB = false, scale = 1, accumulate = false, sparse = false } = options;
    const { into, groups = 1 } = options;
    if (sparse && transposeB) throw new Error('a sparse matmul cannot transpose its right operand');
    if (sparse && groups !== 1) throw new Error('a sparse matmul cannot have groups');
    const [rowsA, rowsB] = [a.rows / groups, b.rows / groups];
    if (groups < 1 || ![groups, rowsA, rowsB].every(Number.isInteger))
      throw new Error(
        `matmul of ${label(a)} and ${label(b)}: their rows are not ${groups} groups of equal size`,
      );
    const [m, inner] = transposeA ? [a.columns, rowsA] : [rowsA, a.columns];
    const [innerB, n] = transposeB ? [b.columns, rowsB] : [rowsB, b.columns];
    if (inner !== innerB)
      throw new Error(
        `matmul of ${label(a)}${transposeA ? ' transposed' : ''} and ${label(b)}${transposeB ? ' transposed' : ''}: ` +
          `inner sizes ${inner} and ${innerB} differ`,
      );
    const out = this.#result('matmul', m! * groups, n!, into, accumulate);
    if (out === a || out === b) throw new Error(`matmul cannot write into its own operand ${label(out)}`);
    const factor = asFactor(scale);
    this.#push({ kind: 'matmul', out, a, b, transposeA, transposeB, factor, accumulate, groups, sparse });
    return out;
  }

  /**
   * Brings `sum`, which holds the product of `before` with `b` among other things, up to date: sum += (after - before) b.
   * It pays on the cpu where few values changed since, as in a network that settles: only these are multiplied. The result is
   * that of the product but for rounding.
   * @param before of the shape of `after`
   */
  accumulateDelta(sum: Tensor, before: Tensor, after: Tensor, b: Tensor): Tensor {
    if (before.rows !== after.rows || before.columns !== after.columns)
      throw new Error(`accumulateDelta from ${label(before)} to ${label(after)}: shapes differ`);
    if (after.columns !== b.rows)
      throw new Error(
        `accumulateDelta of ${label(after)} and ${label(b)}: inner sizes ${after.columns} and ${b.rows} differ`,
      );
    const out = this.#result('accumulateDelta', after.rows, b.columns, sum, true);
    if ([before, after, b].includes(out))
      throw new Error(`accumulateDelta cannot write into its own operand ${label(out)}`);
    this.#push({ kind: 'accumulateDelta', out, before, after, b });
    return out;
  }

  /** @param a of m x n @returns n x m */
  transpose(a: Tensor): Tensor {
    const out = this.#tensor(`${a.name} transposed`, a.columns, a.rows, 'temporary');
    this.#push({ kind: 'transpose', out, a });
    return out;
  }

  /**
   * The same values, row by row, in another shape: m examples of t tokens with d values each are m x (t d) or (m t) x d.
   * One of the two lengths of rows has to be a multiple of the other.
   */
  reshape(a: Tensor, rows: number, columns: number): Tensor {
    const [short, long] = [Math.min(a.columns, columns), Math.max(a.columns, columns)];
    if (a.rows * a.columns !== rows * columns || long % short !== 0)
      throw new Error(
        `reshape of ${label(a)} to ${rows}x${columns}: both must have as many values, and rows of which one holds a whole number of the other's`,
      );
    const out = this.#tensor(`${a.name} reshaped`, rows, columns, 'temporary');
    this.#push({ kind: 'reshape', out, a });
    return out;
  }

  /** So many neighbouring columns of `a`. */
  columns(a: Tensor, first: number, count: number): Tensor {
    this.#checkColumns('columns', a, first, count);
    const out = this.#tensor(`columns of ${a.name}`, a.rows, count, 'temporary');
    this.#push({ kind: 'columns', out, a, first });
    return out;
  }

  /** The columns of several tensors with equally many rows, side by side. */
  join(parts: readonly Tensor[]): Tensor {
    const columns = parts.reduce((sum, part) => sum + part.columns, 0);
    const out = this.constant(0, parts[0]?.rows ?? 0, columns);
    let first = 0;
    for (const part of parts) {
      this.place(out, part, first);
      first += part.columns;
    }
    return out;
  }

  /** Replaces the columns of `out` from `first` on by those of `a`. */
  place(out: Tensor, a: Tensor, first: number): void {
    if (a === out) throw new Error(`place cannot write ${label(a)} into itself`);
    if (a.rows !== out.rows)
      throw new Error(`place of ${label(a)} in ${label(out)}: they have different numbers of rows`);
    this.#checkColumns('place', out, first, a.columns);
    this.#push({ kind: 'place', out: this.#result('place', out.rows, out.columns, out, false), a, first });
  }

  /**
   * Columns of `a` by number: out[i][j] = a[i][indices[0][j]], e.g. the pixels of patches that overlap.
   * @param indices 1 x n whole numbers; where `a` has no such column, e.g. -1, the result is 0
   */
  select(a: Tensor, indices: Tensor): Tensor {
    if (indices.rows !== 1) throw new Error(`select needs indices in one row, not ${label(indices)}`);
    const out = this.#tensor(`columns of ${a.name}`, a.rows, indices.columns, 'temporary');
    this.#push({ kind: 'select', out, a, indices });
    return out;
  }

  /**
   * Applies a scalar function to every element: `map((v, drive, dt) => v + dt * (drive - v), v, drive, 0.1)`.
   * Numbers are built into the function; row vectors, columns and 1 x 1 tensors are repeated.
   */
  map(fn: JsScalarFunction, ...args: (Tensor | number)[]): Tensor {
    return this.#map(fn, args, undefined);
  }

  /** `map` whose result replaces the values of `out`, which may be among the arguments. */
  mapInto(out: Tensor, fn: JsScalarFunction, ...args: (Tensor | number)[]): Tensor {
    return this.#map(fn, args, out);
  }

  /** The sum over the rows (1 x n), over the columns (m x 1) or over all (1 x 1) of `a` of m x n. */
  sum(a: Tensor, { over, scale = 1, accumulate = false, into }: SumOptions): Tensor {
    const rows = over === 'columns' ? a.rows : 1;
    const columns = over === 'rows' ? a.columns : 1;
    const out = this.#result('sum', rows, columns, into, accumulate);
    if (out === a) throw new Error(`sum cannot write into its own operand ${label(out)}`);
    this.#push({ kind: 'sum', out, a, over, factor: asFactor(scale), accumulate });
    return out;
  }

  /** Sum of all products of corresponding elements (1 x 1). */
  dot(a: Tensor, b: Tensor, { into }: Into = {}): Tensor {
    if (a.rows !== b.rows || a.columns !== b.columns)
      throw new Error(`dot of ${label(a)} and ${label(b)}: shapes differ`);
    const out = this.#result('dot', 1, 1, into, false);
    this.#push({ kind: 'dot', out, a, b });
    return out;
  }

  /** Euclidean (Frobenius) norm (1 x 1). */
  norm(a: Tensor): Tensor {
    return this.map((squares) => Math.sqrt(squares), this.dot(a, a));
  }

  /** Column of the largest value of each row (m x 1). */
  argmax(a: Tensor): Tensor {
    const out = this.#result('argmax', a.rows, 1, undefined, false);
    this.#push({ kind: 'argmax', out, a });
    return out;
  }

  /** Softmax of each row. */
  softmax(a: Tensor): Tensor {
    const out = this.#result('softmax', a.rows, a.columns, undefined, false);
    this.#push({ kind: 'softmax', out, a });
    return out;
  }

  /** Uniform numbers in [low, high), new ones at each step, from the named stream. */
  uniform(
    stream: string,
    rows: number,
    columns: number,
    low: number,
    high: number,
    { into }: Into = {},
  ): Tensor {
    return this.#random('uniform', stream, rows, columns, low, high, null, into);
  }

  /** Normal numbers, new ones at each step. */
  normal(
    stream: string,
    rows: number,
    columns: number,
    mean: number,
    deviation: number,
    { into }: Into = {},
  ): Tensor {
    return this.#random('normal', stream, rows, columns, mean, deviation, null, into);
  }

  /** 1 with the given probability, else 0, for each element of `probability`: spikes, dropout masks. */
  bernoulli(stream: string, probability: Tensor, { into }: Into = {}): Tensor {
    return this.#random('bernoulli', stream, probability.rows, probability.columns, 0, 1, probability, into);
  }

  /**
   * Numbers of spikes in a time step: independent Poisson numbers of the given means. They come from time rescaling (Brown,
   * Barbieri, Ventura, Kass & Frank 2002, Neural Comput. 14:325): in units of its integrated mean, a Poisson process whose mean
   * changes in any way has intervals that are exponential of mean 1. So a neuron counts down to its next spike, and draws
   * random numbers in steps with a spike alone.
   *
   * The countdown rounds to float32: a mean is off by 6e-8 a step at most where less than 2 is left, and in proportion where
   * more is, much as with a uniform number of 24 bits. Neurons of smaller means spike too seldom, or never.
   * @param mean from 0 to 0.5
   * @param untilSpike of the shape of `mean`; it lasts from step to step, and is the mean that is left until the next spike. It
   * starts with zeros, for which the first interval is drawn
   */
  spikes(stream: string, mean: Tensor, untilSpike: Tensor): Tensor {
    if (untilSpike.rows !== mean.rows || untilSpike.columns !== mean.columns)
      throw new Error(`spikes of mean ${label(mean)} until ${label(untilSpike)}: shapes differ`);
    if (untilSpike === mean) throw new Error(`spikes cannot count down in their own mean ${label(mean)}`);
    const out = this.#tensor('spikes', mean.rows, mean.columns, 'temporary');
    this.#push({ kind: 'spikes', out, mean, untilSpike, key: this.#key(stream) });
    return out;
  }

  /**
   * One step of a causal convolution in time: sum over j of kernel[j] times what `a` was j steps ago.
   * @param kernel 1 x taps
   * @param pending (taps - 1) a.rows x a.columns, for each of the next steps what past values of `a` contribute to
   * it; start with zeros
   */
  convolve(a: Tensor, kernel: Tensor, pending: Tensor): Tensor {
    const taps = kernel.columns;
    if (kernel.rows !== 1 || taps < 2)
      throw new Error(`convolve needs a kernel of one row and at least two columns, not ${label(kernel)}`);
    if (pending.rows !== (taps - 1) * a.rows || pending.columns !== a.columns)
      throw new Error(`convolve of ${label(a)} with ${taps} taps cannot use ${label(pending)}`);
    const out = this.#result('convolve', a.rows, a.columns, undefined, false);
    this.#push({ kind: 'convolve', out, a, kernel, pending });
    return out;
  }

  /**
   * Traces the body once, to run it several times: simulated milliseconds. Random fills draw new numbers in each
   * iteration. Tensors that change from one iteration to the next have to exist before: states, or temporaries that the
   * body writes with `into`.
   * @param body gets the number of the iteration (1 x 1), from 0
   */
  repeat(times: number | Times, body: (iteration: Tensor) => void): void {
    const outside = this.#tracing('repeat');
    const fixed = typeof times === 'number';
    const bound = fixed ? times : times.bound;
    if (!Number.isInteger(bound) || bound < 1) throw new Error(`repeat cannot run ${bound} times`);
    const iteration = this.#tensor('iteration', 1, 1, 'scalar');
    const inside: Op[] = [];
    this.#ops = inside;
    try {
      body(iteration);
    } finally {
      this.#ops = outside;
    }
    const otherwise = fixed ? null : times.otherwise;
    this.#push({
      kind: 'repeat',
      times: fixed ? times : times.scalar,
      bound,
      otherwise,
      iteration,
      body: inside,
    });
  }

  #random(
    distribution: RandomOp['distribution'],
    stream: string,
    rows: number,
    columns: number,
    a: number,
    b: number,
    probability: Tensor | null,
    into: Tensor | undefined,
  ): Tensor {
    const out = this.#result(distribution, rows, columns, into, false);
    this.#push({ kind: 'random', out, distribution, a, b, probability, key: this.#key(stream) });
    return out;
  }

  /** Of the next fill of a stream, or of its spikes. */
  #key(stream: string): [number, number] {
    // Two fills of one stream in a step must differ, hence the count. It is that of this stream in this trace alone, so that
    // another trace, or another stream, cannot move the numbers.
    const place = this.#fills.get(stream) ?? 0;
    this.#fills.set(stream, place + 1);
    return streamKey(this.seed, `${this.#trace}/${stream}#${place}`);
  }

  #map(fn: JsScalarFunction, args: (Tensor | number)[], into: Tensor | undefined): Tensor {
    const tensors = args.filter((arg) => typeof arg !== 'number');
    const scalarFunction = parseScalarFunction(
      fn,
      args.map((arg) => (typeof arg === 'number' ? arg : null)),
    );
    const rows = Math.max(1, ...tensors.map((t) => t.rows));
    const columns = Math.max(1, ...tensors.map((t) => t.columns));
    const out = this.#result('map', into?.rows ?? rows, into?.columns ?? columns, into, false);
    for (const t of tensors) {
      if ((t.rows !== out.rows && t.rows !== 1) || (t.columns !== out.columns && t.columns !== 1))
        throw new Error(
          `map cannot spread ${label(t)} over ${describeShape(out)} in \`${scalarFunction.source.slice(0, 80)}\``,
        );
    }
    this.#push({ kind: 'map', out, fn: scalarFunction, args: tensors });
    return out;
  }

  #result(op: string, rows: number, columns: number, into: Tensor | undefined, accumulate: boolean): Tensor {
    if (!into) {
      if (accumulate) throw new Error(`${op} can only accumulate with 'into'`);
      return this.#tensor(op, rows, columns, 'temporary');
    }
    if (into.storage === 'scalar') throw new Error(`${op} cannot write into the host scalar '${into.name}'`);
    if (into.rows !== rows || into.columns !== columns)
      throw new Error(`${op} gives ${rows}x${columns}, which does not fit into ${label(into)}`);
    return into;
  }

  #checkColumns(op: string, a: Tensor, first: number, count: number): void {
    if (![first, count].every(Number.isInteger) || first < 0 || first + count > a.columns)
      throw new Error(`${op}: ${label(a)} has no ${count} columns from ${first} on`);
  }

  #tensor(name: string, rows: number, columns: number, storage: Tensor['storage']): Tensor {
    if (!Number.isInteger(rows) || !Number.isInteger(columns) || rows < 1 || columns < 1)
      throw new Error(
        `the tensor '${name}' cannot have the shape ${rows}x${columns}: both must be whole numbers above 0`,
      );
    return { id: this.#nextId++, name, rows, columns, storage };
  }

  #tracing(what: string): Op[] {
    if (!this.#ops)
      throw new Error(`${what} was called outside of trace: kernels only run as part of a traced step`);
    return this.#ops;
  }

  #push(op: Op): void {
    this.#tracing(op.kind).push(op);
  }
}

const label = (t: Tensor): string => `'${t.name}' (${describeShape(t)})`;

const isPair = (scale: number | Tensor | readonly [number, Tensor]): scale is readonly [number, Tensor] =>
  Array.isArray(scale);

function asFactor(scale: number | Tensor | readonly [number, Tensor]): Factor {
  if (typeof scale === 'number') return { constant: scale, scalar: null };
  return isPair(scale) ? { constant: scale[0], scalar: scale[1] } : { constant: 1, scalar: scale };
}
