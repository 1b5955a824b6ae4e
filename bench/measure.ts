/**
 * One measurement of our side, in a process of its own: `node --import tsx bench/measure.ts <order as JSON>` prints
 * what each run did as JSON. Runs on the CPU have a worker thread each, as in an experiment.
 */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type Dataset, loadDataset } from '../data/index.ts';
import { openDevice, openReplicas } from '../devices/index.ts';
import type { Device } from '../kernels/index.ts';
import { evaluationSpeed, type Speed, trainingSpeed } from './clock.ts';
import type { Order } from './order.ts';
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
  if (order.evaluation !== undefined)
    return { ...(await evaluationSpeed(order, dataset, await openDevice(order.device))), shares: null };
  const samples = order.profiled ? sampler(order.device.blas === 'fma') : undefined;
  const speed = await trainingSpeed(order, dataset, await openDevices(order), ready, samples);
  return { ...speed, shares: samples ? await samples.shares() : null };
}

/** As many devices in lockstep as the order has replicas, or as a GPU takes at once. */
async function openDevices({ condition, device, replicas = 1 }: Order): Promise<[Device, ...Device[]]> {
  const first = await openDevice(device);
  if (replicas === 1) return [first];
  const { layers } = condition.settings;
  const largest = Math.max(...layers.slice(1).map((width, i) => width * layers[i]!));
  const most = first.capabilities.replicas(largest);
  await first.dispose();
  return (await openReplicas(device, Math.min(replicas, most))) as [Device, ...Device[]];
}

if (isMainThread) {
  const results = await measureAll(JSON.parse(process.argv[2]!));
  process.stdout.write(`${JSON.stringify(results)}\n`);
} else {
  parentPort!.postMessage(await measureHere(workerData as Task));
}
