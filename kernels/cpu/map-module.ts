import { STAGES, type Stage, type Vector, type VectorGraph } from './vector-graph.ts';
import { Code, encodeModule, type LoadKind, type ValueType } from './wasm-encoder.ts';

const LANES = 4;
const FLOAT_BYTES = 4;
const VECTOR_BYTES = LANES * FLOAT_BYTES;

/**
 * Short functions gain from four vectors in a round of the main loop (a quarter for `v + dt * (drive - v)` and tanh), as
 * long as their values fit into registers: the time of long ones doubles. Measured in V8.
 */
const VECTORS_PER_ROUND = 4;
const LONGEST_UNROLLED = 80;

/** The parameters of a kernel are its first local variables; the arguments' offsets follow. */
const OUT = 0;
const ROWS = 1;
const COLUMNS = 2;
const FIRST_ARGUMENT = 3;

/**
 * How an argument is repeated over `out`: 'full' has the shape of out, 'row' is 1 x columns, 'column' is rows x 1,
 * 'scalar' 1 x 1.
 */
export type Spread = 'full' | 'row' | 'column' | 'scalar';

/**
 * Writes the WebAssembly module of a map kernel: a function `run` with the parameters of MapKernel.
 *
 * Without 'row' and 'column' arguments the tensor is one row of rows * columns elements. A row is computed by up to
 * three loops, of several vectors, one vector and one element a round. The last computes a vector too, of which only
 * lane 0 is loaded and stored.
 */
export function assembleKernel(
  graph: VectorGraph,
  result: Vector,
  spreads: readonly Spread[],
): Uint8Array<ArrayBuffer> {
  const kernel = new KernelWriter(graph, result, spreads);
  kernel.write();
  return encodeModule(kernel);
}

class KernelWriter {
  readonly code = new Code();
  readonly parameters: readonly ValueType[];
  readonly locals: readonly ValueType[];
  readonly #graph: VectorGraph;
  readonly #result: Vector;
  readonly #spreads: readonly Spread[];
  readonly #vectorsPerRound: number;
  /** Local variable: elements of the row that are still to be computed. */
  readonly #left: number;
  /** Local variable: where in `out` the loop at hand ends. */
  readonly #end: number;
  readonly #firstVector: number;

  constructor(graph: VectorGraph, result: Vector, spreads: readonly Spread[]) {
    this.#graph = graph;
    this.#result = result;
    this.#spreads = spreads;
    const perElement = graph.values.filter((value) => value.stage === STAGES.element).length;
    this.#vectorsPerRound = perElement <= LONGEST_UNROLLED ? VECTORS_PER_ROUND : 1;
    const parameterCount = FIRST_ARGUMENT + spreads.length;
    this.#left = parameterCount + spreads.length;
    this.#end = this.#left + 1;
    this.#firstVector = this.#end + 1;
    this.parameters = Array<ValueType>(parameterCount).fill('i32');
    this.locals = [
      ...Array<ValueType>(this.#firstVector - parameterCount).fill('i32'),
      ...Array<ValueType>(graph.values.length * this.#vectorsPerRound).fill('v128'),
    ];
  }

  write(): void {
    const { code } = this;
    this.#compute(STAGES.call, 'splat', 1);
    if (this.#argumentsOf('row', 'column').length === 0) {
      code.get(ROWS);
      code.get(COLUMNS);
      code.integerOperation('mul');
      code.set(this.#left);
      this.#writeLoops();
    } else {
      code.repeatWhile(
        () => code.get(ROWS),
        () => this.#writeRow(),
      );
    }
  }

  #writeRow(): void {
    const { code } = this;
    this.#compute(STAGES.row, 'splat', 1);
    for (const index of this.#argumentsOf('column')) code.increase(this.#pointer(index), FLOAT_BYTES);
    for (const index of this.#argumentsOf('row')) {
      code.get(FIRST_ARGUMENT + index);
      code.set(this.#pointer(index));
    }
    code.get(COLUMNS);
    code.set(this.#left);
    this.#writeLoops();
    code.increase(ROWS, -1);
  }

  /** Computes as many elements as `left` says. */
  #writeLoops(): void {
    if (this.#vectorsPerRound > 1) this.#writeLoop('whole', this.#vectorsPerRound);
    this.#writeLoop('whole', 1);
    this.#writeLoop('first', 1);
  }

  /** Computes `copies` vectors, or lane 0 of one, a round, until fewer elements than that are left. */
  #writeLoop(kind: 'whole' | 'first', copies: number): void {
    const { code } = this;
    const elements = kind === 'whole' ? copies * LANES : 1;
    this.#takeFromLeft(elements);
    const unfinished = (): void => {
      code.get(OUT);
      code.get(this.#end);
      code.integerOperation('ne');
    };
    code.repeatWhile(unfinished, () => {
      this.#compute(STAGES.element, kind, copies);
      for (let copy = 0; copy < copies; copy++) {
        code.get(OUT);
        code.get(this.#variable(this.#result, copy));
        code.store(kind, copy * VECTOR_BYTES);
      }
      const moving = this.#argumentsOf('full', 'row').map((index) => this.#pointer(index));
      for (const pointer of [OUT, ...moving]) code.increase(pointer, elements * FLOAT_BYTES);
    });
  }

  /** end = out + the bytes of all whole multiples of `elements` in `left`; left = the rest. */
  #takeFromLeft(elements: number): void {
    const { code } = this;
    code.get(OUT);
    code.get(this.#left);
    code.integer(-elements); // a power of 2: the mask of its multiples
    code.integerOperation('and');
    code.integer(Math.log2(FLOAT_BYTES));
    code.integerOperation('shl');
    code.integerOperation('add');
    code.set(this.#end);
    code.get(this.#left);
    code.integer(elements - 1);
    code.integerOperation('and');
    code.set(this.#left);
  }

  /** Computes the values of a stage, for as many vectors as there are copies, one behind the other in memory. */
  #compute(stage: Stage, kind: LoadKind, copies: number): void {
    for (const value of this.#graph.values) {
      if (value.stage !== stage) continue;
      for (let copy = 0; copy < copies; copy++) this.#computeValue(value, kind, copy);
    }
  }

  #computeValue(value: Vector, kind: LoadKind, copy: number): void {
    const { code } = this;
    const { content } = value;
    switch (content.kind) {
      case 'constant':
        code.constant(content.bits);
        break;
      case 'argument':
        code.get(this.#pointer(content.index));
        code.load(kind, copy * VECTOR_BYTES);
        break;
      case 'operation':
        for (const operand of content.operands) code.get(this.#variable(operand, copy));
        if (content.shift !== null) code.integer(content.shift);
        code.operation(content.operator);
    }
    code.set(this.#variable(value, copy));
  }

  /** The local variable of a value. Those of the stages outside of the loops have one for all copies. */
  #variable({ id, stage }: Vector, copy: number): number {
    return this.#firstVector + id + (stage === STAGES.element ? copy * this.#graph.values.length : 0);
  }

  /** The local variable that points at an argument's next value. A 'row' is read again and again: it has its own. */
  #pointer(index: number): number {
    const parameter = FIRST_ARGUMENT + index;
    return this.#spreads[index] === 'row' ? parameter + this.#spreads.length : parameter;
  }

  #argumentsOf(...wanted: Spread[]): number[] {
    return [...this.#spreads.keys()].filter((index) => wanted.includes(this.#spreads[index]!));
  }
}
