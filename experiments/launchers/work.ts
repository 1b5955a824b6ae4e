import type { BaselineScore, RunResult } from '../../results/index.ts';
import { type BaselineWork, score } from '../baselines/score.ts';
import { firstLine, loadPlugins, type Plugins } from '../plugins.ts';
import type { Job, RunProgress, Shared } from './launcher.ts';
import { runGroup } from './run-group.ts';

/** What a worker is told: first what its runs share, then one group of jobs after the other; and to stop. Or baselines, one after the other. */
export type Order =
  | { readonly shared: Shared }
  | { readonly jobs: readonly Job[] }
  | { readonly baseline: BaselineWork }
  | typeof ABORT;

/** Ends the runs at hand after their minibatches. */
export const ABORT = 'abort';

/** What a worker says. A group ends in `results`, a baseline in its `score`, or either in an `error` where that could not be. */
export type Report =
  | { readonly progress: RunProgress }
  | { readonly results: readonly RunResult[] }
  | { readonly score: BaselineScore }
  | { readonly error: string };

/**
 * Milliseconds between two reports of one run's progress. Small networks make thousands of calls a second, and a message costs both
 * sides time.
 */
const REPORT_EVERY = 100;

/** Begins to work. @returns what takes the orders */
export function startWork(report: (message: Report) => void): (order: Order) => Promise<void> {
  const stop = new AbortController();
  let shared: Shared | null = null;
  // Once for all runs, whose plug-ins are the same.
  let plugins: Promise<Plugins> | null = null;
  return async (order) => {
    if (order === ABORT) return stop.abort(new Error('stopped'));
    if ('shared' in order) {
      shared = order.shared;
      return;
    }
    try {
      if ('baseline' in order) return report({ score: await score(order.baseline) });
      const { jobs } = order;
      plugins ??= loadPlugins(jobs[0]!.spec.plugins.map(({ path }) => path));
      const resources = { ...shared!, extensions: await plugins };
      const progress = nowAndThen((now) => report({ progress: now }));
      report({ results: await runGroup(jobs, resources, { progress, signal: stop.signal }) });
    } catch (error) {
      report({ error: firstLine(error) });
    }
  };
}

/** Passes on the first progress of each run, and then one of them from time to time. */
function nowAndThen(tell: (progress: RunProgress) => void): (progress: RunProgress) => void {
  const told = new Map<number, number>();
  return (progress) => {
    const now = performance.now();
    if (now - (told.get(progress.seed) ?? -Infinity) < REPORT_EVERY) return;
    told.set(progress.seed, now);
    tell(progress);
  };
}
