import type { Factor, MatmulOp } from '../program.ts';
import type { Tensor } from '../tensor.ts';
import type { Blas } from './blas.ts';
import type { CpuKernels } from './builtin.ts';
import type { Arena } from './memory.ts';

/** One op with all addresses and sizes built in. */
export type Command = () => void;

/** What changes from step to step. */
export interface StepState {
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
export interface Engine {
  readonly arena: Arena;
  readonly kernels: CpuKernels;
  /** Multiplies instead of the kernels, if there is one. */
  readonly blas: Blas | null;
}

/** What the commands of one program share. */
export interface ProgramContext extends Engine {
  readonly now: StepState;
  /** Address of a tensor. */
  place(tensor: Tensor): number;
}

/** What commands are built from. */
export interface CommandContext extends ProgramContext {
  /** By gathered tensor. */
  readonly sparseInputs: ReadonlyMap<Tensor, SparseInput>;
}

/** A gathered minibatch of images with few pixels that are not zero, and how its products make use of that. */
export interface SparseInput {
  /** Looks at the gathered bytes, rows x columns, each of which stands for the value byte times scale. */
  survey(bytes: number, scale: number): void;
  /** Something reads the tensor itself, so that it has to be there. */
  readonly needsValues: boolean;
  /** A product that has the input, or its transpose, on its left. */
  product(op: MatmulOp): Command;
}

export function currentValue(
  { constant, scalar }: Factor,
  { arena, place }: Pick<ProgramContext, 'arena' | 'place'>,
): () => number {
  if (!scalar) return () => constant;
  const index = place(scalar) / Float32Array.BYTES_PER_ELEMENT;
  return () => constant * arena.floats[index]!;
}
