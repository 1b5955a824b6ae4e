import type { ComparisonPage } from '../../cli/serve/api.ts';
import {
  AMOUNTS,
  type Amount,
  type AmountAxis,
  amountAxis,
  type GroupedRuns,
  type Measure,
  type Series,
  scoreDomain,
  scoreName,
  seriesOf,
  seriesStyle,
  withUnit,
} from '../../results/figures/index.ts';
import { amountsIn, type ValueAxis } from '../../results/figures/plots.ts';
import { type Axis, type Filtered, MOST_LINES, type Run } from './axes.ts';
import type { View } from './view.ts';

type Document = ComparisonPage['document'];

/** What is drawn of a comparison. */
export interface Course {
  readonly series: readonly Series[];
  /** Amounts of training, for each group. */
  readonly amounts: readonly (readonly number[])[];
  /** What a reader has to know: groups of several conditions, and those that are not drawn. */
  readonly notes: readonly string[];
}

export const amountOf = ({ amount }: View): Amount => AMOUNTS.find((one) => one === amount) ?? 'examples';

/** Names of what was measured after each epoch: the score, and `<diagnostic>/<place>`. */
export function measuresOf(documents: readonly Document[]): string[] {
  const names = new Set(['score']);
  for (const { runs } of documents)
    for (const { epochs } of runs)
      for (const [diagnostic, places] of Object.entries(epochs.at(-1)?.diagnostics ?? {}))
        for (const place of Object.keys(places)) names.add(`${diagnostic}/${place}`);
  return [...names];
}

export const measureLabel = (name: string, { experiment }: Document): string =>
  name === 'score' ? scoreName(experiment) : name.replace('/', ': ');

function measureOf(name: string, { experiment }: Document): Measure {
  if (name === 'score')
    return ({ testScore, validationScore }) => (experiment.scored ? validationScore : testScore);
  const at = name.indexOf('/');
  return ({ diagnostics }) => diagnostics?.[name.slice(0, at)]?.[name.slice(at + 1)];
}

/** A thin line for a run that is further than the others is drawn for so many of a group. */
const MOST_SINGLE = 5;

/** More bands than these hide each other. */
const MOST_BANDS = 8;

const withoutBand = (one: Series): Series => ({
  ...one,
  means: one.means.map((mean) => ({ ...mean, interval: null })),
});

/** The courses of a comparison's runs, gathered by an axis. A group keeps its colour whatever is filtered. */
export function courseOf(
  document: Document,
  { runs }: Filtered,
  axis: Axis,
  { amount, measure }: { amount: Amount; measure: string },
): Course {
  const conditions = new Map(document.conditions.map((condition) => [condition.id, condition]));
  const keyed = runs.map((run) => ({ ...run, condition: axis.of(conditions.get(run.condition)!, run.seed) }));
  const present = new Set(keyed.map(({ condition }) => condition));
  const values = axis.values.filter((value) => present.has(value));
  const groups = values.slice(0, MOST_LINES).map((value) => ({ id: value, label: value }));
  const grouped: GroupedRuns = { conditions: groups, runs: withoutLate(keyed) };
  const series = seriesOf(grouped, amount, measureOf(measure, document))
    .map((one, i) => ({
      ...one,
      style: seriesStyle(axis.values.indexOf(groups[i]!.id)),
      lines: one.lines.length > MOST_SINGLE ? [] : one.lines,
    }))
    .filter(({ means, lines }) => means.length > 0 || lines.length > 0);
  const isFull = series.length > MOST_BANDS;
  return {
    series: isFull ? series.map(withoutBand) : series,
    amounts: amountsIn(grouped, amount),
    notes: [
      ...notesOf(axis, values, runs, keyed),
      ...(isFull ? [`Bands are drawn where there are ${MOST_BANDS} lines or fewer.`] : []),
    ],
  };
}

/** Where runs of a group have finished, those that are on their way would cut the mean off at their own end. */
function withoutLate(runs: readonly Run[]): Run[] {
  const finished = new Set(
    runs.filter(({ status }) => status === 'finished').map(({ condition }) => condition),
  );
  const counts = new Map<string, number>();
  for (const { condition } of runs) counts.set(condition, (counts.get(condition) ?? 0) + 1);
  return runs.filter(
    ({ condition, status }) =>
      status !== 'unfinished' || !finished.has(condition) || counts.get(condition)! <= MOST_SINGLE,
  );
}

function notesOf(
  axis: Axis,
  values: readonly string[],
  runs: readonly Run[],
  keyed: readonly Run[],
): string[] {
  const mixed = new Map<string, Set<string>>();
  for (const [i, { condition }] of keyed.entries()) {
    const own = mixed.get(condition) ?? new Set();
    mixed.set(condition, own.add(runs[i]!.condition));
  }
  const most = Math.max(0, ...[...mixed.values()].map(({ size }) => size));
  return [
    ...(values.length > MOST_LINES
      ? [`${MOST_LINES} of ${values.length} lines are drawn: filter, or group by another axis.`]
      : []),
    ...(most > 1 && axis.name !== 'condition'
      ? [`A line gathers runs of up to ${most} conditions: its mean and its band are over all of them.`]
      : []),
  ];
}

/** Axes that fit the courses of all comparisons that stand side by side. */
export function axesFor(
  courses: readonly Course[],
  document: Document,
  { amount, measure }: { amount: Amount; measure: string },
): { x: AmountAxis; y: ValueAxis } {
  const x = amountAxis(
    amount,
    courses.flatMap(({ amounts }) => amounts),
  );
  const label = measureLabel(measure, document);
  const { domain, type } = scoreDomain(courses.flatMap(({ series }) => series));
  const named = measure === 'score' ? withUnit(label, document.experiment.score.unit) : label;
  return { x, y: { label: type === 'log' ? `${named}, logarithmic` : named, domain, type } };
}
