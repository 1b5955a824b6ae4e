import * as Plot from '@observablehq/plot';
import type { ComparisonDocument } from '../comparison.schema.ts';
import { thousands } from '../table-words.ts';
import { type Amount, type AmountAxis, amountAxis, amountsOf } from './amount.ts';
import type { LegendEntry } from './layout.ts';
import { BAND_FROM, type GroupedRuns, type Series } from './series.ts';
import { GRID, INK, MUTED, PAPER } from './theme.ts';
import { isCounted } from './words.ts';

/** Symbols on a line: about so many, since more would hide it. */
const SYMBOLS = 10;

/** How the vertical axis of a course is drawn. */
export interface ValueAxis {
  readonly label: string;
  readonly domain: readonly [number, number];
  readonly type?: 'linear' | 'log';
  /** Where its ticks are; where they are round numbers when left out. */
  readonly ticks?: readonly number[];
  /** Where a line goes across; null or left out: nowhere. */
  readonly marked?: number | null;
}

/** From values to what is drawn of them. */
interface Shown {
  across(amount: number): number;
  /** A value at the end of the axis where it lies beyond it. */
  within(value: number): number;
}

/** Values over the course of training: a line for the mean of each condition, a band around it or a thin line for each seed. */
export function coursePlot(series: readonly Series[], x: AmountAxis, y: ValueAxis): Plot.PlotOptions {
  const { label, domain, type = 'linear', marked = null } = y;
  const [low, high] = domain;
  const shown: Shown = {
    across: (amount) => amount / x.unit,
    within: (value) => Math.min(high, Math.max(low, value)),
  };
  const ticks = ticksOf(y);
  return {
    ...{ marginLeft: 44, marginRight: 12, marginTop: 24, marginBottom: 38 },
    x: {
      ...{ type: x.type, domain: x.domain.map(shown.across) },
      ...ticksOf({ type: x.type, domain: x.domain.map(shown.across) as [number, number] }),
      ...{ label: x.label, labelAnchor: 'center', labelArrow: 'none' },
    },
    y: { domain, type, label, labelArrow: 'none', ...ticks },
    marks: [
      Plot.gridY({ stroke: GRID, strokeOpacity: 1, ...ticks }),
      Plot.ruleY([low], { stroke: INK }),
      ...(marked === null ? [] : [Plot.ruleY([marked], { stroke: MUTED, strokeDasharray: '2 3' })]),
      ...series.flatMap((one) => intervalMarks(one, shown)),
      ...series.flatMap((one) => seedMarks(one, shown)),
      ...series.flatMap((one) => meanMarks(one, shown)),
    ],
  };
}

function ticksOf({ domain: [low, high], type, ticks }: Omit<ValueAxis, 'label'>): Plot.ScaleOptions {
  if (ticks) return { ticks };
  return type === 'log'
    ? { ticks: logTicks(low, high), tickFormat: (v: number) => thousands(v) }
    : { ticks: 6 };
}

/** 1, 2 and 5 times powers of ten within a domain; of a long one the powers alone. */
function logTicks(low: number, high: number): number[] {
  const ticks: number[] = [];
  const digits = high / low > 100 ? [1] : [1, 2, 5];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
    for (const digit of digits) {
      const tick = Number(`${digit}e${power}`);
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  return ticks;
}

/** A band, or a bar where there is one mean alone. */
function intervalMarks({ means, style }: Series, { across, within }: Shown): Plot.Markish[] {
  const ends = means.flatMap(({ x, interval }) =>
    interval === null ? [] : [{ x: across(x), low: within(interval[0]), high: within(interval[1]) }],
  );
  if (ends.length !== 1)
    return [Plot.areaY(ends, { x: 'x', y1: 'low', y2: 'high', fill: style.colour, fillOpacity: 0.2 })];
  return [Plot.ruleX(ends, { x: 'x', y1: 'low', y2: 'high', stroke: style.colour, strokeWidth: 1.2 })];
}

/** Single seeds, with a cross where one diverged. */
const seedMarks = ({ lines, style: { colour: stroke } }: Series, { across, within }: Shown): Plot.Markish[] =>
  lines.flatMap(({ points, diverged }) => {
    const shown = points.map(({ x, y }) => ({ x: across(x), y: within(y) }));
    const place = { x: 'x', y: 'y', stroke };
    return [
      Plot.line(shown, { ...place, strokeWidth: 0.8, strokeOpacity: 0.7 }),
      ...(diverged ? [Plot.dot(shown.slice(-1), { ...place, symbol: 'times', strokeWidth: 1.5, r: 5 })] : []),
    ];
  });

function meanMarks({ means, style }: Series, { across, within }: Shown): Plot.Markish[] {
  const shown = means.map(({ x, mean }) => ({ x: across(x), y: within(mean) }));
  const place = { x: 'x', y: 'y' };
  return [
    Plot.line(shown, { ...place, stroke: style.colour, strokeWidth: 2, strokeDasharray: style.dash }),
    Plot.dot(shown.filter(hasSymbol), {
      ...{ ...place, symbol: style.symbol, r: 3 },
      ...{ fill: style.colour, stroke: PAPER, strokeWidth: 0.75 },
    }),
  ];
}

/** The last mean always has a symbol. */
const hasSymbol = (_: unknown, i: number, means: readonly unknown[]): boolean =>
  (means.length - 1 - i) % Math.ceil(means.length / SYMBOLS) === 0;

/** Values that lines go through; bands may reach further. */
export const valuesOf = (series: readonly Series[]): number[] =>
  series.flatMap(({ means, lines }) => [
    ...means.map(({ mean }) => mean),
    ...lines.flatMap(({ points }) => points.map(({ y }) => y)),
  ]);

/** The axis of training that fits all runs. */
export const axisOf = (grouped: GroupedRuns, by: Amount): AmountAxis =>
  amountAxis(by, amountsIn(grouped, by));

/** Amounts of training after each epoch, for each condition. */
export const amountsIn = ({ conditions, runs }: GroupedRuns, by: Amount): number[][] =>
  conditions.map(({ id }) =>
    runs.filter(({ condition }) => condition === id).flatMap(({ epochs }) => amountsOf(epochs, by)),
  );

export const courseLegend = (series: readonly Series[]): LegendEntry[] =>
  series.map(({ label, style }) => ({ label, style, as: 'line' }));

/** What lines and bands mean. */
export function courseCaption({ conditions, runs }: ComparisonDocument, by: Amount): string {
  const counts = conditions.map(
    ({ id }) => runs.filter((run) => run.condition === id && isCounted(run)).length,
  );
  const isSome = (test: (count: number) => boolean): boolean => counts.some(test);
  const parts = [
    isSome((count) => count > 1) ? 'Thick lines are means over the seeds.' : 'One seed a line.',
    ...(isSome((count) => count >= BAND_FROM)
      ? ['Bands are 95 % intervals of the mean (Student’s t, n − 1 degrees of freedom), cut off at the axes.']
      : []),
    ...(isSome((count) => count === 2) ? ['Thin lines are single seeds.'] : []),
    ...(runs.some(({ status }) => status === 'diverged') ? ['A cross is where a run diverged.'] : []),
    ...(by === 'seconds' && isSome((count) => count > 1)
      ? ['Times are means over the seeds, without evaluation.']
      : []),
  ];
  return parts.join(' ');
}
