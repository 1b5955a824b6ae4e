import type { ComparedRun, ExperimentRecord, RunStatus } from '../comparison.schema.ts';
import { isCounted, scoreOf } from '../comparison-document.ts';
import { type ReadComparison, readExperiment } from '../comparison-folder.ts';
import { pairedDifferences } from '../statistics/contrast.ts';
import { type Spread, summarize } from '../statistics/spread.ts';
import { type ConfigurationDifference, configurationDifferences } from './configuration.ts';

/** What two comparisons have in one condition. */
export interface ConditionDiff {
  /** Its id. */
  readonly condition: string;
  /** Score in B minus score in A, paired by seed, over the seeds that finished in both; null where they are of different kinds. */
  readonly difference: Spread | null;
  /** Seeds whose trained states have the same bits in both, and others; those without a hash in both are in neither. */
  readonly sameBits: readonly number[];
  readonly otherBits: readonly number[];
  /** Seeds that ended differently. */
  readonly otherStatus: readonly { readonly seed: number; readonly a: RunStatus; readonly b: RunStatus }[];
  /** Seeds of runs that one has begun and the other not. */
  readonly onlyA: readonly number[];
  readonly onlyB: readonly number[];
}

/** What differs between two comparisons. */
export interface ComparisonDiff {
  /** Folders. */
  readonly a: string;
  readonly b: string;
  /** Of the scores, where both have the same. */
  readonly score: ExperimentRecord['score'] | null;
  readonly configuration: readonly ConfigurationDifference[];
  /** Those that both have. */
  readonly conditions: readonly ConditionDiff[];
  /** Ids of those that one has. */
  readonly onlyA: readonly string[];
  readonly onlyB: readonly string[];
}

/**
 * Compares two comparisons: how they were configured, and what came out of the conditions and seeds that both have.
 * @throws UserError if a folder holds no comparison, or one of its files is damaged
 */
export function diffComparisons(folderA: string, folderB: string): ComparisonDiff {
  const [a, b] = [readExperiment(folderA), readExperiment(folderB)];
  const [idsA, idsB] = [idsOf(a), idsOf(b)];
  const score = commonScore(a.experiment.experiment, b.experiment.experiment);
  return {
    a: folderA,
    b: folderB,
    score,
    configuration: configurationDifferences(a, b),
    conditions: idsA.filter((id) => idsB.includes(id)).map((id) => conditionDiff(id, [a, b], score !== null)),
    onlyA: idsA.filter((id) => !idsB.includes(id)),
    onlyB: idsB.filter((id) => !idsA.includes(id)),
  };
}

const idsOf = ({ experiment }: ReadComparison): string[] => experiment.conditions.map(({ id }) => id);

/** Scores of other examples or in another unit have no difference. */
function commonScore(a: ExperimentRecord, b: ExperimentRecord): ExperimentRecord['score'] | null {
  const isSame = a.scored === b.scored && a.score.label === b.score.label && a.score.unit === b.score.unit;
  return isSame ? a.score : null;
}

function conditionDiff(
  id: string,
  comparisons: readonly [ReadComparison, ReadComparison],
  hasScore: boolean,
): ConditionDiff {
  const [a, b] = [runsOf(comparisons[0], id), runsOf(comparisons[1], id)];
  const scoresA = scoresOf(a, comparisons[0].document.experiment);
  const scoresB = scoresOf(b, comparisons[1].document.experiment);
  const both = [...a.keys()].filter((seed) => b.has(seed));
  const hashed = both.filter((seed) => a.get(seed)!.statesHash && b.get(seed)!.statesHash);
  const isSame = (seed: number) => a.get(seed)!.statesHash === b.get(seed)!.statesHash;
  return {
    condition: id,
    difference: hasScore ? summarize(pairedDifferences(scoresB, scoresA)) : null,
    sameBits: hashed.filter(isSame),
    otherBits: hashed.filter((seed) => !isSame(seed)),
    otherStatus: both
      .map((seed) => ({ seed, a: a.get(seed)!.status, b: b.get(seed)!.status }))
      .filter((status) => status.a !== status.b),
    onlyA: [...a.keys()].filter((seed) => !b.has(seed)),
    onlyB: [...b.keys()].filter((seed) => !a.has(seed)),
  };
}

type Runs = ReadonlyMap<number, ComparedRun>;

const runsOf = ({ document }: ReadComparison, id: string): Runs =>
  new Map(document.runs.filter(({ condition }) => condition === id).map((run) => [run.seed, run]));

const scoresOf = (runs: Runs, experiment: ExperimentRecord): Map<number, number> =>
  new Map(
    [...runs.values()]
      .filter((run) => isCounted(run, experiment))
      .map((run) => [run.seed, scoreOf(run, experiment).last!]),
  );
