import type { Machine } from './environment.ts';
import type { FolderCost } from './folder-cost.ts';
import type { OursRecord } from './ours.ts';
import type { Spread } from './statistics.ts';

/** Equal runs with one worker and with two, by one of our programs. */
export interface EqualRuns {
  readonly program: string;
  /** Wall-clock seconds of the command, one value a round. */
  readonly seconds: { readonly one: readonly number[]; readonly two: readonly number[] };
  /** Seconds of training and of evaluation of a run, means over all runs. */
  readonly runSeconds: { readonly one: number; readonly two: number };
  /** Throughput of two workers over that of one. */
  readonly ratio: Spread;
  /** Largest resident memory of the process in MB, medians; null where there is no /proc. */
  readonly peakMegabytes: { readonly one: number; readonly two: number } | null;
}

/** Many runs that train and evaluate in next to no time. */
export interface TinyRuns {
  readonly runs: number;
  readonly workers: number;
  /** Wall-clock seconds of the command. */
  readonly seconds: number;
  /** Seconds of training and evaluation of all runs. */
  readonly busySeconds: number;
  /** Wall clock x workers without those, a run. */
  readonly overheadMs: number;
  /** The same in a folder in memory, where nothing waits for a disk; null where there is none. */
  readonly overheadInMemoryMs: number | null;
  /** Resident memory of the process when a share of the runs had ended; empty where there is no /proc. */
  readonly memory: readonly { readonly share: number; readonly megabytes: number }[];
}

/** What `npm run bench:runner -- --json` prints. */
export interface RunnerDocument {
  readonly kind: 'runner';
  readonly machine: Machine;
  readonly ours: Readonly<Record<string, OursRecord>>;
  readonly rounds: number;
  readonly runs: number;
  readonly epochs: number;
  readonly notes: readonly string[];
  readonly equal: readonly EqualRuns[];
  readonly tiny: TinyRuns;
  /** Seconds of the command with a single tiny run: what each process costs. */
  readonly startUpSeconds: number;
  readonly folders: readonly FolderCost[];
}

/** What of the overhead of a tiny run is its share of the start of the process, ms. */
export const startShareMs = ({
  tiny: { runs, workers },
  startUpSeconds,
}: Pick<RunnerDocument, 'tiny' | 'startUpSeconds'>): number => (1000 * startUpSeconds * workers) / runs;

/** Without that: what a run of a long sweep costs beside training and evaluation, ms. */
export const runCostMs = (document: Pick<RunnerDocument, 'tiny' | 'startUpSeconds'>): number =>
  document.tiny.overheadMs - startShareMs(document);

export const AIMS = { ratio: 1.8, megabytesPerWorker: 150, overheadMs: 20 } as const;
