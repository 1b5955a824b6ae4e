import { consecutive, type Executable, type Kernels, type Tensor } from '../kernels/index.ts';
import { Pace } from './pace.ts';

/** Images shown at once: enough to fill the product kernels, little enough to stay in the cache. */
export const EVALUATION_BATCH = 500;

/** A trace for minibatches of one size. */
interface Part {
  readonly executable: Executable;
  readonly batch: number;
  readonly steps: number;
}

/** Runs a trace on every example of a split once, in order. */
export interface Pass {
  /** @throws the signal's reason once it is aborted */
  run(signal?: AbortSignal): Promise<void>;
}

/**
 * Traces `body` for minibatches of `atOnce` examples. Every example counts, so what is left after the whole minibatches is a
 * smaller trace of its own.
 * @param name of the traces
 * @param count examples of the split
 */
export async function passOver(
  k: Kernels,
  name: string,
  count: number,
  atOnce: number,
  body: (batch: number) => void,
): Promise<Pass> {
  const parts: Part[] = [];
  for (const batch of new Set([Math.min(atOnce, count), count % atOnce])) {
    if (batch === 0) continue;
    const executable = await k.trace(name, () => body(batch));
    parts.push({ executable, batch, steps: batch === atOnce ? Math.floor(count / batch) : 1 });
  }
  const pace = new Pace(k.device.capabilities);
  return {
    async run(signal) {
      let firstRow = 0;
      for (const { executable, batch, steps: all } of parts)
        for (let done = 0, steps: number; done < all; done += steps) {
          signal?.throwIfAborted();
          steps = pace.next(all - done);
          const rows = consecutive(firstRow, batch * steps);
          const firstStep = Math.floor(firstRow / atOnce);
          await pace.time(steps, () => executable.run({ steps, firstStep, rows }));
          firstRow += rows.length;
          await pace.pause();
        }
    },
  };
}

/** Measures the score of a split as the network is. @throws the signal's reason once it is aborted */
export type ScoreOfSplit = (signal?: AbortSignal) => Promise<number>;

/**
 * @param scores traces a value for each example of a minibatch, batch x 1
 * @returns the mean of these values over the split, times `scale`
 */
export async function meanOverExamples(
  k: Kernels,
  name: string,
  count: number,
  atOnce: number,
  scale: number,
  scores: (batch: number) => Tensor,
): Promise<ScoreOfSplit> {
  const total = k.result(`total on ${name}`, 1, 1);
  const pass = await passOver(k, `evaluation on ${name}`, count, atOnce, (batch) => {
    k.sum(scores(batch), { over: 'all', into: total, accumulate: true });
  });
  return async (signal) => {
    await k.device.write(total, new Float32Array(1));
    await pass.run(signal);
    const [sum] = await k.device.read(total);
    return (scale * sum!) / count;
  };
}
