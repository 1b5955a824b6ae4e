import { inputsOf, type MatmulOp, type Op, outputOf, type Program } from '../program.ts';
import type { Tensor } from '../tensor.ts';
import type { CpuKernels } from './builtin.ts';
import { currentValue, type Engine, type ProgramContext, type SparseInput } from './command.ts';

/** Values that are looked at to tell how much of a table is zero. */
const SAMPLE = 100_000;
/** Lists are faster than the dense product if no more than these parts of the values are not zero. */
const MOST = { builtIn: 1 / 2, blas: 1 / 4 };
const WORD = Float32Array.BYTES_PER_ELEMENT;
const ENTRY = 2 * WORD;

/** The gathered images with few values that are not zero, which stay as they were gathered. */
function sparseGathers({ ops }: Program, { blas }: Engine): Tensor[] {
  const all = everyOp(ops);
  const most = blas ? MOST.blas : MOST.builtIn;
  return all
    .filter(
      (op) => op.kind === 'gather' && op.table.encoding === 'scaled' && nonZeroPart(op.table.values) <= most,
    )
    .map((op) => outputOf(op)!)
    .filter((out) => out.columns >= 4 && all.filter((op) => outputOf(op) === out).length === 1);
}

/** Can this product go through the sparse input on its left? */
export const takesSparse = (op: MatmulOp): boolean => !op.transposeB && op.b !== op.a && op.groups === 1;

/** Is the tensor read by anything but products that `takesSparse`? */
const isReadAsSuch = ({ ops }: Program, input: Tensor): boolean =>
  everyOp(ops).some(
    (op) => inputsOf(op).includes(input) && !(op.kind === 'matmul' && op.a === input && takesSparse(op)),
  );

const everyOp = (ops: readonly Op[]): Op[] =>
  ops.flatMap((op) => (op.kind === 'repeat' ? [op, ...everyOp(op.body)] : [op]));

/** Of tables, whose values stay as they are: every program of every run that reads one asks. */
const nonZeroParts = new WeakMap<Uint8Array, number>();

function nonZeroPart(values: Uint8Array): number {
  let part = nonZeroParts.get(values);
  if (part === undefined) {
    const sample = values.subarray(0, SAMPLE);
    part = sample.filter((value) => value !== 0).length / sample.length;
    nonZeroParts.set(values, part);
  }
  return part;
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
  for (const input of sparseGathers(program, context)) {
    inputs.set(input, listedInput(input, room, isReadAsSuch(program, input), context));
    room += listBytes(input, context.kernels);
  }
  return inputs;
}

/** Bytes that the sparse inputs of a program need for themselves. */
export const sparseRoom = (program: Program, engine: Engine): number =>
  sparseGathers(program, engine).reduce((sum, input) => sum + listBytes(input, engine.kernels), 0);

/** Pieces of the lists of `lists` rows or columns of so many places. */
const piecesOf = (lists: number, places: number, { PIECE }: CpuKernels): number =>
  lists * Math.ceil(places / PIECE.value);

/** Bytes of the lists of `listedInput`. */
const listBytes = ({ rows, columns }: Tensor, kernels: CpuKernels): number =>
  2 * rows * columns * ENTRY +
  (piecesOf(rows, columns, kernels) + 1 + piecesOf(columns, rows, kernels) + 2) * WORD;

/**
 * Lists the values that are not zero, by row for products with the input and by column for those with its transpose.
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
  const columnStarts = rowStarts + (piecesOf(m, n, kernels) + 1) * WORD;
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
      const inner = op.b.rows;
      const { accumulate } = op;
      const factor = currentValue(op.factor, context);
      return () => kernels.listedProduct(out, starts, entries, b, rows, columns, inner, factor(), accumulate);
    },
  };
}
