import { ReadableStream } from 'node:stream/web';
import type { RunResult } from '../../results/index.ts';
import type { Grouping, Job, Launcher, RunEvents, Shared } from './launcher.ts';
import { lostRun } from './lost-run.ts';
import type { RunningWorker, StartWorker } from './start-worker.ts';
import { ABORT, type Report } from './work.ts';

/**
 * So many workers at the same time, each of which takes the next group of jobs when it is done with one. Results do not depend on
 * their number. A worker that dies costs the runs that it had at hand: they have failed, and the next group gets a new one.
 */
export const inWorkers = (start: StartWorker, most: number, grouped: Grouping): Launcher =>
  async function* (jobs, shared, events) {
    const groups = grouped(jobs);
    const rest = groups.values();
    const workers = Array.from(
      { length: Math.min(most, groups.length) },
      () => new LastingWorker(start, shared, events),
    );
    const results = new ReadableStream<RunResult>({
      start: async (controller) => {
        const takeTurns = async (worker: LastingWorker): Promise<void> => {
          for (const group of rest) {
            if (events.signal?.aborted || worker.isOver) return;
            for (const result of await worker.do(group)) controller.enqueue(result);
          }
        };
        await Promise.all(workers.map(takeTurns));
        controller.close();
      },
    });
    const abort = (): void => {
      for (const worker of workers) worker.abort();
    };
    events.signal?.addEventListener('abort', abort);
    try {
      yield* results;
    } finally {
      events.signal?.removeEventListener('abort', abort);
      await Promise.all(workers.map((worker) => worker.end()));
    }
  };

/** What became of a group: its results, or why there are none. */
type Outcome =
  | { readonly results: readonly RunResult[] }
  | { readonly error: string }
  | { readonly gone: string };

/** A worker that is started when there is something to do, and again when it has died. */
class LastingWorker {
  readonly #start: StartWorker;
  readonly #shared: Shared;
  readonly #events: RunEvents;
  #running: RunningWorker | null = null;
  #settle: (outcome: Outcome) => void = () => {};
  #isOver = false;

  constructor(start: StartWorker, shared: Shared, events: RunEvents) {
    this.#start = start;
    this.#shared = shared;
    this.#events = events;
  }

  /** Whether it was ended, and does nothing more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Does the jobs of a group, and nothing else meanwhile. */
  async do(jobs: readonly Job[]): Promise<readonly RunResult[]> {
    this.#running ??= this.#begin();
    const worker = this.#running;
    const outcome = await new Promise<Outcome>((resolve) => {
      this.#settle = resolve;
      worker.send({ jobs });
    });
    return 'results' in outcome ? outcome.results : this.#lost(jobs, outcome);
  }

  /** Lets the runs at hand stop. */
  abort(): void {
    this.#running?.send(ABORT);
  }

  /** Ends it, and leaves the folders of its runs as they are. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#running?.end();
  }

  #begin(): RunningWorker {
    const worker = this.#start((report) => this.#hear(report));
    // Handled here once: a promise that each group waited for would keep something of each.
    worker.gone.then((gone) => {
      this.#running = null;
      this.#settle({ gone });
    });
    worker.send({ shared: this.#shared });
    return worker;
  }

  #hear(report: Report): void {
    if ('progress' in report) this.#events.progress?.(report.progress);
    else if (!('score' in report)) this.#settle(report);
  }

  #lost(jobs: readonly Job[], outcome: Exclude<Outcome, { results: unknown }>): RunResult[] {
    if (this.#isOver) return [];
    const { lock } = this.#shared;
    if ('error' in outcome) return jobs.map((job) => lostRun(job, 'failed', outcome.error, lock));
    const status = this.#events.signal?.aborted ? 'unfinished' : 'failed';
    const reason = `${outcome.gone}; 'dendrite resume --retry-failed' tries the run again, from its last checkpoint`;
    return jobs.map((job) => lostRun(job, status, reason, lock));
  }
}
