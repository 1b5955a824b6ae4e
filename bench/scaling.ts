/**
 * How the cost of a minibatch grows: `npm run bench:scaling -- --help`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  defineExperiment,
  type ExperimentInput,
  type RulePlan,
  runExperiment,
} from '../experiments/index.ts';
import { collectProvenance } from '../results/index.ts';
import { above0, parseArguments, runBench } from './arguments.ts';
import { describeMachine, type Machine } from './environment.ts';
import { findOurs, measureOurs, type Ours } from './ours.ts';
import { textTable } from './report.ts';
import { logSlope } from './statistics.ts';
import { planOf, SGD } from './workloads.ts';

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
  readonly ours: Readonly<Record<string, string>>;
  readonly seconds: number;
  readonly series: readonly Series[];
}

interface Case {
  readonly name: string;
  readonly sizes: readonly number[];
  plan(size: number): RulePlan;
}

const relu: ExperimentInput['settings'] = { ...SGD, activation: 'relu', learningRate: [0.05] };

const CASES: readonly Case[] = [
  {
    name: 'hidden neurons (backprop 784-n-10, batch 100)',
    sizes: [125, 250, 500, 1000, 2000],
    plan: (n) => planOf('backprop', [784, n, 10], relu),
  },
  {
    name: 'hidden layers of 500 (backprop, batch 100)',
    sizes: [1, 2, 4, 8],
    plan: (depth) => planOf('backprop', [784, ...new Array<number>(depth).fill(500), 10], relu),
  },
  {
    name: 'examples in a minibatch (backprop 784-500-10)',
    sizes: [10, 20, 50, 100, 200, 500, 1000],
    plan: (batch) => planOf('backprop', [784, 500, 10], { ...relu, batch }),
  },
  {
    name: 'steps of the free phase (equilibrium propagation 784-500-10, batch 20)',
    sizes: [10, 20, 40, 80, 160],
    plan: (freeIterations) => planOf('equilibrium-propagation', [784, 500, 10], {}, { freeIterations }),
  },
];

const OPTIONS = {
  seconds: { type: 'number', default: 2, describe: 'Length of each measurement' },
  json: { type: 'boolean', default: false, describe: 'Print one JSON document' },
} as const;

await runBench('bench:scaling', async () => {
  const args = parseArguments(
    'npm run bench:scaling --',
    'How the cost grows with the size of the network, of the minibatch and of the experiment.',
    OPTIONS,
    process.argv.slice(2),
  );
  const seconds = above0('seconds', args.seconds);
  const ours = await findOurs('cpu', (sentence) => process.stderr.write(`${sentence}\n`));
  const series: Series[] = [];
  for (const one of ours) {
    for (const { name, sizes, plan } of CASES)
      series.push(await seriesOf(name, one, sizes, (size) => minibatch(one, plan(size), seconds)));
    const cores = Array.from({ length: availableParallelism() }, (_, i) => i + 1);
    if (cores.length > 1)
      series.push(
        await seriesOf('workers, cost of a minibatch of any (backprop)', one, cores, (n) =>
          shared(one, n, seconds),
        ),
      );
    series.push(
      await seriesOf('seeds, one worker (whole experiment, 8,000 examples)', one, [1, 2, 4, 8], (n) =>
        experiment(one, n),
      ),
    );
  }
  const document: ScalingDocument = {
    kind: 'scaling',
    machine: collectProvenance(),
    ours: Object.fromEntries(ours.map(({ program, description }) => [program, description])),
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

async function minibatch({ device }: Ours, plan: RulePlan, seconds: number): Promise<Cost> {
  const [speed] = await measureOurs({ plan, device, seed: 1, seconds, workers: 1 });
  return {
    seconds: plan.batch / speed.examplesPerSecond,
    operations: Object.values(speed.work).reduce((sum, { flops }) => sum + flops, 0),
  };
}

async function shared({ device }: Ours, workers: number, seconds: number): Promise<Cost> {
  const plan = planOf('backprop', [784, 500, 10], relu);
  const speeds = await measureOurs({ plan, device, seed: 1, seconds, workers });
  const rate = speeds.reduce((sum, { examplesPerSecond }) => sum + examplesPerSecond, 0);
  return { seconds: plan.batch / rate, operations: 1 / workers };
}

async function experiment({ device }: Ours, seeds: number): Promise<Cost> {
  const out = mkdtempSync(join(tmpdir(), 'dendrite-bench-'));
  try {
    const definition = defineExperiment({
      seeds: Array.from({ length: seeds }, (_, i) => i + 1),
      diagnostics: ['none'],
      settings: { ...relu, examples: 8000 },
      rules: [{ name: 'backprop' }],
    });
    const start = performance.now();
    await runExperiment({ experiment: definition, device, plugins: [], out, jobs: 1 });
    return { seconds: (performance.now() - start) / 1000, operations: seeds };
  } finally {
    rmSync(out, { recursive: true });
  }
}

function report({ machine, series }: ScalingDocument): string {
  const rows = series.map(({ name, program, points, slope, expected }) => [
    name,
    program,
    points.map(({ x, seconds }) => `${x}: ${(1000 * seconds).toPrecision(3)}`).join(', '),
    slope.toFixed(2),
    expected.toFixed(2),
  ]);
  const table = textTable(['cost against', 'device', 'ms', 'slope', 'slope of the operations'], rows);
  return `${describeMachine(machine).join('\n')}\n\n${table}\n`;
}
