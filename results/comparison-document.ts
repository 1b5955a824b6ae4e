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
import type { TuningRecord } from './tuning.schema.ts';

export interface Comparison {
  /** Version of Dendrite. */
  readonly dendrite: string;
  readonly experiment: ExperimentRecord;
  /** How values of the conditions were chosen, if they were. */
  readonly tuning?: TuningRecord | undefined;
  readonly conditions: readonly Condition[];
  /** In any order; some may be missing. */
  readonly runs: readonly RunResult[];
}

/**
 * The document that `--json` prints and the table is made from. The statistics are over the test scores (or validation scores,
 * where they alone are measured) after the last epoch
 * of the finished runs; diverged, failed and missing runs are counted beside them. Runs come in the order of the
 * conditions and seeds, whatever order they ended in.
 */
export function comparisonDocument({
  dendrite,
  experiment,
  tuning,
  conditions,
  runs,
}: Comparison): ComparisonDocument {
  const places = new Map(conditions.map(({ id }, i) => [id, i]));
  const order = (run: RunResult) =>
    places.get(run.condition)! * experiment.seeds.length + experiment.seeds.indexOf(run.seed);
  const entries = [...runs].sort((a, b) => order(a) - order(b)).map((run) => runEntry(run, experiment));
  const reference = referenceCondition(conditions);
  return withoutNaN({
    format: DOCUMENT_FORMAT,
    dendrite,
    experiment,
    ...(tuning && { tuning }),
    conditions,
    runs: entries,
    summary: conditions.map((condition) => summaryOf(condition, reference.id, experiment, entries)),
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
  { validation, score: { better } }: ExperimentRecord,
): ComparedRun {
  return {
    condition,
    rule,
    seed,
    status,
    ...(reason !== undefined && { reason }),
    epochs,
    ...(notes !== undefined && { notes }),
    ...(statesHash !== undefined && { statesHash }),
    testScore: lastAndBest(
      epochs.map(({ testScore }) => testScore),
      better,
    ),
    ...(validation > 0 && {
      validationScore: lastAndBest(
        epochs.map(({ validationScore = null }) => validationScore),
        better,
      ),
    }),
    examplesPerSecond: trainingRate(epochs),
    device,
    folder,
  };
}

function lastAndBest(
  scores: readonly (number | null)[],
  better: 'lower' | 'higher',
): ComparedRun['testScore'] {
  const known = numbers(scores);
  const best = better === 'lower' ? Math.min(...known) : Math.max(...known);
  return { last: scores.at(-1) ?? null, best: known.length > 0 ? best : null };
}

function trainingRate(epochs: readonly EpochRecord[]): number | null {
  const seconds = epochs.reduce((sum, epoch) => sum + epoch.seconds, 0);
  return seconds > 0 ? epochs.at(-1)!.examples / seconds : null;
}

function summaryOf(
  { id, rule }: Condition,
  reference: string,
  { seeds, scored }: ExperimentRecord,
  runs: readonly ComparedRun[],
): ConditionSummary {
  const scoreOf = (run: ComparedRun) => (scored ? run.validationScore! : run.testScore);
  const isCounted = (run: ComparedRun) => run.status === 'finished' && scoreOf(run).last !== null;
  const scoresBySeed = (condition: string): Map<number, number> =>
    new Map(
      runs
        .filter((run) => run.condition === condition && isCounted(run))
        .map((run) => [run.seed, scoreOf(run).last!]),
    );
  const own = runs.filter((run) => run.condition === id);
  const finished = own.filter(isCounted);
  const count = (status: ComparedRun['status']) => own.filter((run) => run.status === status).length;
  const [diverged, failed] = [count('diverged'), count('failed')];
  return {
    condition: id,
    rule,
    ...summarize(numbers(finished.map((run) => scoreOf(run).last))),
    diverged,
    failed,
    unfinished: seeds.length - count('finished') - diverged - failed,
    bestMean: meanOrNull(finished.map((run) => scoreOf(run).best)),
    examplesPerSecond: meanOrNull(finished.map((run) => run.examplesPerSecond)),
    difference:
      id === reference
        ? null
        : { to: reference, ...pairedDifference(scoresBySeed(id), scoresBySeed(reference)) },
  };
}
