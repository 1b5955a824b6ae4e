import { UserError } from '../errors.ts';
import type {
  HostScalar,
  MatmulOp,
  Op,
  Program,
  RandomOp,
  RepeatOp,
  ScatterOp,
  SimpleOp,
  SpikesOp,
} from '../program.ts';
import type { RowStore, Table, Tensor } from '../tensor.ts';
import { call, type KernelCall, scratch, type Target, X, Y } from './call.ts';
import { fuseCalls } from './fusion.ts';
import {
  accumulateDeltaCall,
  argmaxCall,
  columnsCall,
  convolveCalls,
  dotCalls,
  mapCall,
  matmulCall,
  placeCall,
  reshapeCall,
  selectCall,
  softmaxCalls,
  sumCalls,
  transposeCall,
} from './op-calls.ts';
import { randomCall, spikesCalls } from './random-call.ts';
import { keyHalves } from './random-source.ts';
import { isResident, lookUp } from './tables.ts';

export interface LoweringOptions {
  readonly target: Target;
  /** Whether tables lie on the device. */
  readonly resident: boolean;
}

/**
 * A program as kernel calls, with the arrays that the host sends for a chunk of steps. Every kernel is pure: a thread
 * computes one element of a new tensor, column x and row y; an op that adds to its result reads the old value. So each
 * tensor of the calls has one value in a step, and a tensor of the program becomes a series of them.
 */
export interface LoweredProgram {
  readonly calls: readonly KernelCall[];
  /** States whose values a step needs from before. */
  readonly reads: readonly Tensor[];
  /** States that a step changes, and where their new values are. */
  readonly writes: ReadonlyMap<Tensor, Tensor>;
  /** A row a step: the host scalars. */
  readonly stepScalars: Tensor;
  /** A row for each step and counter: upper and lower half of the counter's value, and the iteration. */
  readonly counterRows: Tensor;
  readonly counters: readonly Counter[];
  /** A row for each random fill: the words of its key, in halves. */
  readonly keyRows: Tensor;
  readonly keys: readonly (readonly number[])[];
  /** A row a step: the numbers of the minibatch's rows, for the tables on the device. */
  readonly rowNumbers: Tensor;
  /** For each row store, and each table that is not on the device, the rows of all minibatches of the chunk. */
  readonly gathered: ReadonlyMap<Table | RowStore, Tensor>;
  /** What each step writes to row stores, once the chunk is done. */
  readonly scattered: readonly { readonly store: RowStore; readonly values: Tensor }[];
}

/** What random fills count by: the step's number, and one for each iteration of each repeat. */
export interface Counter {
  value(step: number): number;
  readonly iteration: number;
}

/**
 * Repeats unroll.
 * @throws UserError if a map has too many arguments for one kernel, or a number of times is not fixed
 */
export function lowerProgram(program: Program, options: LoweringOptions): LoweredProgram {
  return new Lowering(program, options).result();
}

const draws = ({ kind }: Op): boolean => kind === 'random' || kind === 'spikes';

/** Shorter rows of eight neighbouring threads lie within a few lines of a GPU's cache, and are read from there. */
const LONG_ROW = 32;

class Lowering {
  readonly #program: Program;
  readonly #options: LoweringOptions;
  // An array without columns is not one to gpu.js.
  readonly #stepScalars: Tensor;
  readonly #scalarRow: Tensor;
  readonly #scalars: ReadonlyMap<Tensor, number>;
  readonly #counterRows = scratch('counters', 1, 3);
  readonly #counters: Counter[] = [{ value: (step) => step, iteration: 0 }];
  readonly #keyRows = scratch('keys', 1, 6);
  readonly #keys: (readonly number[])[] = [];
  readonly #rowNumbers: Tensor;
  readonly #gathered = new Map<Table | RowStore, Tensor>();
  readonly #scattered: { store: RowStore; values: Tensor }[] = [];
  readonly #calls: KernelCall[] = [];
  /** The tensor that holds the value at this point of the step. */
  readonly #current = new Map<Tensor, Tensor>();
  readonly #transposed = new Map<Tensor, Tensor>();

  constructor(program: Program, options: LoweringOptions) {
    const { hostScalars, batch } = program;
    this.#program = program;
    this.#options = options;
    this.#stepScalars = scratch('step scalars', 1, Math.max(1, hostScalars.length));
    this.#scalarRow = { ...this.#stepScalars };
    this.#scalars = new Map(hostScalars.map(({ tensor }: HostScalar, i) => [tensor, i]));
    this.#rowNumbers = scratch('row numbers', 1, Math.max(1, batch));
  }

  result(): LoweredProgram {
    const scalars = { scalars: this.#stepScalars };
    this.#calls.push(call(this.#scalarRow, scalars, `return scalars[step][${X}];`, { takesStep: true }));
    for (const op of this.#program.ops) this.#lower(op, 0);
    const writes = new Map([...this.#current].filter(([tensor]) => tensor.storage === 'state'));
    const results = new Set([...writes.values(), ...this.#scattered.map(({ values }) => values)]);
    const calls = fuseCalls(this.#calls, results, this.#options.target);
    const read = new Set(calls.flatMap(({ args }) => [...args.values()]));
    return {
      calls,
      reads: [...read].filter(({ storage }) => storage === 'state'),
      writes,
      stepScalars: this.#stepScalars,
      counterRows: this.#counterRows,
      counters: this.#counters,
      keyRows: this.#keyRows,
      keys: this.#keys,
      rowNumbers: this.#rowNumbers,
      gathered: this.#gathered,
      scattered: this.#scattered,
    };
  }

  #lower(op: Op, counter: number): void {
    if (op.kind === 'repeat') this.#repeat(op, counter);
    else if (op.kind === 'scatter') this.#scatter(op);
    else for (const made of this.#callsOf(op)) this.#add(draws(op) ? { ...made, counter } : made);
  }

  /** Its arguments are the values at this point; its result is the new value of a tensor. */
  #add(made: KernelCall): Tensor {
    let { lines, result } = made;
    const args = new Map<string, Tensor>();
    for (const [name, tensor] of made.args) {
      const column = this.#scalars.get(tensor);
      if (column === undefined) args.set(name, this.#current.get(tensor) ?? tensor);
      else {
        const reading = new RegExp(`\\b${name}\\[[^\\]]*\\]\\[[^\\]]*\\]`, 'g');
        lines = lines.replaceAll(reading, `hostScalars[0][${column}]`);
        result = result.replaceAll(reading, `hostScalars[0][${column}]`);
        args.set('hostScalars', this.#scalarRow);
      }
    }
    const { name, rows, columns } = made.out;
    const out = scratch(name, rows, columns);
    this.#current.set(made.out, out);
    this.#calls.push({ ...made, lines, result, args, out });
    return out;
  }

  #repeat({ times, bound, otherwise, iteration: number, body }: RepeatOp, counter: number): void {
    if (typeof times !== 'number')
      throw new UserError(
        `'${this.#program.name}' repeats a part a number of times that changes from step to step, which the gpu device cannot do: ${otherwise}`,
      );
    const outside = this.#counters[counter]!;
    for (let iteration = 0; iteration < times; iteration++) {
      const value = (step: number): number => outside.value(step) * bound + iteration;
      const inside = this.#counters.push({ value, iteration }) - 1;
      const args = { counters: this.#counterRows };
      this.#add({
        ...call(number, args, 'return counters[step][2];', { takesStep: true }),
        counter: inside,
      });
      for (const op of body) this.#lower(op, inside);
    }
  }

  #scatter({ a, store }: ScatterOp): void {
    const computed = this.#current.get(a);
    // What the step did not compute is no result of a kernel: a copy is.
    const values =
      computed ?? this.#add(call(scratch(a.name, a.rows, a.columns), { a }, `return a[${Y}][${X}];`));
    this.#scattered.push({ store, values });
  }

  #callsOf(op: Exclude<SimpleOp, ScatterOp>): KernelCall[] {
    const { target } = this.#options;
    switch (op.kind) {
      case 'matmul':
        return [matmulCall(this.#inOrder(op), target)];
      case 'accumulateDelta':
        return [accumulateDeltaCall(op, target)];
      case 'transpose':
        return [transposeCall(op.out, op.a)];
      case 'reshape':
        return [reshapeCall(op)];
      case 'columns':
        return [columnsCall(op)];
      case 'place':
        return [placeCall(op)];
      case 'select':
        return [selectCall(op)];
      case 'map':
        return [mapCall(op)];
      case 'sum':
        return sumCalls(op, target);
      case 'dot':
        return dotCalls(op, target);
      case 'argmax':
        return [argmaxCall(op)];
      case 'softmax':
        return softmaxCalls(op, target);
      case 'random':
        return [randomCall(op, this.#counterRows, this.#keyRows, this.#fill(op))];
      case 'spikes':
        return spikesCalls(op, this.#counterRows, this.#keyRows, this.#fill(op));
      case 'convolve':
        return convolveCalls(op);
      case 'gather':
        return [this.#gather(op.out, op.table)];
    }
  }

  /** The row of its key. */
  #fill({ key }: RandomOp | SpikesOp): number {
    return this.#keys.push(keyHalves(key)) - 1;
  }

  #gather(out: Tensor, table: Table | RowStore): KernelCall {
    if (this.#options.resident && isResident(table)) return lookUp(out, table, this.#rowNumbers);
    const rows = this.#gathered.get(table) ?? scratch(table.name, out.rows, table.columns);
    this.#gathered.set(table, rows);
    return call(out, { rows }, `return rows[step * ${out.rows} + ${Y}][${X}];`, { takesStep: true });
  }

  /**
   * On a GPU, neighbouring threads should read neighbouring values. In a product with a transposed right operand they
   * read from different rows of it; where these are long, a transposed copy comes first. The copy is kept for as long as
   * the operand does not change, e.g. for all iterations of a settling network.
   */
  #inOrder(op: MatmulOp): MatmulOp {
    const inPlace = !op.transposeB || op.b.columns < LONG_ROW || op.groups > 1;
    if (this.#options.target !== 'gpu' || inPlace) return op;
    const b = this.#current.get(op.b) ?? op.b;
    const copy = this.#transposed.get(b) ?? this.#add(transposeCall(scratch(b.name, b.columns, b.rows), b));
    this.#transposed.set(b, copy);
    return { ...op, b: copy, transposeB: false };
  }
}
