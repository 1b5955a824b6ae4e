import { MultiBar, type SingleBar } from 'cli-progress';
import type { Experiment, RunProgress } from '../experiments/index.ts';
import type { RunResult } from '../results/index.ts';

export interface Progress {
  update(progress: RunProgress): void;
  ended(run: RunResult): void;
  /** A sentence between the progress of the runs. */
  say(text: string): void;
  stop(): void;
}

/** Bars on a terminal, a line an epoch elsewhere. @param done runs that are done already */
export const createProgress = (stream: NodeJS.WriteStream, experiment: Experiment, done: number): Progress =>
  stream.isTTY ? bars(stream, experiment, done) : lines(stream, experiment);

/** Names and scores of an experiment's runs, in words. */
function wordsFor({ conditions, chosenTask }: Experiment) {
  const { label, unit, digits } = chosenTask.definition.score;
  const labels = new Map(conditions.map((condition) => [condition.id, condition.label]));
  return {
    name: ({ condition, seed }: { condition: string; seed: number }): string =>
      `${labels.get(condition)} seed ${seed}`,
    score: (score: number | null | undefined): string =>
      `${label.toLowerCase()} ${score == null ? '-' : `${score.toFixed(digits)} ${unit}`}`,
  };
}

/** The notes of a condition that were not shown yet, as lines: every run of it has the same ones. */
function newNotes(): (progress: RunProgress) => string[] {
  const seen = new Set<string>();
  return ({ label, notes }) =>
    notes.map((note) => `${label}: ${note}\n`).filter((line) => !seen.has(line) && seen.add(line));
}

function lines(stream: NodeJS.WriteStream, experiment: Experiment): Progress {
  const words = wordsFor(experiment);
  const lastEpoch = new Map<string, number>();
  const notesOf = newNotes();
  return {
    update(progress) {
      for (const note of notesOf(progress)) stream.write(note);
      const { epoch, testScore, stepsDone, stepsTotal, device } = progress;
      const name = words.name(progress);
      if (epoch === (lastEpoch.get(name) ?? 1)) return;
      lastEpoch.set(name, epoch);
      const percent = Math.round((100 * stepsDone) / stepsTotal);
      stream.write(
        `${name} on ${device}: epoch ${epoch - 1} done, ${words.score(testScore)}, ${percent} % of the run\n`,
      );
    },
    ended(run) {
      const what = run.reason ? `: ${run.reason}` : `, ${words.score(run.epochs.at(-1)?.testScore)}`;
      stream.write(`${words.name(run)} ${run.status}${what}\n`);
    },
    say: (text) => void stream.write(`${text}\n`),
    stop() {},
  };
}

function bars(stream: NodeJS.WriteStream, experiment: Experiment, done: number): Progress {
  const words = wordsFor(experiment);
  const { conditions, seeds } = experiment;
  const width = Math.max(
    8,
    ...conditions.flatMap(({ id }) => seeds.map((seed) => words.name({ condition: id, seed }).length)),
  );
  const multi = new MultiBar({
    stream,
    hideCursor: true,
    clearOnComplete: true,
    format: '{name} {bar} {percentage} %  ETA {eta_formatted}  {device}  {score}',
    barsize: 24,
  });
  let stopped = false;
  const stop = (): void => {
    process.off('exit', stop);
    if (!stopped) multi.stop();
    stopped = true;
  };
  // Bars hide the cursor and switch line wrapping off: whatever ends the process, the terminal gets both back.
  process.on('exit', stop);
  const active = new Map<string, SingleBar>();
  const notesOf = newNotes();
  const total = multi.create(conditions.length * seeds.length, done, {
    name: 'all runs'.padEnd(width),
    device: '   ',
    score: words.score(null),
  });
  return {
    update(progress) {
      for (const note of notesOf(progress)) multi.log(note);
      const name = words.name(progress);
      const payload = {
        name: name.padEnd(width),
        device: progress.device,
        score: words.score(progress.testScore),
      };
      // Bars below the last row of the terminal would be drawn again and again.
      if (!active.has(name) && active.size >= (stream.rows || 24) - 2) return;
      const bar = active.get(name) ?? multi.create(progress.stepsTotal, 0, payload);
      active.set(name, bar);
      bar.setTotal(progress.stepsTotal);
      bar.update(progress.stepsDone, payload);
    },
    ended(run) {
      const bar = active.get(words.name(run));
      if (bar) multi.remove(bar);
      active.delete(words.name(run));
      if (run.reason) multi.log(`${words.name(run)} ${run.status}: ${run.reason}\n`);
      total.increment(1, { score: words.score(run.epochs.at(-1)?.testScore) });
    },
    say: (text) => multi.log(`${text}\n`),
    stop,
  };
}
