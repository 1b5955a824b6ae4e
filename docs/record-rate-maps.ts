/**
 * Measures what the position units of TEM-t do at the nodes of a torus, before and after training, for docs/graph-worlds.md:
 *
 *     npx dendrite run graph-worlds
 *     node --import tsx docs/record-rate-maps.ts runs/<folder>/next-symbol-unseen-edge
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Dataset, loadDataset } from '../data/index.ts';
import { openDevice } from '../devices/index.ts';
import { Kernels, RandomStream, UserError } from '../kernels/index.ts';
import { temT } from '../networks/index.ts';
import { readRun, trainedCheckpoint } from '../results/index.ts';
import { walksOf } from '../training/tasks/next-symbol.ts';
import { WORLD } from './graph-world-agents.ts';
import { autocorrelationPeak, rateMaps, shuffledPeaks } from './rate-maps.ts';
import { meanOf } from './spread.ts';

const WALKS = 200;

/** Of one network: whether its units have maps. */
export interface MeasuredMaps {
  /** Share of the variance of the code that the node explains. */
  readonly explained: number;
  /** Autocorrelation peak of each unit. */
  readonly peaks: readonly number[];
  /** Of the same map with its nodes shuffled: the mean peak, and the one that 95 % are below. */
  readonly shuffledMean: readonly number[];
  readonly shuffled95: readonly number[];
}

/** What docs/measurements/rate-maps.json holds. */
export interface RateMapRecord {
  readonly walks: number;
  readonly networks: readonly {
    readonly seed: number;
    readonly before: MeasuredMaps;
    readonly after: MeasuredMaps;
  }[];
  /** Of the first network after training: the mean rate at each node, a map for each unit. */
  readonly maps: readonly (readonly number[])[];
}

/** Weights by the name of their state. */
type Weights = ReadonlyMap<string, Float32Array>;
type Settings = Parameters<typeof temT.build>[2];
type Options = Parameters<typeof temT.build>[3];

/** The code at each step of the first test walks. @param weights in place of those that the seed starts from */
async function codes(seed: number, settings: Settings, options: Options, dataset: Dataset, weights: Weights) {
  const device = await openDevice({ device: 'cpu', blas: 'none' });
  const k = new Kernels(device, seed);
  const network = temT.build(k, seed, settings, options);
  const walks = walksOf(dataset.test).slice(0, WALKS);
  const steps = network.steps * WALKS;
  const units = network.keys.from.size;
  const shown = Float32Array.from(
    walks.flatMap(({ actions, symbols }) => actions.flatMap((a, t) => [a, symbols[t]!])),
  );
  const input = k.state('walks', WALKS, 2 * network.steps, shown);
  const kept = k.result('code', steps, units);
  const walking = await k.trace('walks', () => void k.mapInto(kept, (e) => e, network.walk(input).code));
  for (const [name, values] of weights) await device.write(k.states.get(name)!, values);
  await walking.run({ steps: 1, firstStep: 0, rows: new Uint32Array(0) });
  const rates = await device.read(kept);
  await device.dispose();
  const { rows, columns } = WORLD;
  const nodes = walks.flatMap(({ nodes: [start, ...rest] }) =>
    [start!, ...rest].map((node) => {
      const down = (Math.floor(node / columns) - Math.floor(start! / columns) + rows) % rows;
      return down * columns + (((node % columns) - (start! % columns) + columns) % columns);
    }),
  );
  return rateMaps({ rows, columns, nodes, rates });
}

function measure({ maps, explained }: Awaited<ReturnType<typeof codes>>): MeasuredMaps {
  const { rows, columns } = WORLD;
  const random = new RandomStream(0, 'shuffled maps');
  const nulls = maps.map((map) => shuffledPeaks(map, rows, columns, random));
  return {
    explained: rounded(explained),
    peaks: maps.map((map) => rounded(autocorrelationPeak(map, rows, columns))),
    shuffledMean: nulls.map((peaks) => rounded(meanOf(peaks))),
    shuffled95: nulls.map((peaks) => rounded(peaks[Math.floor(0.95 * peaks.length)]!)),
  };
}

const rounded = (x: number): number => Number(x.toFixed(4));

/** The runs of a comparison whose position is learned, by seed. */
const learnedRuns = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.startsWith('learned-seed-'))
    .map((name) => join(folder, name))
    .sort((a, b) => readRun(a).spec.seed - readRun(b).spec.seed);

async function record(folder: string): Promise<RateMapRecord> {
  const networks = [];
  let first: RateMapRecord['maps'] | null = null;
  for (const run of learnedRuns(folder)) {
    const { spec } = readRun(run);
    const { settings, options } = spec.condition;
    const dataset = await loadDataset(spec.dataset.name);
    const { states } = trainedCheckpoint(run).checkpoint;
    const weights = new Map(
      [...states].filter(([name]) => /^weights \d$/.test(name)).map(([name, { values }]) => [name, values]),
    );
    const mapsOf = (weights: Weights) =>
      codes(spec.seed, settings, options as unknown as Options, dataset, weights);
    const after = await mapsOf(weights);
    first ??= after.maps.map((map) => map.map(rounded));
    networks.push({ seed: spec.seed, before: measure(await mapsOf(new Map())), after: measure(after) });
  }
  if (!first) throw new UserError(`the comparison ${folder} holds no runs of the condition 'learned'`);
  return { walks: WALKS, networks, maps: first };
}

try {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new UserError('name the folder of the comparison');
  writeFileSync(
    new URL('measurements/rate-maps.json', import.meta.url),
    `${JSON.stringify(await record(folder))}\n`,
  );
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`record-rate-maps: ${error.message}\n`);
  process.exitCode = 1;
}
