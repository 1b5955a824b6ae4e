import { fork } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { firstLine } from '../plugins.ts';
import type { Order, Report } from './work.ts';

/** A worker that has been started: a thread, or a process of its own. */
export interface RunningWorker {
  send(order: Order): void;
  /** Why it is gone, in words, as soon as it is. */
  readonly gone: Promise<string>;
  /** Ends it, whatever it does. */
  end(): Promise<unknown>;
}

/** Starts one. @param hear is called with what it says */
export type StartWorker = (hear: (report: Report) => void) => RunningWorker;

const ENTRY = new URL(
  import.meta.url.endsWith('.ts') ? './worker-from-source.mjs' : './worker.js',
  import.meta.url,
);

/** Threads share the bytes of the dataset, and the code of the kernels. */
export const startThread: StartWorker = (hear) => {
  const thread = new Worker(ENTRY);
  thread.on('message', hear);
  const gone = new Promise<string>((resolve) => {
    thread.on('error', (error) => resolve(`its thread died (${firstLine(error)})`));
    thread.on('exit', (code) => resolve(`its thread ended with code ${code}`));
  });
  return { send: (order) => thread.postMessage(order), gone, end: () => thread.terminate() };
};

/** Milliseconds that a process has to end by itself. */
const PATIENCE = 1000;

/**
 * A process of its own dies alone when a driver crashes. It gets a copy of the dataset. (Tinypool has child processes too, but does
 * not say which signal ended one, and lets a run wait forever whose thread has called `process.exit`.)
 */
export const startProcess: StartWorker = (hear) => {
  const child = fork(ENTRY, { serialization: 'advanced', stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  child.on('message', (report) => hear(report as Report));
  child.stdout!.on('data', (text) => process.stdout.write(text));
  child.stderr!.on('data', (text) => process.stderr.write(text));
  const kill = (): void => void child.kill('SIGKILL');
  process.on('exit', kill);
  const gone = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(`its process could not be started (${firstLine(error)})`));
    const silent = new Promise<void>((disconnected) => child.on('disconnect', disconnected));
    child.on('exit', async (code, signal) => {
      // What it has said may still be on its way.
      await silent;
      resolve(signal === null ? `its process ended with code ${code}` : `its process was ended by ${signal}`);
    });
  }).finally(() => process.off('exit', kill));
  return {
    // One that is gone hears nothing, and says so by being gone.
    send: (order) => void child.send(order, () => {}),
    gone,
    end: () => {
      if (child.connected) child.disconnect();
      const timer = setTimeout(kill, PATIENCE);
      return gone.finally(() => clearTimeout(timer));
    },
  };
};
