/**
 * A comparison of rules and seeds as users run it, against the same work by the peers' programs:
 * `npm run bench:comparison -- --help`.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../kernels/index.ts';
import { type ComparisonDocument, collectProvenance } from '../results/index.ts';
import { above0, NODE_OPTION, parseArguments, runBench } from './arguments.ts';
import { describeMachine, outputOf } from './environment.ts';
import {
  type ExperimentDocument,
  everyImage,
  inTurns,
  settingFlags,
  type WholeTime,
} from './experiment-parts.ts';
import { findOurs, type Ours, recordOf } from './ours.ts';
import { findPython, missingFor, mnistFolder, type Python, trainPeer } from './python.ts';
import { describeOurs, describePython, showRatio, textTable } from './report.ts';
import { median, ratio } from './statistics.ts';
import { chooseWorkloads, type Kind, type Workload } from './workloads.ts';

const OPTIONS = {
  seeds: { type: 'number', default: 10, describe: 'Seeds of each rule' },
  every: {
    type: 'number',
    default: 10,
    describe:
      'Every n-th image of MNIST, and n epochs for all rules but segregated dendrites; 1: all of MNIST',
  },
  rounds: { type: 'number', default: 1, describe: 'Measurements of each side' },
  node: NODE_OPTION,
  python: { type: 'string', describe: 'Interpreter for the peers; else python3 or /usr/bin/python3' },
  json: { type: 'boolean', default: false, describe: 'Print one JSON document' },
} as const;

const AIMS: Readonly<Record<Kind, number>> = { blas: 2, fma: 2, exact: 1.3 };
const SLOW_RULE = 'segregated-dendrite';
const COMMAND = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

/** Test errors at the end of every run, in percent, by rule. */
type Errors = Record<string, number[]>;

interface Plan {
  readonly workloads: readonly Workload[];
  readonly epochsOf: (workload: Workload) => number;
  readonly seeds: number;
  readonly atOnce: number;
  /** Of the IDX files that both sides read. */
  readonly folder: string;
}

interface Side {
  readonly program: string;
  readonly seconds: number[];
  errors: Errors;
  run(): Promise<Errors>;
}

await runBench('bench:comparison', async () => {
  const args = parseArguments(
    'npm run bench:comparison --',
    'Five rules from several seeds on all cores: the time from the start to the end of the last run, of ours and of the peers.',
    OPTIONS,
    process.argv.slice(2),
  );
  const seeds = above0('seeds', args.seeds, true);
  const every = above0('every', args.every, true);
  const rounds = above0('rounds', args.rounds, true);
  if (!existsSync(COMMAND)) throw new UserError("the built command is missing: run 'npm run build'");
  const notes: string[] = [];
  const ours = await findOurs((sentence) => notes.push(sentence), args.node);
  const workloads = chooseWorkloads('backprop,fa,dfa,ep,dendrites');
  const python = await findPython(args.python);
  const missing = missingFor(workloads[0]!.peers[0]!, python, 'cpu');
  if (missing !== null) throw new UserError(missing);
  const folder = mkdtempSync(join(tmpdir(), 'dendrite-mnist-'));
  try {
    const examples = everyImage(every, mnistFolder(), folder);
    const epochsOf = ({ condition }: Workload): number => (condition.rule === SLOW_RULE ? 1 : every);
    const plan: Plan = { workloads, epochsOf, seeds, atOnce: availableParallelism(), folder };
    const peers: Side = { program: 'peers', seconds: [], errors: {}, run: () => runPeers(python!, plan) };
    const own = ours.map(
      (one): Side => ({ program: one.program, seconds: [], errors: {}, run: () => runOurs(one, plan) }),
    );
    for (let round = 1; round <= rounds; round++) for (const side of [peers, ...own]) await time(side, round);
    const document: ExperimentDocument = {
      kind: 'comparison',
      machine: collectProvenance(),
      ours: recordOf(ours),
      python: python!,
      atOnce: plan.atOnce,
      seeds,
      rounds,
      examples,
      rules: workloads.map((workload) => ({
        rule: workload.condition.rule,
        title: workload.title,
        epochs: epochsOf(workload),
      })),
      notes,
      times: [peers, ...own].map(
        ({ program, seconds }): WholeTime => ({ program, seconds, median: median(seconds) }),
      ),
      comparisons: own.map(({ program, seconds }, i) => ({
        ours: program,
        ratio: ratio(peers.seconds, seconds),
        atLeast: AIMS[ours[i]!.kind!],
      })),
      errors: errorsOf(workloads, [peers, ...own]),
    };
    process.stdout.write(args.json ? `${JSON.stringify(document, null, 2)}\n` : report(document));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

async function time(side: Side, round: number): Promise<void> {
  const start = performance.now();
  side.errors = await side.run();
  side.seconds.push((performance.now() - start) / 1000);
  process.stderr.write(`round ${round}: ${side.program}: ${side.seconds.at(-1)!.toFixed(1)} s\n`);
}

/** One process for all rules and seeds, which spreads them over worker threads. */
async function runOurs(
  { node, device, program }: Ours,
  { workloads, epochsOf, seeds, atOnce, folder }: Plan,
): Promise<Errors> {
  const out = mkdtempSync(join(tmpdir(), 'dendrite-bench-'));
  const own = workloads.flatMap((workload) => {
    const { condition } = workload;
    return ['--set', `${condition.rule}.epochs=${epochsOf(workload)}`, ...settingFlags(condition)];
  });
  const [{ condition }] = workloads as [Workload];
  const common = {
    rules: workloads.map((workload) => workload.condition.rule).join(','),
    layers: condition.settings.layers.join(','),
    dataset: `idx:${folder}`,
    seeds: `${seeds}`,
    jobs: `${atOnce}`,
    diagnostics: 'none',
    device: 'cpu',
    blas: device.blas!,
    out,
  };
  const flags = Object.entries(common).flatMap(([name, value]) => [`--${name}`, value]);
  try {
    const text = await outputOf(program, node.path, [COMMAND, 'compare', ...flags, ...own, '--json']);
    const errors: Errors = {};
    for (const { rule, epochs } of (JSON.parse(text) as ComparisonDocument).runs) {
      errors[rule] ??= [];
      errors[rule].push(epochs.at(-1)!.testScore!);
    }
    return errors;
  } finally {
    rmSync(out, { recursive: true });
  }
}

/** A process for each rule and seed, on one thread, as many at the same time as there are cores. */
async function runPeers(
  python: Python,
  { workloads, epochsOf, seeds, atOnce, folder }: Plan,
): Promise<Errors> {
  const errors: Errors = {};
  const runs = workloads.flatMap((workload) =>
    Array.from({ length: seeds }, (_, i) => ({ workload, seed: i + 1 })),
  );
  await inTurns(runs, atOnce, async ({ workload, seed }) => {
    const options = { folder, seed, epochs: epochsOf(workload) };
    const { rule } = workload.condition;
    const error = await trainPeer(python, workload.peers[0]!, options);
    errors[rule] ??= [];
    errors[rule].push(100 * error);
  });
  return errors;
}

function errorsOf(workloads: readonly Workload[], sides: readonly Side[]): ExperimentDocument['errors'] {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return Object.fromEntries(
    workloads.map(({ condition: { rule } }) => [
      rule,
      Object.fromEntries(sides.map(({ program, errors }) => [program, mean(errors[rule]!)])),
    ]),
  );
}

function report({ machine, ours, python, times, comparisons, errors }: ExperimentDocument): string {
  const programs = times.map(({ program }) => program);
  return [
    ...describeMachine(machine),
    ...describeOurs(ours),
    `peers: ${describePython(python)}`,
    textTable(
      ['program', 's', 'peers / ours', 'aim'],
      times.map((one) => {
        const found = comparisons.find((comparison) => comparison.ours === one.program);
        return [
          one.program,
          one.median.toFixed(1),
          found ? showRatio(found.ratio) : '',
          `${found?.atLeast ?? ''}`,
        ];
      }),
    ),
    textTable(
      ['test error, %', ...programs],
      Object.entries(errors).map(([rule, by]) => [
        rule,
        ...programs.map((program) => by[program]!.toFixed(2)),
      ]),
    ),
    '',
  ].join('\n');
}
