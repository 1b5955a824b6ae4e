/**
 * One measurement of our side, in a process of its own: `node --import tsx bench/measure.ts <order as JSON>` prints
 * what each run did as JSON. Runs on the CPU have a worker thread each, as in an experiment.
 */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type Dataset, loadDataset } from '../data/index.ts';
import { type Order, type Speed, trainingSpeed } from './clock.ts';
import { type Shares, sampler } from './sampling.ts';

interface Task {
  readonly order: Order;
  readonly dataset: Dataset;
  readonly ready: Int32Array;
}

/** A measurement, and where its time went if that was asked for. */
export interface Measured extends Speed {
  readonly shares: Shares | null;
}

// A worker thread has to be taught TypeScript.
const ENTRY = `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(import.meta.url)}); })`;

async function measureAll(order: Order): Promise<Measured[]> {
  const dataset = await loadDataset('mnist-full');
  const ready = new Int32Array(new SharedArrayBuffer(4));
  if (order.device.device === 'gpu') return [await measureHere({ order, dataset, ready })];
  return Promise.all(
    Array.from({ length: order.workers }, async (_, i) => {
      const task: Task = { order: { ...order, seed: order.seed + i }, dataset, ready };
      const [speed] = await once(new Worker(ENTRY, { eval: true, workerData: task }), 'message');
      return speed as Measured;
    }),
  );
}

async function measureHere({ order, dataset, ready }: Task): Promise<Measured> {
  const samples = order.profiled ? sampler() : undefined;
  const speed = await trainingSpeed(order, dataset, ready, samples);
  return { ...speed, shares: samples ? await samples.shares() : null };
}

if (isMainThread) {
  const results = await measureAll(JSON.parse(process.argv[2]!));
  process.stdout.write(`${JSON.stringify(results)}\n`);
} else {
  parentPort!.postMessage(await measureHere(workerData as Task));
}
