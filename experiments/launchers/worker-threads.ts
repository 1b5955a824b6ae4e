import { MessageChannel } from 'node:worker_threads';
import { Tinypool } from 'tinypool';
import { endRun, holdsRun, type RunResult, readRun } from '../../results/index.ts';
import { firstLine } from '../plugins.ts';
import { ABORT, type Launcher, type RunEvents, type WorkerOrder } from './launcher.ts';

/** One run a thread, so many at the same time. Results do not depend on their number. */
export const workerThreads = (most: number): Launcher =>
  async function* (jobs, shared, events) {
    const threads = Math.min(most, jobs.length);
    const worker = import.meta.url.endsWith('.ts') ? './worker-from-source.mjs' : './worker.js';
    const filename = new URL(worker, import.meta.url).href;
    const pool = new Tinypool({ filename, minThreads: threads, maxThreads: threads });
    const beginNoOther = (): void => pool.cancelPendingTasks();
    events.signal?.addEventListener('abort', beginNoOther);
    try {
      const broken = new Promise<never>((_, reject) => pool.on('error', reject));
      const runs = asTheyEnd(jobs.map((job) => runInWorker(pool, { job, ...shared }, events)));
      for (;;) {
        const next = await Promise.race([broken, runs.next()]);
        if (next.done) return;
        if (next.value !== null) yield next.value;
      }
    } finally {
      events.signal?.removeEventListener('abort', beginNoOther);
      await pool.destroy();
    }
  };

/** @returns null for a run that was not begun, as all were to stop */
async function runInWorker(pool: Tinypool, order: WorkerOrder, events: RunEvents): Promise<RunResult | null> {
  if (events.signal?.aborted) return null;
  const { port1, port2 } = new MessageChannel();
  const abort = (): void => port1.postMessage(ABORT);
  port1.on('message', (progress) => events.progress?.(progress));
  events.signal?.addEventListener('abort', abort);
  try {
    return await pool.run({ order, port: port2 }, { transferList: [port2] });
  } catch (error) {
    if (error instanceof Error && error.name === 'CancelError') return null;
    // The thread itself died, e.g. for want of memory.
    return resultOfDead(order, firstLine(error));
  } finally {
    events.signal?.removeEventListener('abort', abort);
    port1.close();
  }
}

/** The result of a run whose thread died: what it recorded stays. */
function resultOfDead({ job: { spec, folder } }: WorkerOrder, reason: string): RunResult {
  const { id, rule } = spec.condition;
  const result: RunResult = {
    condition: id,
    rule,
    seed: spec.seed,
    status: 'failed',
    reason,
    epochs: [],
    device: null,
    folder,
  };
  try {
    if (!holdsRun(folder)) return result;
    endRun(folder, { status: 'failed', reason });
    return { ...result, epochs: readRun(folder).epochs };
  } catch {
    return result;
  }
}

/** Values in the order in which their promises resolve. */
async function* asTheyEnd<T>(promises: readonly Promise<T>[]): AsyncGenerator<T> {
  const ended: T[] = [];
  let failure: { error: unknown } | null = null;
  let wake = (): void => {};
  for (const promise of promises)
    promise.then(
      (value) => {
        ended.push(value);
        wake();
      },
      (error) => {
        failure = { error };
        wake();
      },
    );
  for (let given = 0; given < promises.length; given++) {
    if (given >= ended.length && !failure)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    if (failure) throw (failure as { error: unknown }).error;
    yield ended[given]!;
  }
}
