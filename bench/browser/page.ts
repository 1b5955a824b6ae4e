import type { PageOrder } from './page-order.ts';

/** What a worker answers. */
export type Answer = { readonly examplesPerSecond: number } | { readonly failure: string };

declare global {
  interface Window {
    /** Examples/s of one measurement, in a worker of its own. */
    measure(order: PageOrder): Promise<number>;
  }
}

window.measure = (order) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      worker.terminate();
      if ('failure' in data) reject(new Error(data.failure));
      else resolve(data.examplesPerSecond);
    };
    worker.postMessage(order);
  });
