import type { Machine } from '../environment.ts';
import type { Spread } from '../statistics.ts';

/** Examples/s, one value a round. */
export interface Rates {
  readonly rates: readonly number[];
  readonly median: number;
}

/** What `npm run bench:browser -- --json` prints. */
export interface BrowserDocument {
  readonly kind: 'browser';
  readonly machine: Machine;
  /** Name and version. */
  readonly browser: string;
  /** Version of the Node beside it. */
  readonly node: string;
  readonly seconds: number;
  readonly rounds: number;
  readonly comparisons: readonly {
    readonly workload: string;
    readonly title: string;
    readonly kernels: string;
    readonly browser: Rates;
    readonly node: Rates;
    /** Of the browser over Node. */
    readonly ratio: Spread;
    readonly atLeast: number;
  }[];
}
