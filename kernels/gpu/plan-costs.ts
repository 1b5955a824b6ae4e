import type { Program } from '../program.ts';
import type { Table, Tensor } from '../tensor.ts';
import { sentWithChunk } from './chunk.ts';
import { type LoweringOptions, lowerProgram } from './lowering.ts';
import { packTable } from './tables.ts';

/** What a chunk of steps costs besides arithmetic. */
export interface PlanCosts {
  /** Kernels in all steps of the chunk. */
  readonly launches: number;
  /** Bytes that the host sends with each chunk, and gets back after it. */
  readonly uploaded: number;
  readonly readBack: number;
  /** Bytes of states that kernels read and write, and that stay on the device. */
  readonly kept: { readonly read: number; readonly written: number };
  /** Bytes of tables, which are sent once, when the plan is made. */
  readonly resident: number;
}

/**
 * Counts what the gpu device does for a traced program; nothing runs.
 * @param steps in the chunk
 * @param options.replicas seeds in lockstep
 * @param options.resident whether tables lie on the device
 * @param options.keepsStates whether states do
 */
export function planCosts(
  program: Program,
  steps: number,
  options: Partial<LoweringOptions> & { readonly replicas?: number; readonly keepsStates?: boolean } = {},
): PlanCosts {
  const { replicas = 1, target = 'gpu', resident = true, keepsStates = true } = options;
  const lowered = lowerProgram(program, { target, resident });
  const { calls, reads, writes, scattered, counterRows, counters, keyRows, keys } = lowered;
  const bytes = ({ rows, columns }: Tensor): number => 4 * rows * columns;
  const times = (tensor: Tensor): number => {
    if (tensor === keyRows) return keys.length;
    return tensor === counterRows ? steps * counters.length : steps;
  };
  const sent = total(sentWithChunk(lowered).map(([tensor]) => times(tensor) * bytes(tensor)));
  const stored = total(scattered.map(({ values }) => steps * bytes(values)));
  const [read, written] = [total(reads.map(bytes)), total([...writes.keys()].map(bytes))];
  const tables = new Set(calls.map(({ table }) => table).filter((table): table is Table => table !== null));
  return {
    launches: steps * calls.length,
    uploaded: replicas * (keepsStates ? sent : sent + read),
    readBack: replicas * (keepsStates ? stored : stored + written),
    kept: { read: keepsStates ? replicas * read : 0, written: keepsStates ? replicas * written : 0 },
    resident: total([...tables].map((table) => packTable(table).values.byteLength)),
  };
}

const total = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
