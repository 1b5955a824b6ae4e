import type { MessagePort } from 'node:worker_threads';
import type { RunResult } from '../../results/index.ts';
import { loadPlugins } from '../plugins.ts';
import { ABORT, type WorkerOrder } from './launcher.ts';
import { openDeviceOf, runJob } from './run-job.ts';

/** The entry of a worker thread: does one run and reports its progress through the port. */
export default async function work({
  order: { job, ...shared },
  port,
}: {
  order: WorkerOrder;
  port: MessagePort;
}): Promise<RunResult> {
  const stop = new AbortController();
  port.on('message', (message) => message === ABORT && stop.abort(new Error('stopped')));
  try {
    const extensions = await loadPlugins(job.spec.plugins.map(({ path }) => path));
    return await runJob(
      job,
      { ...shared, extensions, open: () => openDeviceOf(job.spec) },
      { progress: (progress) => port.postMessage(progress), signal: stop.signal },
    );
  } finally {
    port.close();
  }
}
