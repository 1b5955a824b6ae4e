import { MultiBar, type SingleBar } from 'cli-progress';
import type { Experiment, RunProgress } from '../experiments/index.ts';
import type { RunResult } from '../results/index.ts';

export interface Progress {
  update(progress: RunProgress): void;
  ended(run: RunResult): void;
  stop(): void;
}

const percent = (error: number | null | undefined): string => (error == null ? '-' : `${error.toFixed(2)} %`);
const runName = ({ rule, seed }: { rule: string; seed: number }): string => `${rule} seed ${seed}`;

/** Bars on a terminal, a line an epoch elsewhere. */
export const createProgress = (stream: NodeJS.WriteStream, experiment: Experiment): Progress =>
  stream.isTTY ? bars(stream, experiment) : lines(stream);

/** The notes of a rule that were not shown yet, as lines: every run of the rule has the same ones. */
function newNotes(): (progress: RunProgress) => string[] {
  const seen = new Set<string>();
  return ({ rule, notes }) =>
    notes.map((note) => `${rule}: ${note}\n`).filter((line) => !seen.has(line) && seen.add(line));
}

function lines(stream: NodeJS.WriteStream): Progress {
  const lastEpoch = new Map<string, number>();
  const notesOf = newNotes();
  return {
    update(progress) {
      for (const note of notesOf(progress)) stream.write(note);
      const { epoch, testError, stepsDone, stepsTotal, device } = progress;
      const name = runName(progress);
      if (epoch === (lastEpoch.get(name) ?? 1)) return;
      lastEpoch.set(name, epoch);
      stream.write(
        `${name} on ${device}: epoch ${epoch - 1} done, test error ${percent(testError)}, ${Math.round((100 * stepsDone) / stepsTotal)} % of the run\n`,
      );
    },
    ended(run) {
      stream.write(
        `${runName(run)} ${run.status}${run.reason ? `: ${run.reason}` : `, test error ${percent(run.epochs.at(-1)?.testError)}`}\n`,
      );
    },
    stop() {},
  };
}

function bars(stream: NodeJS.WriteStream, { rules, seeds }: Experiment): Progress {
  const runs = rules.length * seeds.length;
  const multi = new MultiBar({
    stream,
    hideCursor: true,
    clearOnComplete: true,
    format: '{name} {bar} {percentage} %  ETA {eta_formatted}  {device}  test error {error}',
    barsize: 24,
  });
  const active = new Map<string, SingleBar>();
  const notesOf = newNotes();
  const total = multi.create(runs, 0, { name: 'all runs'.padEnd(34), device: '   ', error: '-' });
  return {
    update(progress) {
      for (const note of notesOf(progress)) multi.log(note);
      const name = runName(progress);
      const payload = { name: name.padEnd(34), device: progress.device, error: percent(progress.testError) };
      const bar = active.get(name) ?? multi.create(progress.stepsTotal, 0, payload);
      active.set(name, bar);
      bar.update(progress.stepsDone, payload);
    },
    ended(run) {
      const bar = active.get(runName(run));
      if (bar) multi.remove(bar);
      if (run.reason) multi.log(`${runName(run)} ${run.status}: ${run.reason}\n`);
      total.increment(1, { error: percent(run.epochs.at(-1)?.testError) });
    },
    stop: () => multi.stop(),
  };
}
