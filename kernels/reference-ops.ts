import type {
  AccumulateDeltaOp,
  ArgmaxOp,
  ColumnsOp,
  ConvolveOp,
  DotOp,
  Factor,
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
} from './program.ts';
import { exponential, laterPair, normalPair, threefry, unitUniform } from './random.ts';
import type { Tensor } from './tensor.ts';

/**
 * What each op computes, a function each, as plain loops over float64: the definition that every device is tested
 * against. Matrices lie row by row; m x n is the shape of the result where nothing else is said.
 */

/** What an op needs to know of the step that it runs in. */
export interface StepContext {
  /** The values of a tensor, to read and to change. */
  readonly values: (tensor: Tensor) => Float64Array;
  /** What random fills count by: the step's number, and within a repeat that of the iteration. */
  readonly counter: number;
  /** For each row of the minibatch, the number of its row in the tables. */
  readonly rows: Uint32Array;
}

const FUNCTIONS: { [K in Op['kind']]: (op: Extract<Op, { kind: K }>, context: StepContext) => void } = {
  matmul,
  accumulateDelta,
  transpose,
  reshape,
  columns,
  place,
  select,
  map,
  sum,
  dot,
  argmax,
  softmax,
  random,
  spikes,
  convolve,
  gather,
  scatter,
  repeat,
};

/** Computes one op; a repeat executes its body. */
export const execute = (op: Op, context: StepContext): void =>
  (FUNCTIONS[op.kind] as (op: Op, context: StepContext) => void)(op, context);

const factorValue = ({ constant, scalar }: Factor, { values }: StepContext): number =>
  constant * (scalar ? values(scalar)[0]! : 1);

function matmul(op: MatmulOp, context: StepContext): void {
  const [out, a, b] = [context.values(op.out), context.values(op.a), context.values(op.b)];
  const factor = factorValue(op.factor, context);
  const block = (values: Float64Array, group: number): Float64Array =>
    values.subarray((values.length / op.groups) * group, (values.length / op.groups) * (group + 1));
  for (let group = 0; group < op.groups; group++)
    matmulOfBlocks(op, factor, block(out, group), block(a, group), block(b, group));
}

function matmulOfBlocks(op: MatmulOp, factor: number, out: Float64Array, a: Float64Array, b: Float64Array) {
  const m = op.out.rows / op.groups;
  const n = op.out.columns;
  const inner = op.transposeA ? op.a.rows / op.groups : op.a.columns;
  const left = (i: number, k: number) => a[op.transposeA ? k * op.a.columns + i : i * op.a.columns + k]!;
  const right = (k: number, j: number) => b[op.transposeB ? j * op.b.columns + k : k * op.b.columns + j]!;
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let total = 0;
      for (let k = 0; k < inner; k++) total += left(i, k) * right(k, j);
      out[i * n + j] = factor * total + (op.accumulate ? out[i * n + j]! : 0);
    }
}

function accumulateDelta(op: AccumulateDeltaOp, { values }: StepContext): void {
  const [out, before, after, b] = [values(op.out), values(op.before), values(op.after), values(op.b)];
  const { rows: m, columns: n } = op.out;
  const inner = op.b.rows;
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++)
      for (let k = 0; k < inner; k++)
        out[i * n + j]! += (after[i * inner + k]! - before[i * inner + k]!) * b[k * n + j]!;
}

function transpose(op: TransposeOp, { values }: StepContext): void {
  const [out, a] = [values(op.out), values(op.a)];
  const { rows: m, columns: n } = op.out;
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) out[i * n + j] = a[j * m + i]!;
}

function reshape(op: ReshapeOp, { values }: StepContext): void {
  values(op.out).set(values(op.a));
}

function columns(op: ColumnsOp, { values }: StepContext): void {
  const [out, a] = [values(op.out), values(op.a)];
  const { rows: m, columns: n } = op.out;
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) out[i * n + j] = a[i * op.a.columns + op.first + j]!;
}

function place(op: PlaceOp, { values }: StepContext): void {
  const [out, a] = [values(op.out), values(op.a)];
  const { rows: m, columns: n } = op.a;
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) out[i * op.out.columns + op.first + j] = a[i * n + j]!;
}

function select(op: SelectOp, { values }: StepContext): void {
  const [out, a, indices] = [values(op.out), values(op.a), values(op.indices)];
  const { rows: m, columns: n } = op.out;
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      const index = indices[j]!;
      out[i * n + j] = index >= 0 && index < op.a.columns ? a[i * op.a.columns + index]! : 0;
    }
}

function map(op: MapOp, { values }: StepContext): void {
  const out = values(op.out);
  const { rows: m, columns: n } = op.out;
  // An axis of length 1 is repeated: its index stays 0.
  const args = op.args.map((t) => ({
    values: values(t),
    row: t.rows === 1 ? 0 : t.columns,
    column: t.columns === 1 ? 0 : 1,
  }));
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++)
      out[i * n + j] = op.fn.js(...args.map((t) => t.values[i * t.row + j * t.column]!));
}

function sum(op: SumOp, context: StepContext): void {
  const [out, a] = [context.values(op.out), context.values(op.a)];
  const { rows: m, columns: n } = op.a;
  const totals = new Float64Array(out.length);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      const target = op.over === 'rows' ? j : op.over === 'columns' ? i : 0;
      totals[target]! += a[i * n + j]!;
    }
  const factor = factorValue(op.factor, context);
  for (let i = 0; i < out.length; i++) out[i] = factor * totals[i]! + (op.accumulate ? out[i]! : 0);
}

function dot(op: DotOp, { values }: StepContext): void {
  const [out, a, b] = [values(op.out), values(op.a), values(op.b)];
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  out[0] = total;
}

function argmax(op: ArgmaxOp, { values }: StepContext): void {
  const [out, a] = [values(op.out), values(op.a)];
  const { rows: m, columns: n } = op.a;
  for (let i = 0; i < m; i++) {
    const row = a.subarray(i * n, (i + 1) * n);
    out[i] = row.some(Number.isNaN) ? Number.NaN : row.indexOf(Math.max(...row));
  }
}

function softmax(op: SoftmaxOp, { values }: StepContext): void {
  const [out, a] = [values(op.out), values(op.a)];
  const { rows: m, columns: n } = op.out;
  for (let i = 0; i < m; i++) {
    const row = a.subarray(i * n, (i + 1) * n);
    const top = Math.max(...row);
    const powers = row.map((value) => Math.exp(value - top));
    const total = powers.reduce((all, power) => all + power, 0);
    for (let j = 0; j < n; j++) out[i * n + j] = powers[j]! / total;
  }
}

function random(op: RandomOp, context: StepContext): void {
  const out = context.values(op.out);
  const words = new Uint32Array(2);
  for (let i = 0; i < out.length; i++) {
    threefry(i >> 1, context.counter, op.key[0], op.key[1], words);
    out[i] = randomElement(op, i, words, context);
  }
}

/** Element i of a fill, from the words of its draw: see the layout in random.ts. */
function randomElement(op: RandomOp, i: number, words: Uint32Array, { values }: StepContext): number {
  switch (op.distribution) {
    case 'uniform':
      return op.a + (op.b - op.a) * unitUniform(words[i & 1]!);
    case 'normal':
      return op.a + op.b * normalPair(words[0]!, words[1]!)[i & 1]!;
    case 'bernoulli':
      // Compared in float32, as on the other devices.
      return unitUniform(words[i & 1]!) < Math.fround(values(op.probability!)[i]!) ? 1 : 0;
  }
}

const { fround } = Math;

function spikes(op: SpikesOp, { values, counter }: StepContext): void {
  const [out, mean, untilSpike] = [values(op.out), values(op.mean), values(op.untilSpike)];
  const words = new Uint32Array(2);
  for (let i = 0; i < out.length; i++) {
    let count = untilSpike[i] === 0 ? -1 : 0;
    // In float32, as on the other devices.
    let rest = fround(untilSpike[i]! - fround(mean[i]!));
    for (let n = 0; rest <= 0; n++, count++) {
      if (n % 2 === 0) threefry(laterPair(i, n / 2), counter, op.key[0], op.key[1], words);
      rest = fround(rest + exponential(words[n % 2]!));
    }
    out[i] = Math.max(0, count);
    untilSpike[i] = rest;
  }
}

function convolve(op: ConvolveOp, { values }: StepContext): void {
  const [out, a, kernel, pending] = [values(op.out), values(op.a), values(op.kernel), values(op.pending)];
  const [size, taps] = [out.length, kernel.length];
  for (let i = 0; i < size; i++) {
    out[i] = kernel[0]! * a[i]! + pending[i]!;
    for (let j = 1; j < taps; j++) {
      const next = j < taps - 1 ? pending[j * size + i]! : 0;
      pending[(j - 1) * size + i] = next + kernel[j]! * a[i]!;
    }
  }
}

function gather(op: GatherOp, context: StepContext): void {
  const out = context.values(op.out);
  const { rows: m, columns: n } = op.out;
  const { values, encoding } = op.table;
  const scale = encoding === 'scaled' ? op.table.scale : 1;
  for (let i = 0; i < m; i++) {
    const row = context.rows[i]!;
    for (let j = 0; j < n; j++)
      out[i * n + j] = encoding === 'one-hot' ? Number(values[row] === j) : values[row * n + j]! * scale;
  }
}

function scatter({ a, store }: ScatterOp, { values, rows }: StepContext): void {
  const n = a.columns;
  for (let i = 0; i < a.rows; i++) store.values.set(values(a).subarray(i * n, (i + 1) * n), rows[i]! * n);
}

function repeat({ times, bound, iteration, body }: RepeatOp, context: StepContext): void {
  const { values, counter } = context;
  const count = typeof times === 'number' ? times : values(times)[0]!;
  for (let i = 0; i < count; i++) {
    values(iteration)[0] = i;
    for (const op of body) execute(op, { ...context, counter: counter * bound + i });
  }
}
