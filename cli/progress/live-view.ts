import stringWidth from 'string-width';
import type { RunProgress } from '../../experiments/index.ts';
import type { RunResult } from '../../results/index.ts';
import type { Clock } from './clock.ts';
import { News } from './news.ts';
import type { Progress } from './progress.ts';
import { Screen } from './screen.ts';
import { keyOf, type Sweep } from './sweep.ts';
import { viewLines } from './view-lines.ts';
import type { Words } from './words.ts';

/** Milliseconds. */
const FRAME_EVERY = 100;

/** Milliseconds for which the line of a run that has ended waits for the next run. */
const LINE_WAITS = 1000;

/** Runs that finish are only told one by one where there are not many. */
const MOST_TOLD = 30;

/** Of a line of the view: the run in it, and when that ended. */
interface Line {
  readonly key: string;
  progress: RunProgress;
  endedAt: number | null;
}

/** Draws on a terminal how the runs at work and all runs stand. */
export function liveView(stream: NodeJS.WriteStream, sweep: Sweep, words: Words, clock: Clock): Progress {
  const screen = new Screen(stream);
  const news = new News(words);
  let lines: Line[] = [];
  let longestName = 0;

  const draw = (): void => {
    const now = clock.now();
    for (const sentence of news.take(now)) screen.say(sentence);
    lines = lines.filter(({ endedAt }) => endedAt === null || now - endedAt < LINE_WAITS);
    const runs = lines.map(({ progress }) => progress);
    const { columns, rows } = screen;
    screen.draw(viewLines({ runs, sweep, words, longestName, columns, rows }));
  };

  let isStopped = false;
  const stop = (): void => {
    if (isStopped) return;
    isStopped = true;
    process.off('exit', stop);
    endFrames();
    for (const sentence of news.take(clock.now(), true)) screen.say(sentence);
    screen.end();
  };
  process.on('exit', stop);
  const endFrames = clock.every(FRAME_EVERY, draw);

  return {
    update(progress) {
      sweep.update(progress);
      news.of(progress);
      longestName = Math.max(longestName, stringWidth(words.name(progress)));
      const key = keyOf(progress);
      const own = lines.find((line) => line.key === key && line.endedAt === null);
      if (own) {
        own.progress = progress;
        return;
      }
      const line = { key, progress, endedAt: null };
      const free = lines.findIndex(({ endedAt }) => endedAt !== null);
      if (free < 0) lines.push(line);
      else lines[free] = line;
    },
    ended(run) {
      sweep.ended(run);
      news.ended(run, clock.now());
      const own = lines.find((line) => line.key === keyOf(run));
      if (own) own.endedAt = clock.now();
      if (own && run.status === 'finished') own.progress = atItsEnd(own.progress, run);
      if (run.status === 'finished' && sweep.total <= MOST_TOLD) screen.say(words.ended(run));
    },
    say(text) {
      screen.say(text);
      draw();
    },
    stop,
  };
}

/** The last progress of a run is told some time before its end. */
const atItsEnd = (progress: RunProgress, { epochs }: RunResult): RunProgress => ({
  ...progress,
  epoch: progress.epochs,
  stepsDone: progress.stepsTotal,
  testScore: epochs.at(-1)?.testScore ?? null,
  validationScore: epochs.at(-1)?.validationScore ?? null,
});
