import type { RunProgress } from '../../experiments/index.ts';
import type { Clock } from './clock.ts';
import { News } from './news.ts';
import type { Progress } from './progress.ts';
import { keyOf, type Sweep } from './sweep.ts';
import { number, oneLine, percent, stateOf, type Words } from './words.ts';

/** Milliseconds. */
const LOOK_EVERY = 100;

/** Milliseconds between two lines, at least. */
const LEAST_BETWEEN = 1000;

/** After this many milliseconds a line says that the runs still go on, even if there is nothing new. */
const QUIET = 10_000;

/**
 * Lines that tell nothing important become fewer: after an hour there is one in half a minute, so that the log of a day can still be
 * read. Between two of them lies this share of the time so far, and so many milliseconds at most.
 */
const SHARE_BETWEEN = 0.01;
const MOST_BETWEEN = 60_000;

/** Runs that are named in a line. */
const MOST_NAMED = 3;

/** Tells how the runs stand in single lines, at most one a second, of which none leaves out anything important. */
export function plainLines(stream: NodeJS.WriteStream, sweep: Sweep, words: Words, clock: Clock): Progress {
  const news = new News(words);
  const begin = clock.now();
  let toldAt = begin;
  let toldState = stateInWords(sweep, words);
  let important: string[] = [];
  let finished: string[] = [];
  /** Whether an epoch or a run has ended since the last line. */
  let isNew = false;
  /** By run: the epoch at hand. */
  const epochs = new Map<string, number>();

  const write = (): void => {
    const state = stateInWords(sweep, words);
    const runs = finished.length <= MOST_NAMED ? finished : [`${number(finished.length)} runs finished`];
    stream.write(`${[...important, ...runs, state].join('; ')}\n`);
    [important, finished, isNew, toldState, toldAt] = [[], [], false, state, clock.now()];
  };

  const look = (): void => {
    const now = clock.now();
    important.push(...news.take(now));
    const quiet = now - toldAt;
    const between = Math.min(MOST_BETWEEN, Math.max(LEAST_BETWEEN, SHARE_BETWEEN * (now - begin)));
    const isDue = isNew ? quiet >= between : quiet >= Math.max(QUIET, between);
    if (isDue || (important.length > 0 && quiet >= LEAST_BETWEEN)) write();
  };

  let isStopped = false;
  const stop = (): void => {
    if (isStopped) return;
    isStopped = true;
    process.off('exit', stop);
    endLooking();
    important.push(...news.take(clock.now(), true));
    if (important.length > 0 || stateInWords(sweep, words) !== toldState) write();
  };
  process.on('exit', stop);
  const endLooking = clock.every(LOOK_EVERY, look);

  return {
    update(progress) {
      sweep.update(progress);
      news.of(progress);
      const key = keyOf(progress);
      if (progress.epoch > (epochs.get(key) ?? progress.epoch)) isNew = true;
      epochs.set(key, progress.epoch);
    },
    ended(run) {
      sweep.ended(run);
      news.ended(run, clock.now());
      epochs.delete(keyOf(run));
      isNew = true;
      if (run.status === 'finished') finished.push(words.ended(run));
    },
    say: (text) => void stream.write(`${text}\n`),
    stop,
  };
}

/** E.g. '3 of 6 runs done, 1 running, ETA 12 s; backprop seed 2 in epoch 3 of 10 (24 %, test error 6.10 %)'. */
function stateInWords(sweep: Sweep, words: Words): string {
  const { failed, diverged, eta } = stateOf(sweep);
  const { running, done, total } = sweep;
  const parts = [
    `${number(done)} of ${number(total)} runs done`,
    running.length > 0 ? `${number(running.length)} running` : '',
    ...[failed, diverged, eta],
  ];
  const atWork = running.length <= MOST_NAMED ? running.map((run) => runInWords(run, words)) : [];
  return [parts.filter((part) => part !== '').join(', '), ...atWork].join('; ');
}

function runInWords(progress: RunProgress, words: Words): string {
  const { epoch, epochs, examplesPerSecond } = progress;
  const rate = examplesPerSecond === null ? '' : `${number(examplesPerSecond)} examples/s`;
  const parts = [percent(progress), words.score(progress), rate].filter((part) => part !== '');
  return `${oneLine(words.name(progress))} in epoch ${number(epoch)} of ${number(epochs)} (${parts.join(', ')})`;
}
