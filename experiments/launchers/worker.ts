import { parentPort } from 'node:worker_threads';
import type { Order, Report } from './work.ts';

/**
 * The entry of a worker: a thread, or a process of its own. What does the runs is loaded after signals are seen to. A message that
 * comes before waits.
 */
const report = (message: Report): void =>
  void (parentPort ? parentPort.postMessage(message) : process.send!(message));

if (parentPort === null) {
  // Ctrl-C reaches every process at a terminal, and whether to stop is for the launcher to say.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {});
  // The launcher has ended the channel, or is dead.
  process.on('disconnect', () => process.exit());
}

const work = import('./work.ts').then(({ startWork }) => startWork(report));
(parentPort ?? process).on('message', async (order: Order) => (await work)(order));
