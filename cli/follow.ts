import type { CompareEvents } from '../experiments/index.ts';
import { onInterrupt } from './interrupt.ts';
import { createProgress, type Progress } from './progress.ts';

/** What runs came to, or the exit code after a signal that stopped them. */
export type Followed<T> =
  | { readonly result: T; readonly stopped: null }
  | { readonly result: null; readonly stopped: number };

/**
 * Shows the progress of runs on standard error, and lets Ctrl-C and `kill` stop them: the minibatches at hand are done, and
 * what is recorded stays.
 */
export async function follow<T>(work: (events: CompareEvents) => Promise<T>): Promise<Followed<T>> {
  let progress: Progress | null = null;
  let folder = '';
  let [ended, total] = [0, 0];
  const interrupt = onInterrupt((exitCode) => {
    // Nothing is recorded yet.
    if (progress === null) process.exit(exitCode);
    progress.say('stopping after the minibatches at hand; once more ends at once');
  });
  try {
    const result = await work({
      started: ({ experiment, folder: made }) => {
        folder = made;
        total = experiment.conditions.length * experiment.seeds.length;
        progress = createProgress(process.stderr, experiment);
      },
      progress: (now) => progress?.update(now),
      runEnded: (run) => {
        if (run.status !== 'unfinished') ended++;
        progress?.ended(run);
      },
      signal: interrupt.signal,
    });
    const stopped = interrupt.exitCode();
    if (stopped === null) return { result, stopped };
    (progress as Progress | null)?.stop();
    process.stderr.write(
      `dendrite: stopped after ${ended} of ${total} runs; 'dendrite table ${folder}' prints what is recorded\n`,
    );
    return { result: null, stopped };
  } finally {
    (progress as Progress | null)?.stop();
    interrupt.release();
  }
}
