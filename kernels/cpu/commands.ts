import type {
  AccumulateDeltaOp,
  ArgmaxOp,
  ColumnsOp,
  ConvolveOp,
  DotOp,
  GatherOp,
  MapOp,
  MatmulOp,
  Op,
  PlaceOp,
  RandomOp,
  RepeatOp,
  ReshapeOp,
  ScatterOp,
  SelectOp,
  SoftmaxOp,
  SpikesOp,
  SumOp,
  TransposeOp,
} from '../program.ts';
import type { RowStore, Table, Tensor } from '../tensor.ts';
import { AS_IS, type Blas, ROW_MAJOR, TRANSPOSED } from './blas.ts';
import { type Command, type CommandContext, currentValue, type StepState } from './command.ts';
import { compileMap } from './map.ts';
import type { Spread } from './map-module.ts';
import { takesSparse } from './sparse-input.ts';

export function commandOf(op: Op, context: CommandContext): Command {
  switch (op.kind) {
    case 'matmul':
      return matmul(op, context);
    case 'accumulateDelta':
      return accumulateDelta(op, context);
    case 'transpose':
      return transpose(op, context);
    case 'reshape':
      return reshape(op, context);
    case 'columns':
      return columns(op, context);
    case 'place':
      return placeColumns(op, context);
    case 'select':
      return select(op, context);
    case 'map':
      return map(op, context);
    case 'sum':
      return sum(op, context);
    case 'dot':
      return dot(op, context);
    case 'argmax':
      return argmax(op, context);
    case 'softmax':
      return softmax(op, context);
    case 'random':
      return random(op, context);
    case 'spikes':
      return spikes(op, context);
    case 'gather':
      return gather(op, context);
    case 'scatter':
      return scatter(op, context);
    case 'convolve':
      return convolve(op, context);
    case 'repeat':
      return repeat(op, context);
  }
}

function matmul(op: MatmulOp, context: CommandContext): Command {
  const { blas, sparseInputs } = context;
  const input = sparseInputs.get(op.a);
  if (input && takesSparse(op)) return input.product(op);
  if (op.sparse) return sparseProduct(op, context);
  return blas ? blasProduct(op, context, blas) : product(op, context);
}

/** Where more than a quarter of the values change, a BLAS multiplies all differences in less time than the lists take. */
function accumulateDelta(op: AccumulateDeltaOp, { blas, kernels, now, place }: CommandContext): Command {
  const [out, before, after, b] = [place(op.out), place(op.before), place(op.after), place(op.b)];
  const { rows: m, columns: n } = op.out;
  const k = op.b.rows;
  if (!blas) return () => void kernels.accumulateDelta(out, before, after, b, m, n, k, m * k);
  const { sgemm } = blas;
  const differences = kernels.DIFFERENCES.value;
  const most = Math.floor((m * k) / 4);
  return () => {
    if (kernels.accumulateDelta(out, before, after, b, m, n, k, most) === 0) return;
    const { base } = now;
    sgemm(ROW_MAJOR, AS_IS, AS_IS, m, n, k, 1, base + differences, k, base + b, n, 1, base + out, n);
  };
}

function transpose(op: TransposeOp, { kernels, place }: CommandContext): Command {
  const [out, a] = [place(op.out), place(op.a)];
  const { rows, columns } = op.a;
  return () => kernels.transpose(out, a, rows, columns);
}

/** Index of the first value of a tensor among the floats of the memory. */
const firstOf = (tensor: Tensor, { place }: CommandContext): number =>
  place(tensor) / Float32Array.BYTES_PER_ELEMENT;

function reshape(op: ReshapeOp, context: CommandContext): Command {
  const { arena } = context;
  const [out, a] = [firstOf(op.out, context), firstOf(op.a, context)];
  const end = a + op.a.rows * op.a.columns;
  return () => void arena.floats.copyWithin(out, a, end);
}

function columns({ out, a, first }: ColumnsOp, context: CommandContext): Command {
  const { arena } = context;
  const [to, from] = [firstOf(out, context), firstOf(a, context) + first];
  return () => copyRows(arena.floats, out.rows, out.columns, to, out.columns, from, a.columns);
}

function placeColumns({ out, a, first }: PlaceOp, context: CommandContext): Command {
  const { arena } = context;
  const [to, from] = [firstOf(out, context) + first, firstOf(a, context)];
  return () => copyRows(arena.floats, a.rows, a.columns, to, out.columns, from, a.columns);
}

/** @param toStep from one row to the next */
function copyRows(
  floats: Float32Array,
  rows: number,
  length: number,
  to: number,
  toStep: number,
  from: number,
  fromStep: number,
): void {
  for (let i = 0; i < rows; i++)
    floats.copyWithin(to + i * toStep, from + i * fromStep, from + i * fromStep + length);
}

function select(op: SelectOp, context: CommandContext): Command {
  const { arena } = context;
  const [out, a, indices] = [firstOf(op.out, context), firstOf(op.a, context), firstOf(op.indices, context)];
  const { rows: m, columns: n } = op.out;
  const width = op.a.columns;
  return () => {
    const { floats } = arena;
    for (let j = 0; j < n; j++) {
      const index = floats[indices + j]!;
      const known = index >= 0 && index < width;
      for (let i = 0; i < m; i++) floats[out + i * n + j] = known ? floats[a + i * width + index]! : 0;
    }
  };
}

function dot(op: DotOp, { kernels, place }: CommandContext): Command {
  const [out, a, b] = [place(op.out), place(op.a), place(op.b)];
  const count = op.a.rows * op.a.columns;
  return () => kernels.dot(out, a, b, count);
}

function argmax(op: ArgmaxOp, { kernels, place }: CommandContext): Command {
  const [out, a] = [place(op.out), place(op.a)];
  const { rows, columns } = op.a;
  return () => kernels.argmax(out, a, rows, columns);
}

function softmax(op: SoftmaxOp, { kernels, place }: CommandContext): Command {
  const [out, a] = [place(op.out), place(op.a)];
  const { rows, columns } = op.a;
  return () => kernels.softmax(out, a, rows, columns);
}

function repeat(op: RepeatOp, context: CommandContext): Command {
  const { arena, now, place } = context;
  const body = op.body.map((inner) => commandOf(inner, context));
  const { times, bound } = op;
  const timesIndex = typeof times === 'number' ? null : place(times) / Float32Array.BYTES_PER_ELEMENT;
  const iterationIndex = place(op.iteration) / Float32Array.BYTES_PER_ELEMENT;
  return () => {
    const { floats } = arena;
    const count = timesIndex === null ? bound : floats[timesIndex]!;
    const outside = now.counter;
    for (let i = 0; i < count; i++) {
      now.counter = outside * bound + i;
      floats[iterationIndex] = i;
      for (const command of body) command();
    }
    now.counter = outside;
  };
}

function convolve(op: ConvolveOp, { kernels, place }: CommandContext): Command {
  const [out, a, kernel, pending] = [place(op.out), place(op.a), place(op.kernel), place(op.pending)];
  const count = op.a.rows * op.a.columns;
  const taps = op.kernel.columns;
  return () => kernels.convolve(out, a, kernel, pending, count, taps);
}

/** Sizes of the product of a group: m x k by k x n. */
const sizesOf = ({ out, a, transposeA, groups }: MatmulOp): [m: number, n: number, k: number] => [
  out.rows / groups,
  out.columns,
  transposeA ? a.rows / groups : a.columns,
];

/** Bytes of a group's rows. */
const groupBytes = ({ rows, columns }: Tensor, groups: number): number =>
  (rows / groups) * columns * Float32Array.BYTES_PER_ELEMENT;

/** @param multiply the blocks at these addresses, scaled by a factor */
function eachGroup(
  op: MatmulOp,
  context: CommandContext,
  multiply: (out: number, a: number, b: number, factor: number) => void,
): Command {
  const { place } = context;
  const { groups } = op;
  const [out, a, b] = [place(op.out), place(op.a), place(op.b)];
  const [outStep, aStep, bStep] = [
    groupBytes(op.out, groups),
    groupBytes(op.a, groups),
    groupBytes(op.b, groups),
  ];
  const factor = currentValue(op.factor, context);
  return () => {
    const scale = factor();
    for (let g = 0; g < groups; g++) multiply(out + g * outStep, a + g * aStep, b + g * bStep, scale);
  };
}

function product(op: MatmulOp, context: CommandContext): Command {
  const { kernels } = context;
  const [m, n, k] = sizesOf(op);
  const { transposeA, transposeB, accumulate } = op;
  return eachGroup(op, context, (out, a, b, factor) =>
    kernels.product(out, a, b, m, n, k, transposeA, transposeB, factor, accumulate),
  );
}

function sparseProduct(op: MatmulOp, context: CommandContext): Command {
  const { kernels, place } = context;
  const [out, a, b] = [place(op.out), place(op.a), place(op.b)];
  const [m, n, k] = sizesOf(op);
  const { accumulate } = op;
  const factor = currentValue(op.factor, context);
  return op.transposeA
    ? () => kernels.sparseOuterProduct(out, a, b, m, n, k, factor(), accumulate)
    : () => kernels.sparseProduct(out, a, b, m, n, k, factor(), accumulate);
}

function blasProduct(op: MatmulOp, context: CommandContext, { sgemm }: Blas): Command {
  const { now } = context;
  const [m, n, k] = sizesOf(op);
  const aLength = op.a.columns;
  const bLength = op.b.columns;
  const formA = op.transposeA ? TRANSPOSED : AS_IS;
  const formB = op.transposeB ? TRANSPOSED : AS_IS;
  const beta = op.accumulate ? 1 : 0;
  return eachGroup(op, context, (out, a, b, factor) => {
    const { base } = now;
    sgemm(
      ROW_MAJOR,
      formA,
      formB,
      m,
      n,
      k,
      factor,
      base + a,
      aLength,
      base + b,
      bLength,
      beta,
      base + out,
      n,
    );
  });
}

function map(op: MapOp, { arena, place }: CommandContext): Command {
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

function sum(op: SumOp, context: CommandContext): Command {
  const { kernels, place } = context;
  const [out, a] = [place(op.out), place(op.a)];
  const { rows: m, columns: n } = op.a;
  const { accumulate } = op;
  const factor = currentValue(op.factor, context);
  switch (op.over) {
    case 'rows':
      return () => kernels.sumOverRows(out, a, m, n, factor(), accumulate);
    case 'columns':
      return () => kernels.sumOverColumns(out, a, m, n, factor(), accumulate);
    case 'all':
      return () => kernels.sumOverColumns(out, a, 1, m * n, factor(), accumulate);
  }
}

function random(op: RandomOp, { kernels, now, place }: CommandContext): Command {
  const out = place(op.out);
  const count = op.out.rows * op.out.columns;
  const [key0, key1] = op.key;
  const { a, b } = op;
  if (op.probability) {
    const probability = place(op.probability);
    return () => kernels.bernoulli(out, count, now.counter, key0, key1, probability);
  }
  return op.distribution === 'uniform'
    ? () => kernels.uniform(out, count, now.counter, key0, key1, a, b - a)
    : () => kernels.normal(out, count, now.counter, key0, key1, a, b);
}

function spikes(op: SpikesOp, { kernels, now, place }: CommandContext): Command {
  const [out, untilSpike, mean] = [place(op.out), place(op.untilSpike), place(op.mean)];
  const count = op.out.rows * op.out.columns;
  const [key0, key1] = op.key;
  return () => kernels.spikes(out, untilSpike, mean, count, now.counter, key0, key1);
}

/** Number of the table's row for row i of the minibatch. */
function rowAt(table: Table | RowStore, { rows, firstRow }: StepState, i: number): number {
  const row = rows[firstRow + i]!;
  if (row >= table.count)
    throw new Error(`there is no row ${row} in the table '${table.name}', which has ${table.count}`);
  return row;
}

function gather(op: GatherOp, context: CommandContext): Command {
  const { table } = op;
  switch (table.encoding) {
    case 'one-hot':
      return gatherOneHot(op, table, context);
    case 'scaled':
      return gatherScaled(op, table, context);
    case 'float32':
      return gatherFloats(op, table, context);
  }
}

// Rows are copied in two passes: the first value of each, then the rows. The rows of a large table lie far apart, and the
// first pass waits for all of them at the same time: a minibatch of 100 images takes 31 us instead of 47.

function gatherFloats(op: GatherOp, store: RowStore, { arena, now, place }: CommandContext): Command {
  const start = place(op.out) / Float32Array.BYTES_PER_ELEMENT;
  const { rows: m, columns: n } = op.out;
  const { values } = store;
  return () => {
    const { floats } = arena;
    for (let i = 0; i < m; i++) floats[start + i * n] = values[rowAt(store, now, i) * n]!;
    for (let i = 0; i < m; i++) {
      const from = rowAt(store, now, i) * n;
      floats.set(values.subarray(from, from + n), start + i * n);
    }
  };
}

function scatter({ a, store }: ScatterOp, { arena, now, place }: CommandContext): Command {
  const start = place(a) / Float32Array.BYTES_PER_ELEMENT;
  const { rows: m, columns: n } = a;
  const { values } = store;
  return () => {
    const { floats } = arena;
    for (let i = 0; i < m; i++) values[rowAt(store, now, i) * n] = floats[start + i * n]!;
    for (let i = 0; i < m; i++) {
      const from = start + i * n;
      values.set(floats.subarray(from, from + n), rowAt(store, now, i) * n);
    }
  };
}

function gatherScaled(op: GatherOp, table: Table, context: CommandContext): Command {
  const { arena, kernels, now, place } = context;
  const out = place(op.out);
  const sparse = context.sparseInputs.get(op.out);
  const { rows: m, columns: n } = op.out;
  const { values, scale } = table;
  const staging = out + 3 * m * n;
  return () => {
    const { bytes } = arena;
    for (let i = 0; i < m; i++) bytes[staging + i * n] = values[rowAt(table, now, i) * n]!;
    for (let i = 0; i < m; i++) {
      const from = rowAt(table, now, i) * n;
      bytes.set(values.subarray(from, from + n), staging + i * n);
    }
    sparse?.survey(staging, scale);
    if (!sparse || sparse.needsValues) kernels.scaleBytes(out, m * n, scale);
  };
}

function gatherOneHot(op: GatherOp, table: Table, { arena, now, place }: CommandContext): Command {
  const start = place(op.out) / Float32Array.BYTES_PER_ELEMENT;
  const { rows: m, columns: n } = op.out;
  const labels = table.values;
  return () => {
    const { floats } = arena;
    floats.fill(0, start, start + m * n);
    for (let i = 0; i < m; i++) {
      const label = labels[rowAt(table, now, i)]!;
      if (label < n) floats[start + i * n + label] = 1;
    }
  };
}
