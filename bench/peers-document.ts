import type { Comparison, Measurement, Pair } from './comparison.ts';
import type { Machine } from './environment.ts';
import type { OursRecord } from './ours.ts';
import type { Python } from './python.ts';
import type { StartUp } from './start-up.ts';

/** What `--json` prints. */
export interface PeersDocument {
  readonly kind: 'peers';
  readonly machine: Machine;
  /** The device or the BLAS behind each of our programs, and its Node. */
  readonly ours: Readonly<Record<string, OursRecord>>;
  readonly python: Python | null;
  readonly seconds: number;
  /** At most: workloads without an aim have three. */
  readonly rounds: number;
  readonly device: 'cpu' | 'gpu';
  readonly notes: readonly string[];
  readonly workloads: readonly { readonly name: string; readonly title: string }[];
  readonly measurements: readonly Measurement[];
  readonly comparisons: readonly Comparison[];
  readonly pairs: readonly Pair[];
  readonly startUp: readonly StartUp[];
}
