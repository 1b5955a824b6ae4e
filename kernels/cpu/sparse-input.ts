import { type MatmulOp, type Op, outputOf, type Program } from '../program.ts';
import type { Tensor } from '../tensor.ts';
import { AS_IS, type Blas, ROW_MAJOR, TRANSPOSED } from './blas.ts';
import { type Command, currentValue, type Workshop } from './commands.ts';

/** A gathered minibatch of images that are mostly dark, and how its products make use of that. */
export interface SparseInput {
  /** To be done after the gather. */
  readonly survey: Command;
  /** A product that has the input, or its transpose, on its left. */
  product(op: MatmulOp): Command;
}

/** Values that are looked at to tell whether a table is mostly zeros. */
const SAMPLE = 100_000;
const WORD = Float32Array.BYTES_PER_ELEMENT;
const ENTRY = 2 * WORD;

/** The gathered images that are mostly zeros and stay as they were gathered. */
export function sparseGathers({ ops }: Program): Tensor[] {
  const all = everyOp(ops);
  return all
    .filter((op) => op.kind === 'gather' && op.table.encoding === 'scaled' && isMostlyZero(op.table.values))
    .map((op) => outputOf(op)!)
    .filter((out) => out.columns >= 4 && all.filter((op) => outputOf(op) === out).length === 1);
}

const everyOp = (ops: readonly Op[]): Op[] =>
  ops.flatMap((op) => (op.kind === 'repeat' ? [op, ...everyOp(op.body)] : [op]));

function isMostlyZero(values: Uint8Array): boolean {
  const sample = values.subarray(0, SAMPLE);
  return sample.filter((value) => value === 0).length > sample.length / 2;
}

/** Bytes that `listedInput` needs for its lists. */
export const listBytes = ({ rows, columns }: Tensor): number =>
  2 * rows * columns * ENTRY + (rows + 1 + columns + 2) * WORD;

/**
 * For the built-in kernels: lists the values that are not zero, by row for products with the input and by column for
 * those with its transpose.
 * @param room address of `listBytes` bytes
 */
export function listedInput(input: Tensor, room: number, workshop: Workshop): SparseInput {
  const { kernels, place } = workshop;
  const { rows: m, columns: n } = input;
  const values = place(input);
  const [rowEntries, columnEntries] = [room, room + m * n * ENTRY];
  const rowStarts = columnEntries + m * n * ENTRY;
  const columnStarts = rowStarts + (m + 1) * WORD;
  let used = false;
  let usedTransposed = false;
  return {
    survey() {
      if (used) kernels.listRows(rowStarts, rowEntries, values, m, n);
      if (usedTransposed) kernels.listColumns(columnStarts, columnEntries, rowStarts, rowEntries, m, n);
    },
    product(op) {
      used = true;
      usedTransposed ||= op.transposeA;
      const [starts, entries] = op.transposeA ? [columnStarts, columnEntries] : [rowStarts, rowEntries];
      const [out, b] = [place(op.out), place(op.b)];
      const { rows, columns } = op.out;
      const { accumulate } = op;
      const factor = currentValue(op.factor, workshop);
      return () => kernels.listedProduct(out, starts, entries, b, rows, columns, factor(), accumulate);
    },
  };
}

/** For a BLAS: leaves out the columns at both ends that are zero in every image, as in the margins of digits. */
export function trimmedInput(input: Tensor, workshop: Workshop, { sgemm }: Blas): SparseInput {
  const { arena, kernels, moment, place } = workshop;
  const { rows: m, columns: n } = input;
  const values = place(input);
  let first = 0;
  let lit = n;
  return {
    survey() {
      first = kernels.firstLitColumn(values, m, n);
      lit = Math.max(kernels.endOfLitColumns(values, m, n) - first, 1);
    },
    product(op) {
      const length = op.out.columns;
      const row = length * WORD;
      const beta = op.accumulate ? 1 : 0;
      const factor = currentValue(op.factor, workshop);
      const [out, b] = [place(op.out), place(op.b)];
      const trimmed = () => moment.base + values + first * WORD;
      if (!op.transposeA)
        return () => {
          const right = moment.base + b + first * row;
          const alpha = factor();
          sgemm(
            ROW_MAJOR,
            AS_IS,
            AS_IS,
            m,
            length,
            lit,
            alpha,
            trimmed(),
            n,
            right,
            length,
            beta,
            moment.base + out,
            length,
          );
        };
      return () => {
        const start = out + first * row;
        if (!op.accumulate) {
          arena.bytes.fill(0, out, start);
          arena.bytes.fill(0, start + lit * row, out + n * row);
        }
        const right = moment.base + b;
        const alpha = factor();
        sgemm(
          ROW_MAJOR,
          TRANSPOSED,
          AS_IS,
          lit,
          length,
          m,
          alpha,
          trimmed(),
          n,
          right,
          length,
          beta,
          moment.base + start,
          length,
        );
      };
    },
  };
}
