import { inputsOf, type MatmulOp, type Op, outputOf, type Program } from '../program.ts';
import type { Tensor } from '../tensor.ts';
import { AS_IS, type Blas, ROW_MAJOR, TRANSPOSED } from './blas.ts';
import { type Command, currentValue, type ProgramContext, type SparseInput } from './command.ts';

/** Values that are looked at to tell whether a table is mostly zeros. */
const SAMPLE = 100_000;
const WORD = Float32Array.BYTES_PER_ELEMENT;
const ENTRY = 2 * WORD;

/** The gathered images that are mostly zeros and stay as they were gathered. */
function sparseGathers({ ops }: Program): Tensor[] {
  const all = everyOp(ops);
  return all
    .filter((op) => op.kind === 'gather' && op.table.encoding === 'scaled' && isMostlyZero(op.table.values))
    .map((op) => outputOf(op)!)
    .filter((out) => out.columns >= 4 && all.filter((op) => outputOf(op) === out).length === 1);
}

/** Can this product go through the sparse input on its left? */
export const takesSparse = (op: MatmulOp): boolean => !op.transposeB && op.b !== op.a;

/** Is the tensor read by anything but products that `takesSparse`? */
const isReadAsSuch = ({ ops }: Program, input: Tensor): boolean =>
  everyOp(ops).some(
    (op) => inputsOf(op).includes(input) && !(op.kind === 'matmul' && op.a === input && takesSparse(op)),
  );

const everyOp = (ops: readonly Op[]): Op[] =>
  ops.flatMap((op) => (op.kind === 'repeat' ? [op, ...everyOp(op.body)] : [op]));

function isMostlyZero(values: Uint8Array): boolean {
  const sample = values.subarray(0, SAMPLE);
  return sample.filter((value) => value === 0).length > sample.length / 2;
}

/**
 * By gathered tensor.
 * @param room address of `sparseRoom` bytes
 */
export function sparseInputs(
  program: Program,
  room: number,
  context: ProgramContext,
): Map<Tensor, SparseInput> {
  const inputs = new Map<Tensor, SparseInput>();
  const { blas } = context;
  for (const input of sparseGathers(program)) {
    const listed = listedInput(input, room, isReadAsSuch(program, input), context);
    inputs.set(input, blas ? withBlas(input, listed, trimmedInput(input, context, blas)) : listed);
    room += listBytes(input);
  }
  return inputs;
}

/** For so few images a BLAS takes longer to copy the weights into its panels than lists take for the forward product. */
const FEW_IMAGES = 20;

const withBlas = ({ rows }: Tensor, listed: SparseInput, trimmed: SparseInput): SparseInput => ({
  needsValues: true,
  survey(bytes, scale) {
    listed.survey(bytes, scale);
    trimmed.survey(bytes, scale);
  },
  product: (op) => (rows > FEW_IMAGES || op.transposeA ? trimmed : listed).product(op),
});

/** Bytes that the sparse inputs of a program need for themselves. */
export const sparseRoom = (program: Program): number =>
  sparseGathers(program).reduce((sum, input) => sum + listBytes(input), 0);

/** Bytes of the lists of `listedInput`. */
const listBytes = ({ rows, columns }: Tensor): number =>
  2 * rows * columns * ENTRY + (rows + 1 + columns + 2) * WORD;

/**
 * For the built-in kernels: lists the values that are not zero, by row for products with the input and by column for
 * those with its transpose.
 * @param room address of `listBytes` bytes
 */
function listedInput(
  input: Tensor,
  room: number,
  needsValues: boolean,
  context: ProgramContext,
): SparseInput {
  const { kernels, place } = context;
  const { rows: m, columns: n } = input;
  const [rowEntries, columnEntries] = [room, room + m * n * ENTRY];
  const rowStarts = columnEntries + m * n * ENTRY;
  const columnStarts = rowStarts + (m + 1) * WORD;
  let used = false;
  let usedTransposed = false;
  return {
    needsValues,
    survey(bytes, scale) {
      if (used) kernels.listRows(rowStarts, rowEntries, bytes, m, n, scale);
      if (usedTransposed) kernels.listColumns(columnStarts, columnEntries, rowStarts, rowEntries, m, n);
    },
    product(op) {
      used = true;
      usedTransposed ||= op.transposeA;
      const [starts, entries] = op.transposeA ? [columnStarts, columnEntries] : [rowStarts, rowEntries];
      const [out, b] = [place(op.out), place(op.b)];
      const { rows, columns } = op.out;
      const { accumulate } = op;
      const factor = currentValue(op.factor, context);
      return () => kernels.listedProduct(out, starts, entries, b, rows, columns, factor(), accumulate);
    },
  };
}

/** The columns outside of these are zero in every image of the minibatch. */
interface NonZeroColumns {
  first: number;
  count: number;
}

/** For a BLAS: leaves out the columns at both ends that are zero in every image, as in the margins of digits. */
function trimmedInput(input: Tensor, context: ProgramContext, blas: Blas): SparseInput {
  const { kernels } = context;
  const { rows: m, columns: n } = input;
  const kept: NonZeroColumns = { first: 0, count: n };
  return {
    needsValues: true,
    survey(bytes) {
      kept.first = kernels.firstNonZeroColumn(bytes, m, n);
      kept.count = Math.max(kernels.endOfNonZeroColumns(bytes, m, n) - kept.first, 1);
    },
    product: (op) =>
      op.transposeA
        ? trimmedTransposedProduct(op, kept, context, blas)
        : trimmedProduct(op, kept, context, blas),
  };
}

/** out = input b: without some columns of the input, and the rows of b that belong to them. */
function trimmedProduct(
  op: MatmulOp,
  kept: NonZeroColumns,
  context: ProgramContext,
  { sgemm }: Blas,
): Command {
  const { now, place } = context;
  const [out, a, b] = [place(op.out), place(op.a), place(op.b)];
  const { rows: m, columns: k } = op.a;
  const n = op.out.columns;
  const beta = op.accumulate ? 1 : 0;
  const factor = currentValue(op.factor, context);
  return () => {
    const { base } = now;
    const { first, count } = kept;
    const left = base + a + first * WORD;
    const right = base + b + first * n * WORD;
    sgemm(ROW_MAJOR, AS_IS, AS_IS, m, n, count, factor(), left, k, right, n, beta, base + out, n);
  };
}

/** out = inputᵀ b: rows of out that belong to columns left out get nothing added, or zeros. */
function trimmedTransposedProduct(
  op: MatmulOp,
  kept: NonZeroColumns,
  context: ProgramContext,
  { sgemm }: Blas,
): Command {
  const { arena, now, place } = context;
  const [out, a, b] = [place(op.out), place(op.a), place(op.b)];
  const { rows: k, columns: m } = op.a;
  const n = op.out.columns;
  const row = n * WORD;
  const beta = op.accumulate ? 1 : 0;
  const factor = currentValue(op.factor, context);
  return () => {
    const { base } = now;
    const { first, count } = kept;
    const start = out + first * row;
    if (!op.accumulate) {
      arena.bytes.fill(0, out, start);
      arena.bytes.fill(0, start + count * row, out + m * row);
    }
    const left = base + a + first * WORD;
    sgemm(ROW_MAJOR, TRANSPOSED, AS_IS, count, n, k, factor(), left, m, base + b, n, beta, base + start, n);
  };
}
