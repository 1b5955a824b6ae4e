import { consecutive, type Executable, type Kernels } from '../../kernels/index.ts';

/** Images at once: enough to fill the product kernels. */
export const BLOCK = 500;

/** A trace that is run for one block of rows after the other. */
export interface Blocks {
  /** @param after is called when a block has run, with its first row and how many it has */
  run(after: (first: number, batch: number) => Promise<void>): Promise<void>;
}

/** The sizes of blocks that make up so many rows: whole ones, and what is left. */
export const blockSizes = (count: number, block = BLOCK): number[] =>
  [Math.min(block, count), count % block].filter((size, i) => size > 0 && (i === 0 || count > block));

/**
 * Traces `body` for blocks of so many rows.
 * @param count rows of the tables that it gathers from
 */
export async function traceBlocks(
  k: Kernels,
  name: string,
  count: number,
  body: (batch: number) => void,
  block = BLOCK,
): Promise<Blocks> {
  const traces = new Map<number, Executable>();
  for (const batch of blockSizes(count, block)) traces.set(batch, await k.trace(name, () => body(batch)));
  return {
    async run(after) {
      for (let first = 0; first < count; first += block) {
        const batch = Math.min(block, count - first);
        const rows = consecutive(first, batch);
        await traces.get(batch)!.run({ steps: 1, firstStep: 0, rows });
        await after(first, batch);
      }
    },
  };
}
