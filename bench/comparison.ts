import { UserError } from '../kernels/index.ts';
import type { Order } from './clock.ts';
import { measureOurs, type Ours } from './ours.ts';
import { missingFor, type Python, peerSpeed } from './python.ts';
import { median, ratio, type Spread } from './statistics.ts';
import type { Workload } from './workloads.ts';

/** Examples/s of one program on so many threads, or of so many of our runs together, one value a round. */
export interface Measurement {
  readonly workload: string;
  readonly program: string;
  readonly parallel: number;
  readonly rates: readonly number[];
  readonly median: number;
}

export interface Comparison {
  readonly workload: string;
  readonly ours: string;
  readonly peer: string;
  readonly parallel: number;
  readonly ratio: Spread;
  /** What is aimed at, or null. */
  readonly atLeast: number | null;
}

/** Two of our runs at a time over one, examples/s. */
export interface Pair {
  readonly workload: string;
  readonly program: string;
  readonly ratio: Spread;
}

/** One side of a comparison: what it is called and how it is measured. */
interface Side {
  readonly program: string;
  readonly parallel: number;
  readonly rates: number[];
  measure(): Promise<number>;
}

export interface Settings {
  readonly ours: readonly Ours[];
  readonly python: Python | null;
  readonly seconds: number;
  readonly rounds: number;
  readonly parallel: readonly number[];
  readonly device: 'cpu' | 'gpu';
  note(sentence: string): void;
  progress(line: string): void;
}

/** Sum of the examples/s of `workers` runs at the same time, in a process of their own. */
async function ourSpeed(order: Order): Promise<number> {
  const speeds = await measureOurs(order);
  return speeds.reduce((sum, { examplesPerSecond }) => sum + examplesPerSecond, 0);
}

/** Measures all sides of a workload in turn, round after round, so that a slow spell of the machine meets them alike. */
export async function compareWorkload(workload: Workload, settings: Settings) {
  const { name } = workload;
  let sides = settings.parallel.flatMap((parallel) => sidesOf(workload, settings, parallel));
  for (let round = 1; round <= settings.rounds; round++)
    for (const side of sides) {
      const what = `${side.program} x ${side.parallel}`;
      try {
        side.rates.push(await side.measure());
        settings.progress(`${name}, round ${round}: ${what}: ${Math.round(side.rates.at(-1)!)} examples/s`);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        settings.note(`${name}: without ${what}: ${error.message}`);
        sides = sides.filter((other) => other !== side);
      }
    }
  return {
    measurements: sides.map(({ program, parallel, rates }): Measurement => {
      return { workload: name, program, parallel, rates, median: median(rates) };
    }),
    comparisons: settings.ours.flatMap((ours) => comparisonsOf(workload, settings, ours, sides)),
    pairs: settings.ours.flatMap(({ program }): Pair[] => {
      const [one, two] = [1, 2].map((n) => sides.find((s) => s.program === program && s.parallel === n));
      return one && two ? [{ workload: name, program, ratio: ratio(two.rates, one.rates) }] : [];
    }),
  };
}

/** One of our programs against every peer that was measured as parallel as it. */
function comparisonsOf(
  { name, peers, atLeast }: Workload,
  { device }: Settings,
  { program, device: { blas } }: Ours,
  sides: readonly Side[],
): Comparison[] {
  return sides
    .filter((side) => side.program === program)
    .flatMap(({ parallel, rates }) =>
      peers.flatMap((peer, i): Comparison[] => {
        const theirs = sides.find((side) => side.program === peer.name && side.parallel === parallel);
        if (!theirs) return [];
        const aimed = device === 'cpu' && parallel === 1 && i === 0;
        return [
          {
            workload: name,
            ours: program,
            peer: peer.name,
            parallel,
            ratio: ratio(rates, theirs.rates),
            atLeast: aimed ? atLeast[blas === 'none' ? 'none' : 'blas'] : null,
          },
        ];
      }),
    );
}

function sidesOf(
  workload: Workload,
  { ours, python, seconds, device, note }: Settings,
  parallel: number,
): Side[] {
  const own = ours.map(
    ({ program, device }): Side => ({
      program,
      parallel,
      rates: [],
      measure: () => ourSpeed({ condition: workload.condition, device, seed: 1, seconds, workers: parallel }),
    }),
  );
  const theirs = workload.peers.flatMap((peer): Side[] => {
    const missing = missingFor(peer, python, device);
    if (missing !== null) {
      note(`${workload.name}: ours alone, without ${peer.name}: ${missing}`);
      return [];
    }
    const options = { seconds, threads: parallel, device };
    return [{ program: peer.name, parallel, rates: [], measure: () => peerSpeed(python!, peer, options) }];
  });
  return [...own.slice(0, 1), ...theirs, ...own.slice(1)];
}
