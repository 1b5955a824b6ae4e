import { closest, UserError } from '../../kernels/index.ts';
import { isCounted, scoreOf } from '../comparison-document.ts';
import type { NumberStyle } from '../number-text.ts';
import { pairedDifferences } from '../statistics/contrast.ts';
import { deviceName } from './axes.ts';
import type { TableRun } from './table-runs.ts';

/** Something that each run has, averaged over the runs of a cell. */
export interface NumberMeasure {
  readonly kind: 'number';
  /** As on the command line. */
  readonly name: string;
  /** Of a column; that of a score is the task's. */
  readonly label: string;
  /** Left out: the task's, or none. */
  readonly unit?: string;
  readonly style: NumberStyle;
  /** Null where it is not known. */
  of(run: TableRun): number | null;
}

/** Something in words; a cell shows what its runs have. */
export interface TextMeasure {
  readonly kind: 'text';
  readonly name: string;
  readonly label: string;
  of(run: TableRun): string | null;
}

/** What is shown of the runs of a cell. */
export type Measure = NumberMeasure | TextMeasure;

const SCORES: readonly Measure[] = [
  {
    kind: 'number',
    name: 'score',
    label: 'Score',
    style: 'score',
    of: ({ run, experiment }) => scoreOf(run, experiment).last,
  },
  {
    kind: 'number',
    name: 'best',
    label: 'Best score',
    style: 'score',
    of: ({ run, experiment }) => scoreOf(run, experiment).best,
  },
  {
    kind: 'number',
    name: 'validation',
    label: 'Validation score',
    style: 'score',
    of: ({ run }) => run.validationScore?.last ?? null,
  },
  { kind: 'number', name: 'difference', label: 'Difference', style: 'signed score', of: differenceOf },
];

const COSTS: readonly Measure[] = [
  {
    kind: 'number',
    name: 'examples',
    label: 'Training examples',
    style: 'count',
    of: ({ run }) => run.epochs.at(-1)?.examples ?? null,
  },
  {
    kind: 'number',
    name: 'settling-steps',
    label: 'Settling steps',
    style: 'count',
    of: ({ run }) => run.epochs.at(-1)?.settlingSteps ?? null,
  },
  {
    kind: 'number',
    name: 'multiply-accumulates',
    label: 'Multiply-accumulates',
    style: 'count',
    of: ({ run }) => run.epochs.at(-1)?.multiplyAccumulates ?? null,
  },
  {
    kind: 'number',
    name: 'state-bytes',
    label: 'State',
    unit: 'bytes',
    style: 'bytes',
    of: ({ run }) => run.stateBytes ?? null,
  },
  {
    kind: 'number',
    name: 'seconds',
    label: 'Training',
    unit: 's',
    style: 'quantity',
    of: ({ run: { epochs } }) =>
      epochs.length === 0 ? null : epochs.reduce((sum, { seconds }) => sum + seconds, 0),
  },
  {
    kind: 'number',
    name: 'examples-per-second',
    label: 'Training examples/s',
    style: 'quantity',
    of: ({ run }) => run.examplesPerSecond,
  },
  {
    kind: 'text',
    name: 'device',
    label: 'Device',
    of: ({ run }) => (run.device === null ? null : deviceName(run.device)),
  },
];

const EPOCHS: Measure = {
  kind: 'number',
  name: 'epochs',
  label: 'Epochs',
  style: 'quantity',
  of: ({ run }) => run.epochs.length,
};

const MEASURES: readonly Measure[] = [...SCORES, EPOCHS, ...COSTS];

const namesOf = (measures: readonly Measure[]): string[] => measures.map(({ name }) => name);

/** Names of all measures. */
export const MEASURE_NAMES: readonly string[] = namesOf(MEASURES);

/** What a run costs. */
export const COST_NAMES: readonly string[] = namesOf(COSTS);

/** @throws UserError if there is no such measure */
export const findMeasures = (names: readonly string[]): Measure[] =>
  names.map((name) => {
    const found = MEASURES.find((measure) => measure.name === name);
    if (found) return found;
    const near = closest(name, MEASURE_NAMES);
    throw new UserError(
      `there is no measure '${name}'; ${near ? `did you mean '${near}'?` : `there are ${MEASURE_NAMES.join(', ')}`}`,
    );
  });

/** Score minus that of the run of the same seed in the condition that it is compared with. */
function differenceOf({ run, experiment, reference }: TableRun): number | null {
  const [own, other] = [run, reference?.run].map((one) =>
    one && isCounted(one, experiment)
      ? new Map([[one.seed, scoreOf(one, experiment).last!]])
      : new Map<number, number>(),
  );
  return pairedDifferences(own!, other!)[0] ?? null;
}
