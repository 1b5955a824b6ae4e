import type { Dataset } from '../../data/index.ts';
import type { CheckpointPlan, Provenance, RunResult } from '../../results/index.ts';
import type { Fired, RunSpec } from '../../training/index.ts';

/** A run to be done, and where it leaves its folder. Plain data. */
export interface Job {
  readonly spec: RunSpec;
  readonly folder: string;
  /** A process before this one may have begun it: it goes on from what is in its folder. */
  readonly begun?: boolean;
}

/** How far a run has come. */
export interface RunProgress {
  readonly condition: string;
  readonly label: string;
  readonly rule: string;
  readonly seed: number;
  /** The one at hand, from 1, and how many there are in all. */
  readonly epoch: number;
  readonly epochs: number;
  readonly stepsDone: number;
  readonly stepsTotal: number;
  /** After the last finished epoch, in the unit of the task. */
  readonly testScore: number | null;
  /** Training examples a second in the epoch at hand, evaluation excluded; null before its first minibatches. */
  readonly examplesPerSecond: number | null;
  readonly validationScore: number | null;
  readonly device: string;
  /** What was asked for and cannot be measured in this run, and why. */
  readonly notes: readonly string[];
  /** What guards have found so far. */
  readonly guards: readonly Fired[];
}

export interface RunEvents {
  /** When a run begins or goes on, and then while it trains: at most ten times a second where it is in a worker. */
  progress?(progress: RunProgress): void;
  /** Ends all runs after the minibatches at hand, each with a checkpoint, and begins no other: they stay unfinished. */
  readonly signal?: AbortSignal;
}

/** What all runs of a comparison share. */
export interface Shared {
  readonly dataset: Dataset;
  readonly provenance: Provenance;
  readonly checkpoints: CheckpointPlan;
  /** File of the lock on the comparison's folder. */
  readonly lock: string;
}

/** Does jobs somewhere, and yields each result as its run ends. A launcher knows nothing of rules. */
export type Launcher = (jobs: readonly Job[], shared: Shared, events: RunEvents) => AsyncIterable<RunResult>;

/** Jobs in groups, each of which is done at once. */
export type Grouping = (jobs: readonly Job[]) => Job[][];
