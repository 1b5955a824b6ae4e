import type { MessagePort } from 'node:worker_threads';
import type { RunResult } from '../results/index.ts';
import { executeRun, type RunOrder } from './run.ts';

/** The entry of a worker thread: does one run and reports its progress through the port. */
export default async function work({
  order,
  port,
}: {
  order: RunOrder;
  port: MessagePort;
}): Promise<RunResult> {
  try {
    return await executeRun(order, (progress) => port.postMessage(progress));
  } finally {
    port.close();
  }
}
