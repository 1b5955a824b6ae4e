import type { Condition, EpochRecord } from '../training/index.ts';
import {
  type ComparedRun,
  type ComparisonDocument,
  type ConditionSummary,
  DOCUMENT_FORMAT,
  type ExperimentRecord,
  type RunResult,
} from './comparison.schema.ts';
import { pairedDifference, summarize } from './statistics.ts';

export interface Comparison {
  /** Version of Dendrite. */
  readonly dendrite: string;
  readonly experiment: ExperimentRecord;
  readonly conditions: readonly Condition[];
  /** In any order; some may be missing. */
  readonly runs: readonly RunResult[];
}

/**
 * The document that `--json` prints and the table is made from. The statistics are over the test scores after the last epoch
 * of the finished runs; diverged, failed and missing runs are counted beside them. Runs come in the order of the
 * conditions and seeds, whatever order they ended in.
 */
export function comparisonDocument({
  dendrite,
  experiment,
  conditions,
  runs,
}: Comparison): ComparisonDocument {
  const places = new Map(conditions.map(({ id }, i) => [id, i]));
  const order = (run: RunResult) =>
    places.get(run.condition)! * experiment.seeds.length + experiment.seeds.indexOf(run.seed);
  const entries = [...runs]
    .sort((a, b) => order(a) - order(b))
    .map((run) => runEntry(run, experiment.score.better));
  const reference = referenceCondition(conditions);
  return withoutNaN({
    format: DOCUMENT_FORMAT,
    dendrite,
    experiment,
    conditions,
    runs: entries,
    summary: conditions.map((condition) => summaryOf(condition, reference.id, experiment.seeds, entries)),
  }) as unknown as ComparisonDocument;
}

/** The condition that the others are compared with: the first of backprop, or else the first. */
export const referenceCondition = <T extends { readonly rule: string }>(conditions: readonly T[]): T =>
  conditions.find(({ rule }) => rule === 'backprop') ?? conditions[0]!;

/** A copy in which NaN and infinities are null, as in the JSON text. */
const withoutNaN = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const numbers = (values: readonly (number | null)[]): number[] =>
  values.filter((value) => value !== null && Number.isFinite(value)) as number[];

const meanOrNull = (values: readonly (number | null)[]): number | null => summarize(numbers(values)).mean;

function runEntry(
  { condition, rule, seed, status, reason, epochs, notes, statesHash, device, folder }: RunResult,
  better: 'lower' | 'higher',
): ComparedRun {
  const scores = epochs.map((epoch) => epoch.testScore);
  const known = numbers(scores);
  const best = better === 'lower' ? Math.min(...known) : Math.max(...known);
  return {
    condition,
    rule,
    seed,
    status,
    ...(reason !== undefined && { reason }),
    epochs,
    ...(notes !== undefined && { notes }),
    ...(statesHash !== undefined && { statesHash }),
    testScore: { last: scores.at(-1) ?? null, best: known.length > 0 ? best : null },
    examplesPerSecond: trainingRate(epochs),
    device,
    folder,
  };
}

function trainingRate(epochs: readonly EpochRecord[]): number | null {
  const seconds = epochs.reduce((sum, epoch) => sum + epoch.seconds, 0);
  return seconds > 0 ? epochs.at(-1)!.examples / seconds : null;
}

function summaryOf(
  { id, rule }: Condition,
  reference: string,
  seeds: readonly number[],
  runs: readonly ComparedRun[],
): ConditionSummary {
  const own = runs.filter((run) => run.condition === id);
  const finished = own.filter(isCounted);
  const count = (status: ComparedRun['status']) => own.filter((run) => run.status === status).length;
  const [diverged, failed] = [count('diverged'), count('failed')];
  return {
    condition: id,
    rule,
    ...summarize(numbers(finished.map((run) => run.testScore.last))),
    diverged,
    failed,
    unfinished: seeds.length - count('finished') - diverged - failed,
    bestMean: meanOrNull(finished.map((run) => run.testScore.best)),
    examplesPerSecond: meanOrNull(finished.map((run) => run.examplesPerSecond)),
    difference:
      id === reference
        ? null
        : { to: reference, ...pairedDifference(scoresBySeed(id, runs), scoresBySeed(reference, runs)) },
  };
}

const isCounted = (run: ComparedRun): boolean => run.status === 'finished' && run.testScore.last !== null;

const scoresBySeed = (condition: string, runs: readonly ComparedRun[]): Map<number, number> =>
  new Map(
    runs
      .filter((run) => run.condition === condition && isCounted(run))
      .map((run) => [run.seed, run.testScore.last!]),
  );
