import type { RandomStream } from '../kernels/index.ts';
import { meanOf } from './spread.ts';

/** Rates of units at steps of walks, and where the step is on a torus: from 0, row by row. */
export interface VisitedPlaces {
  readonly rows: number;
  readonly columns: number;
  /** The node of each step, relative to where its walk began. */
  readonly nodes: readonly number[];
  /** steps x units, step after step. */
  readonly rates: ArrayLike<number>;
}

/** What the units of a code do at the nodes of a torus. */
export interface RateMaps {
  /** The mean rate at each node, a map for each unit. */
  readonly maps: readonly (readonly number[])[];
  /** Share of the variance of all rates that the node explains. */
  readonly explained: number;
}

/** @returns a map for each unit; NaN at a node where no step is */
export function rateMaps({ rows, columns, nodes, rates }: VisitedPlaces): RateMaps {
  const count = rows * columns;
  const units = rates.length / nodes.length;
  const visits = new Array<number>(count).fill(0);
  for (const node of nodes) visits[node]!++;
  let [within, total] = [0, 0];
  const maps = Array.from({ length: units }, (_, unit) => {
    const sums = new Array<number>(count).fill(0);
    for (const [step, node] of nodes.entries()) sums[node]! += rates[step * units + unit]!;
    const map = sums.map((sum, node) => sum / visits[node]!);
    const mean = sums.reduce((a, b) => a + b, 0) / nodes.length;
    for (const [step, node] of nodes.entries()) {
      const rate = rates[step * units + unit]!;
      within += (rate - map[node]!) ** 2;
      total += (rate - mean) ** 2;
    }
    return map;
  });
  return { maps, explained: 1 - within / total };
}

/**
 * The largest correlation of a map with itself, moved over the torus by any number of rows and columns but none; 1 for a map that repeats itself, as
 * bands do. 0 for a map without variance.
 */
export function autocorrelationPeak(map: readonly number[], rows: number, columns: number): number {
  const mean = meanOf(map);
  const centred = map.map((x) => x - mean);
  const variance = centred.reduce((sum, x) => sum + x * x, 0);
  if (variance < 1e-12) return 0;
  let peak = -1;
  for (let down = 0; down < rows; down++)
    for (let right = 0; right < columns; right++) {
      if (down === 0 && right === 0) continue;
      const product = centred.reduce((sum, x, node) => {
        const row = (Math.floor(node / columns) + down) % rows;
        return sum + x * centred[row * columns + (((node % columns) + right) % columns)]!;
      }, 0);
      peak = Math.max(peak, product / variance);
    }
  return peak;
}

/** Autocorrelation peaks of maps whose nodes are shuffled, in ascending order. */
export function shuffledPeaks(
  map: readonly number[],
  rows: number,
  columns: number,
  random: RandomStream,
  count = 200,
): number[] {
  const order = Uint32Array.from(map, (_, node) => node);
  return Array.from({ length: count }, () =>
    autocorrelationPeak(
      [...random.shuffle(order)].map((node) => map[node]!),
      rows,
      columns,
    ),
  ).sort((a, b) => a - b);
}
