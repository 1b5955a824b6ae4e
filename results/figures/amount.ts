import type { EpochRecord } from '../../training/index.ts';
import { withUnit } from './words.ts';

/** By how much training learning curves are drawn, as in `--by`. */
export const AMOUNTS = ['examples', 'multiply-accumulates', 'seconds'] as const;
/** One of AMOUNTS. */
export type Amount = (typeof AMOUNTS)[number];

const NAMES = {
  examples: 'Training examples',
  'multiply-accumulates': 'Multiply-accumulates of training',
  seconds: 'Time spent training',
} as const satisfies Record<Amount, string>;

/** Amounts of training after each epoch of a run, since its start. */
export function amountsOf(epochs: readonly EpochRecord[], by: Amount): number[] {
  if (by === 'examples') return epochs.map(({ examples }) => examples);
  if (by === 'multiply-accumulates') return epochs.map(({ multiplyAccumulates }) => multiplyAccumulates);
  let total = 0;
  return epochs.map(({ seconds }) => {
    total += seconds;
    return total;
  });
}

/** An axis in a unit that keeps its numbers short. */
export interface AmountAxis {
  readonly label: string;
  /** By which amounts are divided. */
  readonly unit: number;
  /** Where it begins and ends. */
  readonly domain: readonly [number, number];
  readonly type: 'linear' | 'log';
}

/** Where one condition is trained by so many times as much as another, the axis is logarithmic: the shorter curve would be upright. */
const LOG_FROM = 10;

const POWERS = [
  [1e15, 'quadrillions'],
  [1e12, 'trillions'],
  [1e9, 'billions'],
  [1e6, 'millions'],
  [1e3, 'thousands'],
] as const;

/** @param amounts after each epoch that is shown, for each condition */
export function amountAxis(by: Amount, amounts: readonly (readonly number[])[]): AmountAxis {
  const known = amounts.filter(({ length }) => length > 0);
  const ends = known.map((own) => Math.max(...own));
  const largest = Math.max(0, ...ends);
  const [unit, word] = by === 'seconds' ? timeUnit(largest) : countUnit(largest);
  const label = withUnit(NAMES[by], word);
  const smallest = Math.min(...known.flat());
  return smallest > 0 && largest >= LOG_FROM * Math.min(...ends)
    ? { label: `${label}, logarithmic`, unit, domain: [smallest / 1.1, largest * 1.05], type: 'log' }
    : { label, unit, domain: [0, largest], type: 'linear' };
}

function timeUnit(largest: number): [number, string] {
  if (largest >= 2 * 3600) return [3600, 'hours'];
  return largest >= 300 ? [60, 'minutes'] : [1, 'seconds'];
}

const countUnit = (largest: number): readonly [number, string] =>
  POWERS.find(([power]) => largest >= 2 * power) ?? [1, ''];
