import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type ComparisonStatus, comparisonStatus } from '../../experiments/index.ts';
import { UserError } from '../../kernels/index.ts';
import {
  type ComparedRun,
  causeOf,
  comparedRun,
  documentOf,
  holdsRun,
  ownersOf,
  readRun,
  readStoredExperiment,
  type StoredExperiment,
  type StoredRun,
  verdictText,
} from '../../results/index.ts';
import type {
  ComparisonEntry,
  ComparisonPage,
  ComparisonState,
  ComparisonSummary,
  DamagedRun,
  PageChange,
  RunCounts,
  Statistics,
} from './api.ts';
import { secondsLeft } from './seconds-left.ts';
import { realPathWithin } from './within.ts';

/** Files whose times and sizes say whether a comparison or a run has to be read again. */
const OWN_FILES = ['experiment.json', 'baselines.json'];
const RUN_FILES = ['metrics.jsonl', 'status.json'];
/** All that is read of a run. */
const READ_FILES = [...RUN_FILES, 'config.json', 'provenance.json'];

/** Work goes on for so many ms before other requests have their turn. */
const SLICE_MS = 20;

/** What is known of a comparison that can be read. Runs are by the names of their folders. */
interface Known {
  readonly experiment: StoredExperiment;
  readonly marks: Map<string, string>;
  readonly runs: Map<string, StoredRun>;
  readonly entries: Map<string, ComparedRun>;
  readonly damaged: Map<string, string>;
  readonly statistics: Statistics;
  readonly status: ComparisonStatus;
  /** Names of the runs that a process works on. */
  readonly running: readonly string[];
}

/** A run, as its folder and the comparison's document have it. */
export interface ReadRun {
  readonly experiment: StoredExperiment;
  readonly stored: StoredRun;
  readonly entry: ComparedRun;
}

/** What a look has found: nothing new; something that pages are told; or another comparison, which they read anew. */
export type Look = 'unchanged' | 'anew' | PageChange;

/**
 * A comparison that is looked at again and again. Only what has changed is read again, which the times and sizes of files tell. Its
 * statistics are those of the report; they are over runs that have ended, and computed again when another one has.
 */
export class WatchedComparison {
  readonly id: string;
  readonly folder: string;
  readonly #root: string;
  #known: Known | null = null;
  #mark = '';
  #owners = '';
  #entry: ComparisonEntry;

  /**
   * @param root the real path of the folder that is served
   * @param id path from there
   */
  constructor(root: string, id: string) {
    this.id = id;
    this.folder = join(root, id);
    this.#root = root;
    this.#entry = { id, state: 'damaged', problem: 'it has not been read yet', about: null };
  }

  get entry(): ComparisonEntry {
    return this.#entry;
  }

  /** Null where the comparison cannot be read. */
  get page(): ComparisonPage | null {
    if (this.#known === null) return null;
    const { experiment: stored, entries, statistics, status, running } = this.#known;
    const { dendrite, experiment, tuning, conditions, runs } = stored;
    const document: ComparisonPage['document'] = {
      ...{ format: 1, dendrite, experiment, ...(tuning && { tuning }), conditions },
      runs: runs.flatMap(({ folder }) => entries.get(folder) ?? []),
      ...statistics,
    };
    return { entry: this.#entry, document, status, damaged: damagedOf(this.#known), running };
  }

  /** What is read of a run; undefined: it is none of this comparison, has not begun, or cannot be read. */
  run(name: string): ReadRun | undefined {
    if (this.#known === null) return undefined;
    const { experiment, runs, entries } = this.#known;
    const [stored, entry] = [runs.get(name), entries.get(name)];
    return stored && entry && { experiment, stored, entry };
  }

  /** Compares what is known with what the folder says now. */
  async look(): Promise<Look> {
    try {
      return await this.#look();
    } catch (error) {
      this.#known = null;
      this.#entry = { id: this.id, state: 'damaged', problem: sentenceOf(error), about: null };
      return 'anew';
    }
  }

  async #look(): Promise<Look> {
    const mark = markOf(this.folder, OWN_FILES);
    const isOther = mark !== this.#mark;
    this.#mark = mark;
    // One that cannot be read is tried again when its files are others.
    if (this.#known === null && !isOther) return 'unchanged';
    const before = isOther || this.#known === null ? this.#begin() : this.#known;
    const changed = await this.#readChanged(before);
    const owners = JSON.stringify(ownersOf(this.folder));
    if (!isOther && changed.length === 0 && owners === this.#owners) return 'unchanged';
    this.#owners = owners;
    const hasEnded = changed.some((name) => before.runs.get(name)?.status !== 'unfinished');
    const statistics = isOther || hasEnded ? this.#statisticsOf(before) : before.statistics;
    const known = await this.#withStatus({ ...before, statistics });
    this.#known = known;
    const { status, running } = known;
    if (isOther) return 'anew';
    return {
      ...{ id: this.id, entry: this.#entry, status, running, damaged: damagedOf(known) },
      runs: changed.flatMap((name) => known.entries.get(name) ?? []),
      ...(hasEnded && { statistics }),
    };
  }

  #begin(): Known {
    for (const file of OWN_FILES) refuseOutside(this.#root, join(this.folder, file));
    return {
      experiment: readStoredExperiment(this.folder),
      ...{ marks: new Map(), runs: new Map(), entries: new Map(), damaged: new Map() },
      ...{ statistics: { summary: [], contrasts: [] }, running: [] },
      status: { folder: this.id, conditions: [], workers: [], slurm: null, errors: [] },
    };
  }

  /** @returns names of the runs that are others than before */
  async #readChanged(known: Known): Promise<string[]> {
    const changed: string[] = [];
    let begun = performance.now();
    for (const { folder } of known.experiment.runs) {
      if (this.#readIfChanged(known, folder)) changed.push(folder);
      if (performance.now() - begun < SLICE_MS) continue;
      await new Promise((resolve) => setImmediate(resolve));
      begun = performance.now();
    }
    return changed;
  }

  #readIfChanged({ experiment, marks, runs, entries, damaged }: Known, name: string): boolean {
    const path = join(this.folder, name);
    const mark = markOf(path, RUN_FILES);
    if (mark === (marks.get(name) ?? '')) return false;
    // A run that was removed: the next look reads the comparison anew.
    if (mark === '') this.#mark = '';
    if (!holdsRun(path)) return false;
    marks.set(name, mark);
    try {
      for (const file of READ_FILES) refuseOutside(this.#root, join(path, file));
      const run = { ...readRun(path), folder: name };
      runs.set(name, run);
      entries.set(name, comparedRun(run, experiment.experiment));
      damaged.delete(name);
    } catch (error) {
      damaged.set(name, sentenceOf(error));
      runs.delete(name);
      entries.delete(name);
    }
    return true;
  }

  /** No statistic is over runs that have not ended. */
  #statisticsOf({ experiment, runs }: Known): Statistics {
    const ended = [...runs.values()].filter(({ status }) => status !== 'unfinished');
    const { summary, contrasts, baselines } = documentOf(this.folder, experiment, ended);
    return {
      summary,
      contrasts: contrasts.map((contrast) => ({
        ...contrast,
        words: verdictText(contrast, experiment.experiment),
      })),
      ...(baselines && { baselines }),
    };
  }

  async #withStatus(known: Known): Promise<Known> {
    const { experiment } = known;
    const runs = [...known.runs.values()];
    const status = await comparisonStatus(this.folder, { experiment, runs });
    const held = ownersOf(this.folder);
    const isHeld = ({ folder }: StoredRun): boolean =>
      held.some((owner) => owner.runs === null || owner.runs.includes(folder));
    const running = runs.filter((run) => run.status === 'unfinished' && isHeld(run));
    const [damaged] = damagedOf(known);
    this.#entry = {
      id: this.id,
      state: stateOf(status),
      problem: damaged?.problem ?? null,
      about: aboutOf(experiment, status, runs),
    };
    return {
      ...known,
      status: { ...status, folder: this.id },
      running: running.map(({ folder }) => folder),
    };
  }
}

/** Times and sizes of files; '' where none of them is there. */
function markOf(folder: string, files: readonly string[]): string {
  const marks = files.map((file) => {
    const found = statSync(join(folder, file), { throwIfNoEntry: false });
    return found ? `${found.mtimeMs} ${found.size}` : '';
  });
  return marks.every((mark) => mark === '') ? '' : marks.join(', ');
}

/** @throws UserError when there is something, and it lies elsewhere */
function refuseOutside(root: string, path: string): void {
  if (statSync(path, { throwIfNoEntry: false })) realPathWithin(root, path);
}

const sentenceOf = (error: unknown): string => (error instanceof UserError ? error.message : causeOf(error));

const damagedOf = ({ damaged }: Known): DamagedRun[] =>
  [...damaged].map(([folder, problem]) => ({ folder, problem }));

function stateOf({ workers, slurm, conditions }: ComparisonStatus): ComparisonState {
  const { all, finished, diverged, failed } = countsOf(conditions);
  if (all === finished + diverged + failed) return 'ended';
  if (workers.length > 0) return 'running';
  return slurm !== null && slurm.tasks.length > 0 ? 'waiting' : 'stopped';
}

function countsOf(conditions: ComparisonStatus['conditions']): RunCounts {
  const sum = (name: 'runs' | Exclude<keyof RunCounts, 'all'>): number =>
    conditions.reduce((total, condition) => total + condition[name], 0);
  return {
    all: sum('runs'),
    ...{ finished: sum('finished'), diverged: sum('diverged'), failed: sum('failed') },
    ...{ running: sum('running'), unfinished: sum('unfinished'), notBegun: sum('notBegun') },
  };
}

function aboutOf(
  { given, conditions, experiment, startedAt }: StoredExperiment,
  status: ComparisonStatus,
  runs: readonly StoredRun[],
): ComparisonSummary {
  const title = (given as { readonly title?: unknown } | null)?.title;
  const inAll = status.conditions.map(({ epochsInAll }) => epochsInAll);
  return {
    title: typeof title === 'string' ? title : null,
    rules: [...new Set(conditions.map(({ rule }) => rule))],
    ...{ dataset: experiment.dataset, task: experiment.task, startedAt },
    runs: countsOf(status.conditions),
    epochs: status.conditions.reduce((sum, { epochs }) => sum + epochs, 0),
    epochsInAll: inAll.includes(null) ? null : inAll.reduce<number>((sum, epochs) => sum + epochs!, 0),
    secondsLeft: secondsLeft(status, runs),
  };
}
