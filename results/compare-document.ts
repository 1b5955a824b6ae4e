import type {
  CompareDocument,
  CompareRun,
  CompareSummary,
  EpochRecord,
  ExperimentRecord,
  RunResult,
} from './compare.schema.ts';
import { pairedDifference, summarize } from './statistics.ts';

export interface Comparison {
  /** Version of Dendrite. */
  dendrite: string;
  experiment: ExperimentRecord;
  /** In any order. */
  runs: readonly RunResult[];
}

/**
 * The document that `--json` prints and the table is made from. Errors are in percent. The statistics are over the
 * test errors after the last epoch of the finished runs; diverged and failed runs are counted beside them. Runs come
 * in the order of the experiment's rules and seeds, whatever order they ended in.
 */
export function compareDocument({ dendrite, experiment, runs }: Comparison): CompareDocument {
  const order = (run: RunResult) =>
    experiment.rules.indexOf(run.rule) * experiment.seeds.length + experiment.seeds.indexOf(run.seed);
  const entries = withoutNaN([...runs].sort((a, b) => order(a) - order(b))).map(runEntry);
  const reference = referenceRule(experiment.rules);
  const summary = experiment.rules.map((rule) => summaryOf(rule, reference, entries));
  return { dendrite, experiment, runs: entries, summary };
}

/** The rule that the others are compared with: backprop, or else the first. */
export const referenceRule = (rules: readonly string[]): string =>
  rules.includes('backprop') ? 'backprop' : rules[0]!;

/** A copy in which NaN and infinities are null, as in the JSON text. */
const withoutNaN = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const numbers = (values: readonly (number | null)[]): number[] => values.filter((value) => value !== null);

const meanOrNull = (values: readonly (number | null)[]): number | null => summarize(numbers(values)).mean;

function runEntry(run: RunResult): CompareRun {
  const testErrors = run.epochs.map((epoch) => epoch.testError);
  const known = numbers(testErrors);
  const { rule, seed, status, reason, epochs, notes, device, folder } = run;
  return {
    rule,
    seed,
    status,
    ...(reason === undefined ? {} : { reason }),
    epochs,
    ...(notes === undefined ? {} : { notes }),
    testError: { last: testErrors.at(-1) ?? null, best: known.length > 0 ? Math.min(...known) : null },
    examplesPerSecond: trainingRate(epochs),
    device,
    folder,
  };
}

function trainingRate(epochs: readonly EpochRecord[]): number | null {
  const seconds = epochs.reduce((sum, epoch) => sum + epoch.seconds, 0);
  return seconds > 0 ? epochs.at(-1)!.examples / seconds : null;
}

function summaryOf(rule: string, reference: string, runs: readonly CompareRun[]): CompareSummary {
  const own = runs.filter((run) => run.rule === rule);
  const finished = own.filter(isCounted);
  return {
    rule,
    ...summarize(numbers(finished.map((run) => run.testError.last))),
    diverged: own.filter((run) => run.status === 'diverged').length,
    failed: own.filter((run) => run.status === 'failed').length,
    bestMean: meanOrNull(finished.map((run) => run.testError.best)),
    examplesPerSecond: meanOrNull(finished.map((run) => run.examplesPerSecond)),
    difference:
      rule === reference
        ? null
        : { to: reference, ...pairedDifference(errorsBySeed(rule, runs), errorsBySeed(reference, runs)) },
  };
}

const isCounted = (run: CompareRun): boolean => run.status === 'finished' && run.testError.last !== null;

const errorsBySeed = (rule: string, runs: readonly CompareRun[]): Map<number, number> =>
  new Map(
    runs.filter((run) => run.rule === rule && isCounted(run)).map((run) => [run.seed, run.testError.last!]),
  );
