import { mean } from 'simple-statistics';
import { type Condition, type EpochRecord, firedIn } from '../training/index.ts';
import { summarizeBaselines } from './baseline-summary.ts';
import type { BaselineScore } from './baselines.schema.ts';
import {
  type ComparedRun,
  type ComparisonDocument,
  type ConditionSummary,
  DOCUMENT_FORMAT,
  type ExperimentRecord,
  type RunResult,
} from './comparison.schema.ts';
import type { Contrast, ContrastResult } from './contrast.schema.ts';
import { contrastStatistics, pairedDifferences } from './statistics/contrast.ts';
import { studentSpread, summarize } from './statistics/spread.ts';
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
  /** What is known of the baselines. */
  readonly baselineScores?: readonly BaselineScore[];
}

/**
 * The document that `--json` prints and the table is made from. The statistics are over the test scores (or validation scores,
 * where they alone are measured) after the last epoch of the finished runs; diverged, failed and missing runs are counted beside
 * them. Runs come in the order of the conditions and seeds, whatever order they ended in.
 */
export function comparisonDocument({
  dendrite,
  experiment,
  tuning,
  conditions,
  runs,
  baselineScores = [],
}: Comparison): ComparisonDocument {
  const places = new Map(conditions.map(({ id }, i) => [id, i]));
  const order = (run: RunResult) =>
    places.get(run.condition)! * experiment.seeds.length + experiment.seeds.indexOf(run.seed);
  const entries = [...runs].sort((a, b) => order(a) - order(b)).map((run) => comparedRun(run, experiment));
  return withoutNaN({
    format: DOCUMENT_FORMAT,
    dendrite,
    experiment,
    ...(tuning && { tuning }),
    conditions,
    runs: entries,
    summary: conditions.map((condition) => summaryOf(condition, experiment, entries)),
    contrasts: contrastsOf(experiment, entries),
    ...(experiment.baselines && {
      baselines: summarizeBaselines(experiment.baselines, conditions, baselineScores),
    }),
  }) as unknown as ComparisonDocument;
}

/** The condition that the others are compared with where nothing else is declared: the first of backprop, or else the first. */
export const referenceCondition = <T extends { readonly rule: string }>(conditions: readonly T[]): T =>
  conditions.find(({ rule }) => rule === 'backprop') ?? conditions[0]!;

/** Every condition against the reference. */
export function defaultContrasts(conditions: readonly Condition[]): Contrast[] {
  const { id: to } = referenceCondition(conditions);
  return conditions.filter(({ id }) => id !== to).map(({ id }) => ({ condition: id, to }));
}

/** A copy in which NaN and infinities are null, as in the JSON text. */
const withoutNaN = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const numbers = (values: readonly (number | null)[]): number[] =>
  values.filter((value) => value !== null && Number.isFinite(value)) as number[];

function meanOrNull(values: readonly (number | null)[]): number | null {
  const known = numbers(values);
  return known.length === 0 ? null : mean(known);
}

/** The score that all statistics are of. */
export const scoreOf = (run: ComparedRun, { scored }: ExperimentRecord): ComparedRun['testScore'] =>
  scored ? run.validationScore! : run.testScore;

/** Whether a run is in the mean. */
export const isCounted = (run: ComparedRun, experiment: ExperimentRecord): boolean =>
  run.status === 'finished' && scoreOf(run, experiment).last !== null;

/** A run as the document has it. */
export function comparedRun(
  { condition, rule, seed, status, reason, epochs, notes, statesHash, stateBytes, device, folder }: RunResult,
  { validation, score: { better } }: ExperimentRecord,
): ComparedRun {
  const guards = firedIn(epochs);
  return {
    condition,
    rule,
    seed,
    status,
    ...(reason !== undefined && { reason }),
    epochs,
    ...(notes !== undefined && { notes }),
    ...(guards.length > 0 && { guards }),
    ...startOf(epochs),
    ...(statesHash !== undefined && { statesHash }),
    ...(stateBytes !== undefined && { stateBytes }),
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

/** What the run began with. */
function startOf([first]: readonly EpochRecord[]): Pick<ComparedRun, 'initialHash' | 'orderHash'> {
  const { initialHash, orderHash } = first ?? {};
  return {
    ...(initialHash !== undefined && { initialHash }),
    ...(orderHash !== undefined && { orderHash }),
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
  experiment: ExperimentRecord,
  runs: readonly ComparedRun[],
): ConditionSummary {
  const own = runs.filter((run) => run.condition === id);
  const finished = own.filter((run) => isCounted(run, experiment));
  const scores = finished.map((run) => scoreOf(run, experiment));
  const count = (status: ComparedRun['status']) => own.filter((run) => run.status === status).length;
  const [diverged, failed] = [count('diverged'), count('failed')];
  return {
    condition: id,
    rule,
    ...summarize(numbers(scores.map(({ last }) => last))),
    diverged,
    failed,
    unfinished: experiment.seeds.length - count('finished') - diverged - failed,
    best: meanAndSd(numbers(scores.map(({ best }) => best))),
    examplesPerSecond: meanOrNull(finished.map((run) => run.examplesPerSecond)),
  };
}

function meanAndSd(values: readonly number[]): ConditionSummary['best'] {
  const { mean, sd } = studentSpread(values);
  return { mean, sd };
}

function contrastsOf(experiment: ExperimentRecord, runs: readonly ComparedRun[]): ContrastResult[] {
  const { contrasts, equivalence: margin, score } = experiment;
  const scores = new Map<string, Map<number, number>>();
  for (const run of runs) {
    const bySeed = scores.get(run.condition) ?? new Map<number, number>();
    if (isCounted(run, experiment)) bySeed.set(run.seed, scoreOf(run, experiment).last!);
    scores.set(run.condition, bySeed);
  }
  const none: ReadonlyMap<number, number> = new Map();
  const differences = contrasts.map(({ condition, to }) =>
    pairedDifferences(scores.get(condition) ?? none, scores.get(to) ?? none),
  );
  const { better } = score;
  return contrastStatistics(differences, { better, margin }).map((statistics, i) => ({
    ...contrasts[i]!,
    ...statistics,
  }));
}
