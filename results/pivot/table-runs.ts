import { join, resolve } from 'node:path';
import { UserError } from '../../kernels/index.ts';
import type { Condition, RunSpec } from '../../training/index.ts';
import type { ComparedRun, ExperimentRecord } from '../comparison.schema.ts';
import {
  readExperiment,
  readRecordedRuns,
  readStoredExperiment,
  type StoredExperiment,
} from '../comparison-folder.ts';

/** A run, with all that a table is arranged by. */
export interface TableRun {
  /** Folder of its comparison. */
  readonly comparison: string;
  /** Version of Dendrite. */
  readonly dendrite: string;
  readonly experiment: ExperimentRecord;
  readonly dataset: RunSpec['dataset'];
  readonly condition: Condition;
  /** One that has not begun is unfinished and without epochs. */
  readonly run: ComparedRun;
  /** What differences are taken to: that of the first contrast of its condition; null where none was declared. */
  readonly reference: Reference | null;
}

/** The condition that another one is compared with. */
export interface Reference {
  readonly label: string;
  /** Its run of the same seed; null if that has not begun. */
  readonly run: ComparedRun | null;
}

/**
 * The runs of one comparison or several, as their own folders tell them.
 * @throws UserError if a folder holds no comparison, is damaged, or is named twice
 */
export function readTableRuns(folders: readonly string[]): TableRun[] {
  refuseRepeats(folders);
  return folders.flatMap((folder) => {
    const { experiment, document } = readExperiment(folder);
    return runsOf(folder, experiment, document.runs);
  });
}

/**
 * The same runs as the comparison.json of each comparison tells them.
 * @throws UserError if there is none, or it is damaged
 */
export const recordedTableRuns = (folders: readonly string[]): TableRun[] =>
  folders.flatMap((folder) => runsOf(folder, readStoredExperiment(folder), readRecordedRuns(folder)));

function runsOf(
  comparison: string,
  { dendrite, experiment, dataset, conditions, runs: places }: StoredExperiment,
  runs: readonly ComparedRun[],
): TableRun[] {
  const begun = new Map(runs.map((run) => [placeOf(run), run]));
  const byId = new Map(conditions.map((condition) => [condition.id, condition]));
  const referenceOf = (id: string): Condition | undefined => {
    const contrast = experiment.contrasts.find(({ condition }) => condition === id);
    return contrast && byId.get(contrast.to);
  };
  return places.map(({ condition: id, seed, folder }) => {
    const condition = byId.get(id)!;
    const reference = referenceOf(id);
    const runOf = (other: string) => begun.get(placeOf({ condition: other, seed })) ?? null;
    return {
      comparison,
      dendrite,
      experiment,
      dataset,
      condition,
      run: runOf(id) ?? notBegun(condition, seed, join(comparison, folder), experiment),
      reference: reference ? { label: reference.label, run: runOf(reference.id) } : null,
    };
  });
}

const placeOf = ({ condition, seed }: Pick<ComparedRun, 'condition' | 'seed'>): string =>
  `${condition} ${seed}`;

const notBegun = (
  { id, rule }: Condition,
  seed: number,
  folder: string,
  { validation }: ExperimentRecord,
): ComparedRun => ({
  condition: id,
  rule,
  seed,
  status: 'unfinished',
  epochs: [],
  testScore: { last: null, best: null },
  ...(validation > 0 && { validationScore: { last: null, best: null } }),
  examplesPerSecond: null,
  device: null,
  folder,
});

function refuseRepeats(folders: readonly string[]): void {
  const paths = folders.map((folder) => resolve(folder));
  const repeated = folders.find((_, i) => paths.indexOf(paths[i]!) < i);
  if (repeated !== undefined) throw new UserError(`the folder ${repeated} is named twice; name it once`);
}
