import type { ComparisonStatus, ListedFigure } from '../../experiments/index.ts';
import type { ComparedRun, ComparisonDocument, ContrastResult } from '../../results/index.ts';
import type { Condition } from '../../training/index.ts';

/** What `dendrite serve` answers, and the page reads: JSON, so that what is not finite is null. */

/**
 * running: a process works on it; waiting: a job of Slurm will; stopped: nobody does, and runs are missing; ended: all runs have ended;
 * damaged: it cannot be read.
 */
export type ComparisonState = 'running' | 'waiting' | 'stopped' | 'ended' | 'damaged';

/** A comparison in the list of all. */
export interface ComparisonEntry {
  /** Its folder within the one that is served, with `/` between names; `.` for that folder itself. */
  readonly id: string;
  readonly state: ComparisonState;
  /** What is damaged, in one sentence: the comparison, or one of its runs, which is left out; null: nothing. */
  readonly problem: string | null;
  /** Null: it cannot be read. */
  readonly about: ComparisonSummary | null;
}

/** What is said of a comparison in a line. */
export interface ComparisonSummary {
  /** Of the experiment; null where it has none. */
  readonly title: string | null;
  readonly rules: readonly string[];
  readonly dataset: string;
  readonly task: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly runs: RunCounts;
  /** Recorded, of all runs, and that all will have; null where the budget is not in epochs. */
  readonly epochs: number;
  readonly epochsInAll: number | null;
  /** Seconds until all runs have ended, see `secondsLeft`; null: not running, or not known yet. */
  readonly secondsLeft: number | null;
}

/** How many runs there are, and what became of them. */
export interface RunCounts {
  readonly all: number;
  readonly finished: number;
  readonly diverged: number;
  readonly failed: number;
  readonly running: number;
  readonly unfinished: number;
  readonly notBegun: number;
}

/** A contrast with its verdict in the words of the report. */
export type WordedContrast = ContrastResult & { readonly words: string };

/** A comparison with all of its runs. `folder` of a run is its name within the comparison. */
export interface ComparisonPage {
  readonly entry: ComparisonEntry;
  readonly document: Omit<ComparisonDocument, 'contrasts'> & {
    readonly contrasts: readonly WordedContrast[];
  };
  readonly status: ComparisonStatus;
  /** A sentence for each run that cannot be read. */
  readonly damaged: readonly DamagedRun[];
  /** Folders of runs that a process works on. */
  readonly running: readonly string[];
}

/** A run that is left out, since it cannot be read. */
export interface DamagedRun {
  readonly folder: string;
  readonly problem: string;
}

/** What has changed of a comparison that is looked at. */
export interface PageChange extends Pick<ComparisonPage, 'entry' | 'status' | 'damaged' | 'running'> {
  readonly id: string;
  /** Those that are new or have changed. */
  readonly runs: ComparedRun[];
  /** Left out where no other run has ended. */
  readonly statistics?: Statistics;
}

/** What is computed over runs that have ended. */
export type Statistics = Pick<ComparisonPage['document'], 'summary' | 'contrasts' | 'baselines'>;

/** What a server-sent event of the name `change` holds. */
export interface Change {
  /** Those that are new or have changed. */
  readonly comparisons: readonly ComparisonEntry[];
  /** Ids of those that are not there any more. */
  readonly gone: readonly string[];
  /** Of those that were asked for. */
  readonly pages: readonly PageChange[];
  /** Ids of those that were asked for and have become others: to be read anew. */
  readonly anew: readonly string[];
}

/** The list of comparisons. */
export interface ComparisonList {
  /** The folder that is served, as it was given. */
  readonly folder: string;
  readonly dendrite: string;
  readonly comparisons: readonly ComparisonEntry[];
}

/** One run, with all that its folder says. */
export interface RunPage {
  readonly run: ComparedRun;
  readonly condition: Condition;
  readonly score: ComparisonDocument['experiment']['score'];
  readonly configuration: readonly NamedText[];
  readonly provenance: readonly NamedText[];
  /** What is drawn of its network; `missing` says why one cannot be. */
  readonly figures: readonly ListedFigure[];
}

export type NamedText = readonly [name: string, text: string];

/** Any answer with a status from 400 on. */
export interface Refusal {
  /** One sentence. */
  readonly error: string;
}
