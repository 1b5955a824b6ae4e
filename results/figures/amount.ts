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
  /** Where it ends. */
  readonly largest: number;
}

const POWERS = [
  [1e15, 'quadrillions'],
  [1e12, 'trillions'],
  [1e9, 'billions'],
  [1e6, 'millions'],
  [1e3, 'thousands'],
] as const;

/** @param largest amount that is shown */
export function amountAxis(by: Amount, largest: number): AmountAxis {
  const [unit, word] = by === 'seconds' ? timeUnit(largest) : countUnit(largest);
  return { label: withUnit(NAMES[by], word), unit, largest };
}

function timeUnit(largest: number): [number, string] {
  if (largest >= 2 * 3600) return [3600, 'hours'];
  return largest >= 300 ? [60, 'minutes'] : [1, 'seconds'];
}

const countUnit = (largest: number): readonly [number, string] =>
  POWERS.find(([power]) => largest >= 2 * power) ?? [1, ''];
