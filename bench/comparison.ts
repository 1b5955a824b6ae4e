import { UserError } from '../kernels/index.ts';
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
  readonly device: 'cpu' | 'gpu';
  note(sentence: string): void;
  progress(line: string): void;
}

/** Workloads without an aim are measured less often. */
const ROUNDS_WITHOUT_AIM = 3;
/** Starting a process, reading MNIST, warming up. */
const SECONDS_BEFORE = 3;

export const roundsOf = ({ atLeast }: Workload, rounds: number): number =>
  atLeast === null ? Math.min(rounds, ROUNDS_WITHOUT_AIM) : rounds;

const parallelOf = ({ twoAtATime }: Workload, device: Settings['device']): readonly number[] =>
  device === 'cpu' && twoAtATime ? [1, 2] : [1];

/** Seconds that the measurements will take, roughly. */
export const estimate = (workloads: readonly Workload[], settings: Settings): number =>
  workloads.reduce((sum, workload) => {
    const { rounds, seconds, device, ours, python } = settings;
    const peers = workload.peers.filter((peer) => missingFor(peer, python, device) === null);
    const sides = parallelOf(workload, device).length * (ours.length + peers.length);
    return sum + sides * roundsOf(workload, rounds) * (seconds + SECONDS_BEFORE);
  }, 0);

/** Measures all sides of a workload in turn, round after round, so that a slow spell of the machine meets them alike. */
export async function compareWorkload(workload: Workload, settings: Settings) {
  const { name } = workload;
  let sides = parallelOf(workload, settings.device).flatMap((parallel) =>
    sidesOf(workload, settings, parallel),
  );
  for (let round = 1; round <= roundsOf(workload, settings.rounds); round++)
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

/** The ratio to the first peer that a program of ours is to reach, when one thread is measured; null where there is no aim. */
export const aimOf = (
  { atLeast }: Pick<Workload, 'atLeast'>,
  { kind }: Pick<Ours, 'kind'>,
  parallel: number,
): number | null => (parallel === 1 && kind !== null && atLeast !== null ? atLeast[kind] : null);

/** One of our programs against every peer that was measured as parallel as it. */
function comparisonsOf(
  workload: Workload,
  { device }: Settings,
  ours: Ours,
  sides: readonly Side[],
): Comparison[] {
  return sides
    .filter((side) => side.program === ours.program)
    .flatMap(({ parallel, rates }) =>
      peersOn(workload, device).flatMap((peer, i): Comparison[] => {
        const theirs = sides.find((side) => side.program === peer.name && side.parallel === parallel);
        if (!theirs) return [];
        return [
          {
            workload: workload.name,
            ours: ours.program,
            peer: peer.name,
            parallel,
            ratio: ratio(rates, theirs.rates),
            atLeast: i === 0 ? aimOf(workload, ours, parallel) : null,
          },
        ];
      }),
    );
}

/** On a GPU, those in PyTorch once as they are and once with CUDA graphs. */
export const peersOn = ({ peers }: Pick<Workload, 'peers'>, device: 'cpu' | 'gpu'): Workload['peers'] =>
  device === 'cpu'
    ? peers
    : peers.flatMap((peer) =>
        peer.name.startsWith('PyTorch')
          ? [peer, { ...peer, name: `${peer.name}, CUDA graphs`, args: [...peer.args, '--cuda-graph'] }]
          : [peer],
      );

function sidesOf(workload: Workload, settings: Settings, parallel: number): Side[] {
  const { ours, python, seconds, device, note } = settings;
  const { name, condition, evaluation } = workload;
  const own = ours.map(
    (one): Side => ({
      program: one.program,
      parallel,
      rates: [],
      measure: () => ourSpeed(workload, one, parallel, settings),
    }),
  );
  const theirs = peersOn(workload, device).flatMap((peer): Side[] => {
    const missing = missingFor(peer, python, device);
    if (missing !== null) {
      note(`${name}: ours alone, without ${peer.name}: ${missing}`);
      return [];
    }
    const options = { seconds, threads: parallel, device, evaluation };
    return [{ program: peer.name, parallel, rates: [], measure: () => peerSpeed(python!, peer, options) }];
  });
  if (workload.peers.length === 0)
    note(`${name}: ours alone, for ${condition.rule} has no program to compare with`);
  return [...own.slice(0, 1), ...theirs, ...own.slice(1)];
}

/** Sum of the examples/s of so many runs at the same time, in a process of their own. */
async function ourSpeed(
  { name, condition, evaluation }: Workload,
  ours: Ours,
  workers: number,
  { seconds, note }: Settings,
): Promise<number> {
  const speeds = await measureOurs(ours, { condition, seconds, workers, ...(evaluation && { evaluation }) });
  const [{ replicas }] = speeds;
  if (replicas < ours.replicas)
    note(`${name}: ${ours.program}: ${replicas} at a time, which is what one plan takes`);
  return speeds.reduce((sum, { examplesPerSecond }) => sum + examplesPerSecond, 0);
}
