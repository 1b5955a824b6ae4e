import type { ComparisonEntry, ComparisonSummary } from '../../cli/serve/api.ts';
import { countOf, thousands } from '../../results/browser.ts';
import { durationText, endText, STATE_WORDS } from './words.ts';

/** A word, with a mark that is told apart without colours. */
export function StateMark({ state }: { state: string }) {
  return <span class={`state ${state}`}>{state in STATE_WORDS ? STATE_WORDS[state as 'ended'] : state}</span>;
}

/** How far a comparison is: runs that have ended, and epochs where they are known. */
export function Progress({ about }: { about: ComparisonSummary }) {
  const { runs, epochs, epochsInAll } = about;
  const ended = runs.finished + runs.diverged + runs.failed;
  const [done, all] = epochsInAll === null || epochsInAll === 0 ? [ended, runs.all] : [epochs, epochsInAll];
  return (
    <span class="progress">
      <progress aria-label="Share that is trained" value={done} max={all} />
      <span>
        {thousands(ended)} of {countOf(runs.all, 'run')}
      </span>
    </span>
  );
}

/** When all will have ended; nothing where that is not known. */
export function Eta({ entry: { about, state } }: { entry: ComparisonEntry }) {
  if (state !== 'running' || about === null || about.secondsLeft === null) return null;
  return (
    <span>
      {durationText(about.secondsLeft)} left, until about {endText(about.secondsLeft)}
    </span>
  );
}

/** What became of runs, where it is more than that they finished. */
export function Counts({ about: { runs } }: { about: ComparisonSummary }) {
  const others = [
    [runs.running, 'running'],
    [runs.unfinished, 'unfinished'],
    [runs.notBegun, 'not begun'],
    [runs.diverged, 'diverged'],
    [runs.failed, 'failed'],
  ] as const;
  const text = others.filter(([count]) => count > 0).map(([count, word]) => `${thousands(count)} ${word}`);
  return <span class="muted">{text.join(', ')}</span>;
}
