import type { Op } from './program.ts';

/**
 * Multiply-accumulates that an op asks for: m k n for a product of m x k by k x n (of each group), and for `accumulateDelta` those of the whole product. It
 * is counted as if nothing were skipped (zeros in an operand, what did not change), so that the number is the same on every device and
 * for every input. What is repeated counts as often as its bound. Everything but products of matrices counts nothing.
 */
export function multiplyAccumulatesOf(op: Op): number {
  switch (op.kind) {
    case 'matmul':
      return op.out.rows * op.out.columns * (op.transposeA ? op.a.rows / op.groups : op.a.columns);
    case 'accumulateDelta':
      return op.out.rows * op.out.columns * op.b.rows;
    case 'repeat':
      return op.bound * countMultiplyAccumulates(op.body);
    default:
      return 0;
  }
}

/** Of several ops: see `multiplyAccumulatesOf`. */
export const countMultiplyAccumulates = (ops: readonly Op[]): number =>
  ops.reduce((sum, op) => sum + multiplyAccumulatesOf(op), 0);
