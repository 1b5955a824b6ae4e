import type { EpochRecord } from '../../training/index.ts';
import type { ComparedRun } from '../comparison.schema.ts';
import { studentSpread } from '../statistics/spread.ts';
import { type Amount, amountsOf } from './amount.ts';
import { type SeriesStyle, seriesStyle } from './theme.ts';
import { isCounted } from './words.ts';

/** From so many seeds on there is a band in place of a line for each. */
export const BAND_FROM = 3;

/** What a condition came to over the seeds after one of its epochs. */
export interface MeanPoint {
  /** Amount of training, the mean over the seeds. */
  readonly x: number;
  readonly mean: number;
  /** 95 % interval of the mean; null for fewer than BAND_FROM seeds. */
  readonly interval: readonly [low: number, high: number] | null;
}

/** What one run came to after its epochs. */
export interface SeedLine {
  readonly seed: number;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  /** Whether the run ended there because it diverged. */
  readonly diverged: boolean;
}

/** One condition over the course of training. */
export interface Series {
  readonly label: string;
  readonly style: SeriesStyle;
  /** As far as all counted seeds have a value. */
  readonly means: readonly MeanPoint[];
  /** What the means do not show: each seed where there is no band, seeds beyond the last mean, and those that diverged or failed. */
  readonly lines: readonly SeedLine[];
}

/** Runs, and the conditions that they are gathered by: those of a document, or others that a reader has chosen. */
export interface GroupedRuns {
  readonly conditions: readonly { readonly id: string; readonly label: string }[];
  readonly runs: readonly ComparedRun[];
}

/** What is drawn of an epoch; null where it is not known. */
export type Measure = (epoch: EpochRecord) => number | null | undefined;

/** The course of a value in each condition, over its runs. A condition without any value has an empty series. */
export const seriesOf = ({ conditions, runs }: GroupedRuns, by: Amount, measure: Measure): Series[] =>
  conditions.map(({ id, label }, place) => {
    const own = runs
      .filter(({ condition }) => condition === id)
      .map((run) => ({ run, points: pointsOf(run, by, measure) }))
      .filter(({ points }) => points.length > 0);
    const counted = own.filter(({ run }) => isCounted(run));
    const means = meansOf(counted.map(({ points }) => points));
    // Where a mean stands for the seeds, their own lines begin at its end.
    const shown = counted.length === 2 ? 0 : means.length - 1;
    const lines = own
      .map(({ run, points }) => lineOf(run, isCounted(run) ? points.slice(shown) : points))
      .filter(({ points, diverged }) => points.length > 1 || diverged || counted.length === 2);
    return { label, style: seriesStyle(place), means, lines };
  });

type Point = SeedLine['points'][number];

/** Up to the first epoch without a value: a line has no holes. */
function pointsOf({ epochs }: ComparedRun, by: Amount, measure: Measure): Point[] {
  const amounts = amountsOf(epochs, by);
  const points: Point[] = [];
  for (const [i, epoch] of epochs.entries()) {
    const y = measure(epoch);
    if (y === null || y === undefined) break;
    points.push({ x: amounts[i]!, y });
  }
  return points;
}

function meansOf(runs: readonly (readonly Point[])[]): MeanPoint[] {
  const length = runs.length === 0 ? 0 : Math.min(...runs.map((points) => points.length));
  return Array.from({ length }, (_, i) => {
    const { mean, ci95 } = studentSpread(runs.map((points) => points[i]!.y));
    const x = studentSpread(runs.map((points) => points[i]!.x)).mean!;
    return { x, mean: mean!, interval: runs.length < BAND_FROM ? null : ci95 };
  });
}

const lineOf = ({ seed, status }: ComparedRun, points: readonly Point[]): SeedLine => ({
  seed,
  points,
  diverged: status === 'diverged',
});
