import type { ScalarFunction } from './scalar.ts';
import type { RowStore, Table, Tensor } from './tensor.ts';

/** A factor of a product: a constant, times the value of a 1 x 1 tensor when there is one. */
export interface Factor {
  readonly constant: number;
  readonly scalar: Tensor | null;
}

/**
 * out = factor * op(a) op(b), added to what `out` holds when `accumulate` is set. With groups, the rows of `a`, `b` and `out` are so many
 * blocks of equal size, and each block of `out` is the product of those of `a` and `b`.
 */
export interface MatmulOp {
  readonly kind: 'matmul';
  readonly out: Tensor;
  readonly a: Tensor;
  readonly b: Tensor;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly factor: Factor;
  readonly accumulate: boolean;
  /** At least 1. */
  readonly groups: number;
  /** `a` is mostly zeros: a hint, which changes the result by rounding only. */
  readonly sparse: boolean;
}

/**
 * out += (after - before) b: a sum that holds `before` b is brought up to date. What did not change costs next to nothing
 * on the cpu device.
 */
export interface AccumulateDeltaOp {
  readonly kind: 'accumulateDelta';
  readonly out: Tensor;
  readonly before: Tensor;
  readonly after: Tensor;
  readonly b: Tensor;
}

/** out[j][i] = a[i][j] */
export interface TransposeOp {
  readonly kind: 'transpose';
  readonly out: Tensor;
  readonly a: Tensor;
}

/** The values of `a`, row by row, in rows of another length. One of the two lengths is a multiple of the other. */
export interface ReshapeOp {
  readonly kind: 'reshape';
  readonly out: Tensor;
  readonly a: Tensor;
}

/** out[i][j] = a[i][first + j] */
export interface ColumnsOp {
  readonly kind: 'columns';
  readonly out: Tensor;
  readonly a: Tensor;
  readonly first: number;
}

/** out[i][first + j] = a[i][j]; other columns of `out` stay. */
export interface PlaceOp {
  readonly kind: 'place';
  readonly out: Tensor;
  readonly a: Tensor;
  readonly first: number;
}

/** out[i][j] = a[i][indices[0][j]], or 0 where `a` has no such column. */
export interface SelectOp {
  readonly kind: 'select';
  readonly out: Tensor;
  readonly a: Tensor;
  /** 1 x out.columns, whole numbers. */
  readonly indices: Tensor;
}

/**
 * out[i][j] = fn(args...) for every element. An argument is of the shape of `out`, or 1 x n, m x 1 or 1 x 1 and
 * repeated along the other axis. `out` may be one of the arguments if it has their shape.
 */
export interface MapOp {
  readonly kind: 'map';
  readonly out: Tensor;
  readonly fn: ScalarFunction;
  readonly args: readonly Tensor[];
}

/** Sum over `rows` (out is 1 x n), over `columns` (m x 1) or over everything (1 x 1). */
export interface SumOp {
  readonly kind: 'sum';
  readonly out: Tensor;
  readonly a: Tensor;
  readonly over: 'rows' | 'columns' | 'all';
  readonly factor: Factor;
  readonly accumulate: boolean;
}

/** out (1 x 1) = sum of a * b over all elements. */
export interface DotOp {
  readonly kind: 'dot';
  readonly out: Tensor;
  readonly a: Tensor;
  readonly b: Tensor;
}

/** out (m x 1) = column of the first largest value of each row; NaN if the row holds one. */
export interface ArgmaxOp {
  readonly kind: 'argmax';
  readonly out: Tensor;
  readonly a: Tensor;
}

/** Softmax of each row, computed after subtraction of the row's largest value. */
export interface SoftmaxOp {
  readonly kind: 'softmax';
  readonly out: Tensor;
  readonly a: Tensor;
}

/**
 * Random fill; see random.ts for the generator and the layout of its counter.
 * uniform: a + (b - a) u; normal: a + b z; bernoulli: 1 with probability `probability[i]`, else 0.
 */
export interface RandomOp {
  readonly kind: 'random';
  readonly out: Tensor;
  readonly distribution: 'uniform' | 'normal' | 'bernoulli';
  readonly a: number;
  readonly b: number;
  readonly probability: Tensor | null;
  /** Key of the stream: two 32-bit words (see streamKey). */
  readonly key: readonly [number, number];
}

/**
 * Numbers of spikes in a step, of Poisson processes. `untilSpike` holds the means that are left until their next spikes, or 0 before
 * the first step.
 *
 * untilSpike -= mean; then, until it is above 0: out += 1, untilSpike += a new exponential number of mean 1. Where it was 0, out
 * is one less: no interval had begun. The numbers are those of `exponential` in random.ts, of the words of the counter (element,
 * step); those after two are of the counters of `laterPair`.
 */
export interface SpikesOp {
  readonly kind: 'spikes';
  readonly out: Tensor;
  readonly mean: Tensor;
  readonly untilSpike: Tensor;
  /** Key of the stream: two 32-bit words (see streamKey). */
  readonly key: readonly [number, number];
}

/** Row i of out = row `rows[i]` of the table, where `rows` are the minibatch's row numbers. */
export interface GatherOp {
  readonly kind: 'gather';
  readonly out: Tensor;
  readonly table: Table | RowStore;
}

/**
 * Row `rows[i]` of the store = row i of `a`; of two rows i with one number the later one stays. No gather from the same
 * store follows in the step, so that a device may put off the writing to the end of the step.
 */
export interface ScatterOp {
  readonly kind: 'scatter';
  readonly a: Tensor;
  readonly store: RowStore;
}

/**
 * One step of a causal convolution in time. `kernel` is 1 x taps, and `pending`, (taps - 1) m x n, holds m rows for each
 * of the next steps: what past inputs will contribute to them.
 *
 * out = kernel[0] a + pending[0], then pending[j] = pending[j + 1] + kernel[j + 1] a, where the last one has no next.
 */
export interface ConvolveOp {
  readonly kind: 'convolve';
  readonly out: Tensor;
  readonly a: Tensor;
  readonly kernel: Tensor;
  readonly pending: Tensor;
}

/** The body so many times. Random fills in it draw with the counter `counter * bound + iteration`. */
export interface RepeatOp {
  readonly kind: 'repeat';
  /** A whole number above 0, or a host scalar that holds one from 0 to `bound`. */
  readonly times: number | Tensor;
  readonly bound: number;
  /** What to do where only a fixed number of times is possible: for the error message. */
  readonly otherwise: string | null;
  /** 1 x 1, the number of the iteration, from 0. */
  readonly iteration: Tensor;
  readonly body: readonly Op[];
}

export type Op =
  | MatmulOp
  | AccumulateDeltaOp
  | TransposeOp
  | ReshapeOp
  | ColumnsOp
  | PlaceOp
  | SelectOp
  | MapOp
  | SumOp
  | DotOp
  | ArgmaxOp
  | SoftmaxOp
  | RandomOp
  | SpikesOp
  | GatherOp
  | ScatterOp
  | ConvolveOp
  | RepeatOp;

/** An op that does its own work once. */
export type SimpleOp = Exclude<Op, RepeatOp>;

/** What a host-side scalar is computed from, once before each step. */
export interface StepInfo {
  /** Steps (minibatches) since the start of the run, from 0. */
  readonly step: number;
}

/** A 1 x 1 tensor whose value the host computes before each step, e.g. a learning rate that decays. */
export interface HostScalar {
  readonly tensor: Tensor;
  readonly value: (info: StepInfo) => number;
}

/** A traced step: what one minibatch does, in order. */
export interface Program {
  readonly name: string;
  readonly ops: readonly Op[];
  readonly hostScalars: readonly HostScalar[];
  /** Rows in a minibatch; 0 when nothing is gathered. */
  readonly batch: number;
}

/** The tensors that an op reads itself, `out` included when it adds to what is there. */
export function inputsOf(op: Op): Tensor[] {
  switch (op.kind) {
    case 'matmul':
      return [op.a, op.b, ...scalarOf(op.factor), ...(op.accumulate ? [op.out] : [])];
    case 'accumulateDelta':
      return [op.out, op.before, op.after, op.b];
    case 'sum':
      return [op.a, ...scalarOf(op.factor), ...(op.accumulate ? [op.out] : [])];
    case 'map':
      return [...op.args];
    case 'dot':
      return [op.a, op.b];
    case 'argmax':
    case 'softmax':
    case 'transpose':
    case 'reshape':
    case 'columns':
    case 'scatter':
      return [op.a];
    case 'place':
      return [op.out, op.a];
    case 'select':
      return [op.a, op.indices];
    case 'random':
      return op.probability ? [op.probability] : [];
    case 'spikes':
      return [op.mean, op.untilSpike];
    case 'convolve':
      return [op.a, op.kernel, op.pending];
    case 'repeat':
      return typeof op.times === 'number' ? [] : [op.times];
    case 'gather':
      return [];
  }
}

/** The tensor that an op computes; null where it writes to the host, or leaves that to its body. */
export const outputOf = (op: Op): Tensor | null =>
  op.kind === 'scatter' || op.kind === 'repeat' ? null : op.out;

const scalarOf = (factor: Factor): Tensor[] => (factor.scalar ? [factor.scalar] : []);
