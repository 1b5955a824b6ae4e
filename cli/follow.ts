import { type CompareEvents, shellQuoted } from '../experiments/index.ts';
import type { BaselineScore, ComparisonDocument } from '../results/index.ts';
import { onInterrupt } from './interrupt.ts';
import { createProgress, type Progress } from './progress/index.ts';
import { Words } from './progress/words.ts';

/** What runs came to, or the exit code after a signal that stopped them. */
export type Followed<T> =
  | { readonly result: T; readonly stopped: null }
  | { readonly result: null; readonly stopped: number };

/**
 * Shows the progress of runs on standard error, and lets Ctrl-C and `kill` stop them: the minibatches at hand are done, each run
 * writes a checkpoint, and what is recorded stays.
 */
export async function follow<T>(work: (events: CompareEvents) => Promise<T>): Promise<Followed<T>> {
  let progress: Progress | null = null;
  let folder = '';
  let [ended, total] = [0, 0];
  let what = 'runs';
  let words: Words | null = null;
  const interrupt = onInterrupt((exitCode) => {
    // Nothing is recorded yet.
    if (progress === null) process.exit(exitCode);
    progress.say('stopping after the minibatches at hand; once more ends at once');
  });
  try {
    const result = await work({
      started: (comparison) => {
        const { whole, rung, runs, toDo } = comparison;
        progress?.stop();
        folder = whole;
        words = new Words(comparison.experiment);
        what = rung === null ? 'runs' : `trials of rung ${rung[0]} of ${rung[1]}`;
        total = runs;
        ended = total - toDo.length;
        progress = createProgress(process.stderr, comparison);
        if (rung !== null) progress.say(`tuning: ${total} ${what}`);
      },
      progress: (now) => progress?.update(now),
      runEnded: (run) => {
        if (run.status !== 'unfinished') ended++;
        progress?.ended(run);
      },
      baselinesBegun: (count) => progress?.say(`scoring baselines: ${count}`),
      baselineScored: (score) => progress?.say(baselineInWords(score, words!)),
      signal: interrupt.signal,
    });
    const stopped = interrupt.exitCode();
    if (stopped === null) return { result, stopped };
    (progress as Progress | null)?.stop();
    process.stderr.write(
      `dendrite: stopped after ${ended} of ${total} ${what}; 'dendrite table ${shellQuoted(folder)}' prints what is recorded, and this goes on:\n${resumeCommand(folder)}`,
    );
    return { result: null, stopped };
  } finally {
    (progress as Progress | null)?.stop();
    interrupt.release();
  }
}

/** E.g. 'baseline nearest-neighbour: 3.09 % in 12.3 s'. */
const baselineInWords = ({ baseline, width, seed, score, seconds }: BaselineScore, words: Words): string =>
  `baseline ${baseline}${width === null ? '' : ` of ${width}, seed ${seed}`}: ${words.value({ testScore: score })} in ${seconds.toFixed(1)} s`;

/** The command that goes on with a comparison, as a line. */
export const resumeCommand = (folder: string): string => `  dendrite resume ${shellQuoted(folder)}\n`;

/**
 * A failed run is in the table with its reason; scripts see it from the exit code.
 * @param folder of a comparison that went on, and left runs that failed before as they are
 */
export function exitCodeOf({ runs }: ComparisonDocument, folder?: string): number {
  const failed = runs.filter(({ status }) => status === 'failed').length;
  if (failed > 0 && folder !== undefined)
    process.stderr.write(
      `dendrite: ${failed} of ${runs.length} runs failed; --retry-failed tries them again\n`,
    );
  return failed > 0 ? 1 : 0;
}
