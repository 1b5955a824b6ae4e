import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { FigureText } from '../../experiments/index.ts';

/** What is to be drawn, of the comparison in a folder. */
export interface FigureOrder {
  readonly folder: string;
  /** Name of the run's folder. */
  readonly run: string;
  readonly figure: string;
}

/** The figure, or why there is none, in one sentence. */
export type FigureReply = FigureText | { readonly error: string };

const ENTRY = new URL(
  import.meta.url.endsWith('.ts') ? './figure-worker-from-source.mjs' : './figure-worker.js',
  import.meta.url,
);

/** Draws figures in a thread of its own, one after the other. The thread is started when it is first needed. */
export class FigureDrawer {
  #thread: Worker | null = null;
  #last: Promise<unknown> = Promise.resolve();

  draw(order: FigureOrder): Promise<FigureReply> {
    const reply = this.#last.then(() => this.#drawNow(order));
    this.#last = reply;
    return reply;
  }

  async close(): Promise<void> {
    await this.#thread?.terminate();
  }

  async #drawNow(order: FigureOrder): Promise<FigureReply> {
    this.#thread ??= new Worker(ENTRY);
    const thread = this.#thread;
    thread.postMessage(order);
    const ended = new AbortController();
    try {
      const { signal } = ended;
      // A thread that runs out of memory throws, which `once` hands on.
      const dead = once(thread, 'exit', { signal }).then(() => [
        { error: 'it cannot be drawn: its thread has ended' },
      ]);
      const [reply] = await Promise.race([once(thread, 'message', { signal }), dead]);
      return reply as FigureReply;
    } catch (error) {
      this.#thread = null;
      return { error: `it cannot be drawn: ${(error as Error).message}` };
    } finally {
      ended.abort();
    }
  }
}
