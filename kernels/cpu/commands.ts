import type {
  ConvolveOp,
  Factor,
  GatherOp,
  MapOp,
  MatmulOp,
  Op,
  RandomOp,
  RepeatOp,
  ScatterOp,
  SumOp,
} from '../program.ts';
import type { RowStore, Table, Tensor } from '../tensor.ts';
import { AS_IS, type Blas, ROW_MAJOR, TRANSPOSED } from './blas.ts';
import { compileMap, type Spread } from './map.ts';
import type { Arena } from './memory.ts';
import type { CpuKernels } from './module.ts';
import { type SparseInput, takesSparse } from './sparse-input.ts';

/** One op with all addresses and sizes built in. */
export type Command = () => void;

/** What changes from step to step. */
export interface Moment {
  step: number;
  /** Of random fills: the step, and within a repeat that of the iteration. */
  counter: number;
  /** Row numbers of all steps of the call, and where those of this step begin. */
  rows: Uint32Array;
  firstRow: number;
  /** Address of the arena in this process, for the BLAS. */
  base: number;
}

/** What a device computes with. */
export interface Machine {
  readonly arena: Arena;
  readonly kernels: CpuKernels;
  /** Multiplies instead of the kernels, if there is one. */
  readonly blas: Blas | null;
}

/** What the commands of one program are built from. */
export interface Workshop extends Machine {
  readonly moment: Moment;
  /** By gathered tensor. */
  readonly sparseInputs: Map<Tensor, SparseInput>;
  /** Address of a tensor. */
  place(tensor: Tensor): number;
}

export function commandOf(op: Op, workshop: Workshop): Command {
  if (op.kind === 'scatter') return scatter(op, workshop);
  if (op.kind === 'repeat') return repeat(op, workshop);
  const { kernels, place } = workshop;
  const out = place(op.out);
  const { rows: m, columns: n } = op.out;
  switch (op.kind) {
    case 'matmul':
      return matmul(op, workshop);
    case 'accumulateDelta': {
      const [before, after, b] = [place(op.before), place(op.after), place(op.b)];
      const inner = op.b.rows;
      return () => kernels.accumulateDelta(out, before, after, b, m, n, inner);
    }
    case 'transpose': {
      const a = place(op.a);
      return () => kernels.transpose(out, a, n, m);
    }
    case 'map':
      return map(op, workshop);
    case 'sum':
      return sum(op, workshop);
    case 'dot': {
      const [a, b] = [place(op.a), place(op.b)];
      const count = op.a.rows * op.a.columns;
      return () => kernels.dot(out, a, b, count);
    }
    case 'argmax': {
      const a = place(op.a);
      const { columns } = op.a;
      return () => kernels.argmax(out, a, m, columns);
    }
    case 'softmax': {
      const a = place(op.a);
      return () => kernels.softmax(out, a, m, n);
    }
    case 'random':
      return random(op, workshop);
    case 'gather':
      return gather(op, workshop);
    case 'convolve':
      return convolve(op, workshop);
  }
}

function matmul(op: MatmulOp, workshop: Workshop): Command {
  const { blas, sparseInputs } = workshop;
  const input = sparseInputs.get(op.a);
  if (input && takesSparse(op)) return input.product(op);
  if (op.sparse) return sparseProduct(op, workshop);
  return blas ? blasProduct(op, workshop, blas) : product(op, workshop);
}

function repeat(op: RepeatOp, workshop: Workshop): Command {
  const { arena, moment, place } = workshop;
  const body = op.body.map((inner) => commandOf(inner, workshop));
  const { times, bound } = op;
  const timesIndex = typeof times === 'number' ? null : place(times) / Float32Array.BYTES_PER_ELEMENT;
  const iterationIndex = place(op.iteration) / Float32Array.BYTES_PER_ELEMENT;
  return () => {
    const { floats } = arena;
    const count = timesIndex === null ? bound : floats[timesIndex]!;
    const outside = moment.counter;
    for (let i = 0; i < count; i++) {
      moment.counter = outside * bound + i;
      floats[iterationIndex] = i;
      for (const command of body) command();
    }
    moment.counter = outside;
  };
}

function convolve(op: ConvolveOp, { kernels, place }: Workshop): Command {
  const [out, a, kernel, pending] = [place(op.out), place(op.a), place(op.kernel), place(op.pending)];
  const count = op.a.rows * op.a.columns;
  const taps = op.kernel.columns;
  return () => kernels.convolve(out, a, kernel, pending, count, taps);
}

export function currentValue(
  { constant, scalar }: Factor,
  { arena, place }: Pick<Workshop, 'arena' | 'place'>,
): () => number {
  if (!scalar) return () => constant;
  const index = place(scalar) / Float32Array.BYTES_PER_ELEMENT;
  return () => constant * arena.floats[index]!;
}

const innerSize = (op: MatmulOp): number => (op.transposeA ? op.a.rows : op.a.columns);

function product(op: MatmulOp, workshop: Workshop): Command {
  const { kernels, place } = workshop;
  const [out, a, b] = [place(op.out), place(op.a), place(op.b)];
  const { rows: m, columns: n } = op.out;
  const k = innerSize(op);
  const { transposeA, transposeB, accumulate } = op;
  const factor = currentValue(op.factor, workshop);
  return () => kernels.product(out, a, b, m, n, k, transposeA, transposeB, factor(), accumulate);
}

function sparseProduct(op: MatmulOp, workshop: Workshop): Command {
  const { kernels, place } = workshop;
  const [out, a, b] = [place(op.out), place(op.a), place(op.b)];
  const { rows: m, columns: n } = op.out;
  const k = innerSize(op);
  const { accumulate } = op;
  const factor = currentValue(op.factor, workshop);
  return op.transposeA
    ? () => kernels.sparseOuterProduct(out, a, b, m, n, k, factor(), accumulate)
    : () => kernels.sparseProduct(out, a, b, m, n, k, factor(), accumulate);
}

function blasProduct(op: MatmulOp, workshop: Workshop, { sgemm }: Blas): Command {
  const { moment, place } = workshop;
  const [out, a, b] = [place(op.out), place(op.a), place(op.b)];
  const { rows: m, columns: n } = op.out;
  const k = innerSize(op);
  const aLength = op.a.columns;
  const bLength = op.b.columns;
  const formA = op.transposeA ? TRANSPOSED : AS_IS;
  const formB = op.transposeB ? TRANSPOSED : AS_IS;
  const beta = op.accumulate ? 1 : 0;
  const factor = currentValue(op.factor, workshop);
  return () => {
    const { base } = moment;
    const alpha = factor();
    sgemm(ROW_MAJOR, formA, formB, m, n, k, alpha, base + a, aLength, base + b, bLength, beta, base + out, n);
  };
}

function map(op: MapOp, { arena, place }: Workshop): Command {
  const kernel = compileMap(
    op.fn,
    op.args.map((t) => spreadOver(op.out, t)),
    arena.memory,
  );
  return kernel.bind(null, place(op.out), op.out.rows, op.out.columns, ...op.args.map(place));
}

function spreadOver(out: Tensor, argument: Tensor): Spread {
  if (argument.rows === out.rows && argument.columns === out.columns) return 'full';
  if (argument.rows !== 1) return 'column';
  return argument.columns === 1 ? 'scalar' : 'row';
}

function sum(op: SumOp, workshop: Workshop): Command {
  const { kernels, place } = workshop;
  const [out, a] = [place(op.out), place(op.a)];
  const { rows: m, columns: n } = op.a;
  const { accumulate } = op;
  const factor = currentValue(op.factor, workshop);
  switch (op.over) {
    case 'rows':
      return () => kernels.sumOverRows(out, a, m, n, factor(), accumulate);
    case 'columns':
      return () => kernels.sumOverColumns(out, a, m, n, factor(), accumulate);
    case 'all':
      return () => kernels.sumOverColumns(out, a, 1, m * n, factor(), accumulate);
  }
}

function random(op: RandomOp, { kernels, moment, place }: Workshop): Command {
  const out = place(op.out);
  const count = op.out.rows * op.out.columns;
  const [key0, key1] = op.key;
  const { a, b } = op;
  if (op.probability) {
    const probability = place(op.probability);
    return op.distribution === 'poisson'
      ? () => kernels.poisson(out, count, moment.counter, key0, key1, probability)
      : () => kernels.bernoulli(out, count, moment.counter, key0, key1, probability);
  }
  return op.distribution === 'uniform'
    ? () => kernels.uniform(out, count, moment.counter, key0, key1, a, b - a)
    : () => kernels.normal(out, count, moment.counter, key0, key1, a, b);
}

/** Number of the table's row for row i of the minibatch. */
function rowAt(table: Table | RowStore, { rows, firstRow }: Moment, i: number): number {
  const row = rows[firstRow + i]!;
  if (row >= table.count)
    throw new Error(`there is no row ${row} in the table '${table.name}', which has ${table.count}`);
  return row;
}

function gather(op: GatherOp, workshop: Workshop): Command {
  const { table } = op;
  switch (table.encoding) {
    case 'one-hot':
      return gatherOneHot(op, table, workshop);
    case 'scaled':
      return gatherScaled(op, table, workshop);
    case 'float32':
      return gatherFloats(op, table, workshop);
  }
}

// Rows are copied in two passes: the first value of each, then the rows. The rows of a large table lie far apart, and the
// first pass waits for all of them at the same time: a minibatch of 100 images takes 31 us instead of 47.

function gatherFloats(op: GatherOp, store: RowStore, { arena, moment, place }: Workshop): Command {
  const start = place(op.out) / Float32Array.BYTES_PER_ELEMENT;
  const { rows: m, columns: n } = op.out;
  const { values } = store;
  return () => {
    const { floats } = arena;
    for (let i = 0; i < m; i++) floats[start + i * n] = values[rowAt(store, moment, i) * n]!;
    for (let i = 0; i < m; i++) {
      const from = rowAt(store, moment, i) * n;
      floats.set(values.subarray(from, from + n), start + i * n);
    }
  };
}

function scatter({ a, store }: ScatterOp, { arena, moment, place }: Workshop): Command {
  const start = place(a) / Float32Array.BYTES_PER_ELEMENT;
  const { rows: m, columns: n } = a;
  const { values } = store;
  return () => {
    const { floats } = arena;
    for (let i = 0; i < m; i++) values[rowAt(store, moment, i) * n] = floats[start + i * n]!;
    for (let i = 0; i < m; i++) {
      const from = start + i * n;
      values.set(floats.subarray(from, from + n), rowAt(store, moment, i) * n);
    }
  };
}

function gatherScaled(op: GatherOp, table: Table, workshop: Workshop): Command {
  const { arena, kernels, moment, place } = workshop;
  const out = place(op.out);
  const sparse = workshop.sparseInputs.get(op.out);
  const { rows: m, columns: n } = op.out;
  const { values, scale } = table;
  const staging = out + 3 * m * n;
  return () => {
    const { bytes } = arena;
    for (let i = 0; i < m; i++) bytes[staging + i * n] = values[rowAt(table, moment, i) * n]!;
    for (let i = 0; i < m; i++) {
      const from = rowAt(table, moment, i) * n;
      bytes.set(values.subarray(from, from + n), staging + i * n);
    }
    sparse?.survey(staging, scale);
    if (!sparse || sparse.needsValues) kernels.scaleBytes(out, m * n, scale);
  };
}

function gatherOneHot(op: GatherOp, table: Table, { arena, moment, place }: Workshop): Command {
  const start = place(op.out) / Float32Array.BYTES_PER_ELEMENT;
  const { rows: m, columns: n } = op.out;
  const labels = table.values;
  return () => {
    const { floats } = arena;
    floats.fill(0, start, start + m * n);
    for (let i = 0; i < m; i++) {
      const label = labels[rowAt(table, moment, i)]!;
      if (label < n) floats[start + i * n + label] = 1;
    }
  };
}
