/**
 * How the cost of a minibatch grows: `npm run bench:scaling -- --help`.
 */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { collectProvenance } from '../results/index.ts';
import type { Condition, SettingsInput } from '../training/index.ts';
import { above0, NODE_OPTION, parseArguments, runBench } from './arguments.ts';
import { describeMachine, type Machine, outputOf } from './environment.ts';
import { findOurs, measureOurs, type Ours, type OursRecord, recordOf } from './ours.ts';
import { describeOurs, textTable } from './report.ts';
import type { SeedsOrder } from './seeds.ts';
import { logSlope } from './statistics.ts';
import { conditionOf, SGD } from './workloads.ts';

/** Cost against one size; slopes are those of the logarithms. */
export interface Series {
  readonly name: string;
  readonly program: string;
  /** `operations`: what the cost should be proportional to. */
  readonly points: readonly { readonly x: number; readonly seconds: number; readonly operations: number }[];
  readonly slope: number;
  readonly expected: number;
}

export interface ScalingDocument {
  readonly kind: 'scaling';
  readonly machine: Machine;
  readonly ours: Readonly<Record<string, OursRecord>>;
  readonly seconds: number;
  readonly series: readonly Series[];
}

const EXPERIMENT = fileURLToPath(new URL('seeds.ts', import.meta.url));

interface Case {
  readonly name: string;
  readonly sizes: readonly number[];
  condition(size: number): Condition;
}

const relu: SettingsInput = { ...SGD, activation: 'relu', learningRate: 0.05 };

const CASES: readonly Case[] = [
  {
    name: 'hidden neurons (backprop 784-n-10, batch 100)',
    sizes: [125, 250, 500, 1000, 2000],
    condition: (n) => conditionOf('backprop', [784, n, 10], relu),
  },
  {
    name: 'hidden layers of 500 (backprop, batch 100)',
    sizes: [1, 2, 4, 8],
    condition: (depth) => conditionOf('backprop', [784, ...new Array<number>(depth).fill(500), 10], relu),
  },
  {
    name: 'examples in a minibatch (backprop 784-500-10)',
    sizes: [10, 20, 50, 100, 200, 500, 1000],
    condition: (batch) => conditionOf('backprop', [784, 500, 10], { ...relu, batch }),
  },
  {
    name: 'steps of the free phase (equilibrium propagation 784-500-10, batch 20)',
    sizes: [10, 20, 40, 80, 160],
    condition: (freeIterations) =>
      conditionOf('equilibrium-propagation', [784, 500, 10], {}, { freeIterations }),
  },
];

const OPTIONS = {
  seconds: { type: 'number', default: 2, describe: 'Length of each measurement' },
  node: NODE_OPTION,
  json: { type: 'boolean', default: false, describe: 'Print one JSON document' },
} as const;

const SEEDS = [1, 2, 4, 8] as const;

await runBench('bench:scaling', async () => {
  const args = parseArguments(
    'npm run bench:scaling --',
    'How the cost grows with the size of the network, of the minibatch and of the experiment.',
    OPTIONS,
    process.argv.slice(2),
  );
  const seconds = above0('seconds', args.seconds);
  const ours = await findOurs((sentence) => process.stderr.write(`${sentence}\n`), args.node);
  const series: Series[] = [];
  for (const one of ours) {
    for (const { name, sizes, condition } of CASES)
      series.push(await seriesOf(name, one, sizes, (size) => minibatch(one, condition(size), seconds)));
    series.push(
      await seriesOf('seeds, one worker (whole experiment, 8,000 examples)', one, SEEDS, (n) =>
        experiment(one, n, 1),
      ),
    );
    const workers = availableParallelism();
    if (workers === 1) continue;
    const cores = Array.from({ length: workers }, (_, i) => i + 1);
    series.push(
      await seriesOf('workers, cost of a minibatch of any (backprop)', one, cores, (n) =>
        shared(one, n, seconds),
      ),
      await seriesOf(`seeds, ${workers} workers (whole experiment, 8,000 examples)`, one, SEEDS, (n) =>
        experiment(one, n, workers),
      ),
    );
  }
  const document: ScalingDocument = {
    kind: 'scaling',
    machine: collectProvenance(),
    ours: recordOf(ours),
    seconds,
    series,
  };
  process.stdout.write(args.json ? `${JSON.stringify(document, null, 2)}\n` : report(document));
});

interface Cost {
  readonly seconds: number;
  readonly operations: number;
}

async function seriesOf(
  name: string,
  { program }: Ours,
  sizes: readonly number[],
  measure: (size: number) => Promise<Cost>,
): Promise<Series> {
  const points = [];
  for (const x of sizes) points.push({ x, ...(await measure(x)) });
  process.stderr.write(`${program}: ${name}\n`);
  return {
    name,
    program,
    points,
    slope: logSlope(points.map(({ x, seconds }) => [x, seconds])),
    expected: logSlope(points.map(({ x, operations }) => [x, operations])),
  };
}

async function minibatch(ours: Ours, condition: Condition, seconds: number): Promise<Cost> {
  const [speed] = await measureOurs(ours, { condition, seconds, workers: 1 });
  return {
    seconds: condition.settings.batch / speed.examplesPerSecond,
    operations: Object.values(speed.work).reduce((sum, { flops }) => sum + flops, 0),
  };
}

async function shared(ours: Ours, workers: number, seconds: number): Promise<Cost> {
  const condition = conditionOf('backprop', [784, 500, 10], relu);
  const speeds = await measureOurs(ours, { condition, seconds, workers });
  const rate = speeds.reduce((sum, { examplesPerSecond }) => sum + examplesPerSecond, 0);
  return { seconds: condition.settings.batch / rate, operations: 1 / workers };
}

/** A worker does its seeds one after the other. */
async function experiment({ device, node }: Ours, seeds: number, jobs: number): Promise<Cost> {
  const order: SeedsOrder = { device, settings: { ...relu, examples: 8000 }, seeds, jobs };
  const text = await outputOf(`${seeds} seeds`, node.path, [
    '--import',
    'tsx',
    EXPERIMENT,
    JSON.stringify(order),
  ]);
  return { seconds: Number(text), operations: Math.ceil(seeds / jobs) };
}

function report({ machine, ours, series }: ScalingDocument): string {
  const rows = series.map(({ name, program, points, slope, expected }) => [
    name,
    program,
    points.map(({ x, seconds }) => `${x}: ${(1000 * seconds).toPrecision(3)}`).join(', '),
    slope.toFixed(2),
    expected.toFixed(2),
  ]);
  const table = textTable(['cost against', 'device', 'ms', 'slope', 'slope of the operations'], rows);
  return `${[...describeMachine(machine), ...describeOurs(ours)].join('\n')}\n\n${table}\n`;
}
