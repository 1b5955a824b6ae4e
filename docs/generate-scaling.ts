/**
 * Writes docs/scaling.md, none of its figures by hand, from what `npm run bench` and `npm run bench:runner` measured:
 *
 *     npm run docs
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describeMachine } from '../bench/environment.ts';
import type { FileOperations } from '../bench/folder-cost.ts';
import type { PeersDocument } from '../bench/peers-document.ts';
import { type RunnerDocument, runCostMs } from '../bench/runner-document.ts';
import { WORKLOADS } from '../bench/workloads.ts';
import { markdownTable } from '../results/index.ts';

export interface Measured {
  readonly peers: PeersDocument;
  readonly runner: RunnerDocument;
}

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../bench/results/${name}.json`, import.meta.url), 'utf8'));

export const committedRates = (): Measured => ({ peers: read('peers'), runner: read('runner') });

/** Runs that are counted: ten epochs, the test images evaluated after each. */
const EPOCHS = 10;
const SIZES = [
  { title: 'the embedded digits', train: 8000, test: 2000 },
  { title: 'all of MNIST', train: 60_000, test: 10_000 },
] as const;
const CORES = [1, 16, 1000] as const;
const PROGRAM = 'built-in';
const DAY = 24 * 3600;

/** Slurm's own limits where its configuration sets no others (slurm.conf). */
const SLURM = { maxArraySize: 1001, maxJobCount: 10_000 } as const;
/** Share of the time that the start of a process may take. */
const START_UP = 0.01;

export const scalingPage = (measured: Measured): string =>
  `${[
    '<!-- Written by docs/generate-scaling.ts from bench/results/: measure again, then run `npm run docs`. -->',
    '# Scaling',
    'How many runs a day fit on one core, on a server and on a cluster, and what stops them from being more.',
    ...runsADay(measured),
    '## What breaks first',
    'In the order in which it is met.',
    ...processes(measured),
    ...bandwidth(measured),
    ...files(measured),
    ...metadata(measured),
    ...scheduler(measured),
  ].join('\n\n')}\n`;

const list = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join('\n');
const whole = (value: number): string => Math.round(value).toLocaleString('en');
/** Three digits are as many as are known. */
const rounded = (value: number): string =>
  value >= 1000 ? whole(Number(value.toPrecision(3))) : String(Number(value.toPrecision(3)));

type Size = (typeof SIZES)[number];

/** What the page counts: the workloads that were measured alone and beside another run. */
const counted = ({ peers }: Measured): { name: string; title: string }[] =>
  WORKLOADS.filter(({ twoAtATime }) => twoAtATime).flatMap(({ name, title }) =>
    peers.workloads.some((workload) => workload.name === name) ? [{ name, title }] : [],
  );

/** Examples a second of one run, alone or beside another. */
export function rateOf({ peers }: Measured, workload: string, beside: 1 | 2): number {
  const found = peers.measurements.find(
    (one) => one.workload === workload && one.program === PROGRAM && one.parallel === beside,
  );
  if (!found) throw new Error(`peers.json lacks ${workload} by ${PROGRAM}, ${beside} at a time`);
  return found.median / beside;
}

/** Test images a second of one run alone. Energy networks settle without a target for it, which is a part of a step of training. */
function evaluationRate(measured: Measured, workload: string): number {
  if (workload.startsWith('ep')) return rateOf(measured, workload, 1);
  return rateOf(measured, workload === 'dendrites' ? 'dendrites-evaluation' : 'evaluation', 1);
}

/** Seconds of a run, from its beginning to the next one's. @param cores more than one: others run beside it */
export function secondsOfRun(
  measured: Measured,
  workload: string,
  { train, test }: Size,
  cores: number,
): number {
  const alone = rateOf(measured, workload, 1);
  const rate = cores === 1 ? alone : rateOf(measured, workload, 2);
  const evaluation = evaluationRate(measured, workload) * (rate / alone);
  return EPOCHS * (train / rate + test / evaluation) + runCostMs(measured.runner) / 1000;
}

export const runsPerDay = (measured: Measured, workload: string, size: Size, cores: number): number =>
  (cores * DAY) / secondsOfRun(measured, workload, size, cores);

function runsADay(measured: Measured): string[] {
  const { peers, runner } = measured;
  const head = [
    'rule',
    'examples/s',
    's a run',
    ...CORES.map((cores) => `${cores.toLocaleString('en')} core${cores === 1 ? '' : 's'}`),
  ];
  return [
    '## Runs a day',
    `A run is ${EPOCHS} epochs and the evaluation of all test images after each. Its seconds are its training and test images over the rates that \`npm run bench\` measured with the built-in kernels, and the ${runCostMs(runner).toFixed(1)} ms that \`npm run bench:runner\` measured beside them. On one core the rate is that of a run alone; on more, that of a run beside another one, which is as far as this was measured: see [memory bandwidth](#memory-bandwidth). The evaluation of energy networks is counted as if it were training, which takes longer.`,
    list([...describeMachine(peers.machine), `the runner: ${describeMachine(runner.machine)[0]!}`]),
    ...SIZES.flatMap((size) => [
      `On ${size.title}, ${whole(size.train)} training and ${whole(size.test)} test images:`,
      markdownTable(
        head,
        counted(measured).map(({ name, title }) => [
          title,
          rounded(rateOf(measured, name, 1)),
          rounded(secondsOfRun(measured, name, size, 1)),
          ...CORES.map((cores) => rounded(runsPerDay(measured, name, size, cores))),
        ]),
      ),
    ]),
  ];
}

const FULL = SIZES[1];

/** The fastest runs that are counted: they ask most of everything but the cores. */
function fastest(measured: Measured): { name: string; title: string; seconds: number } {
  const all = counted(measured).map((one) => ({
    ...one,
    seconds: secondsOfRun(measured, one.name, FULL, 16),
  }));
  return all.reduce((best, one) => (one.seconds < best.seconds ? one : best));
}

function processes({ runner }: Measured): string[] {
  const { startUpSeconds, equal } = runner;
  const peak = equal.find(({ program }) => program === PROGRAM)?.peakMegabytes;
  const memory = peak
    ? ` It takes ${whole(peak.one)} MB with one worker and ${whole(peak.two - peak.one)} MB more with each other one.`
    : '';
  return [
    '### One process',
    `A process serves all cores of a machine with a worker thread each.${memory} Starting it takes ${startUpSeconds.toFixed(2)} s, and every run ${runCostMs(runner).toFixed(1)} ms of a worker beside training and evaluation: below ${rounded((runCostMs(runner) / 1000) * 99)} s a run, that is more than a hundredth of the time.`,
    'Answer: make short runs longer or fewer (more epochs, fewer seeds), and several runs a process: `dendrite run` does all of an experiment in one, `--runs-per-task` several on a cluster.',
  ];
}

function bandwidth(measured: Measured): string[] {
  return [
    '### Memory bandwidth',
    'Cores share the way to memory. A run beside another one keeps this much of its own speed:',
    markdownTable(
      ['rule', 'of the speed alone'],
      counted(measured).map(({ name, title }) => [
        title,
        `${Math.round((100 * rateOf(measured, name, 2)) / rateOf(measured, name, 1))} %`,
      ]),
    ),
    'These are two cores. Sixteen that read weights beyond their caches at the same time slow each other down more, wide networks first; by how much is a property of the machine: `npm run bench:scaling` measures it on all of its cores.',
    'Answer: as many `--jobs` as give the most examples/s in all, which need not be as many as there are cores; on a cluster, few tasks a node for wide networks.',
  ];
}

/** What a run leaves, and what of it a day on 1,000 cores leaves. */
function files(measured: Measured): string[] {
  const { folders } = measured.runner;
  const { name, title } = fastest(measured);
  const perDay = runsPerDay(measured, name, FULL, 1000);
  return [
    '### Files',
    `What one run of 784-500-10 left in its folder after ${folders[0]!.epochs} epochs on ${whole(folders[0]!.trainExamples)} training images. Equilibrium propagation keeps particles of every training image in its checkpoints, so that they grow with the dataset.`,
    markdownTable(
      ['rule', '--checkpoint', 'files', 'MB'],
      folders.map(({ rule, checkpoint, files, bytes }) => [
        rule,
        checkpoint,
        String(files),
        megabytes(bytes),
      ]),
    ),
    `The ${rounded(perDay)} runs of ${title} on all of MNIST that fit a day of 1,000 cores leave:`,
    markdownTable(
      ['--checkpoint', 'files a day', 'GB a day'],
      folders
        .filter(({ rule }) => rule === 'backprop')
        .map(({ checkpoint, files, bytes }) => [
          checkpoint,
          rounded(perDay * files),
          rounded((perDay * bytes) / 1e9),
        ]),
    ),
    'Answer: `--checkpoint none` for runs that are shorter than what it costs to do one again, `last` (the default) otherwise, and `every` only where each epoch is looked at. Split large grids into several experiments, each in a folder of its own: a folder with hundreds of thousands of entries is slow to list, and `resume`, `status` and `table` read all run folders of theirs. `dendrite export --format parquet` makes one file of all records, after which run folders may be packed away.',
  ];
}

const megabytes = (bytes: number): string => rounded(bytes / 1e6);

function metadata(measured: Measured): string[] {
  const { folders } = measured.runner;
  const { name, title, seconds } = fastest(measured);
  const perRun = ({ names, flushes, lookups }: FileOperations) => names + flushes + lookups;
  const rate = (cores: number) => cores / secondsOfRun(measured, name, FULL, 2);
  const own = folders.filter(({ rule }) => rule === 'backprop');
  return [
    '### Metadata of a shared file system',
    `What a run of ${own[0]!.epochs} epochs asks of the file system, counted: names that are made, changed or removed, waits until something is on the disk (flushes), and look-ups.`,
    markdownTable(
      ['--checkpoint', 'names', 'flushes', 'look-ups', 'a second on 16 cores', 'a second on 1,000 cores'],
      own.map(({ checkpoint, operations }) => [
        checkpoint,
        String(operations.names),
        String(operations.flushes),
        String(operations.lookups),
        ...[16, 1000].map((cores) => rounded(perRun(operations) * rate(cores))),
      ]),
    ),
    `The last two columns are for ${title} on all of MNIST, a run each ${rounded(seconds)} s of a core. All nodes send these to one file server, and each flush waits for it. Shorter runs ask more: with the epochs of the embedded digits it is ${rounded(secondsOfRun(measured, name, FULL, 16) / secondsOfRun(measured, name, SIZES[0], 16))} times as much.`,
    'Answer: fewer and longer runs; `--checkpoint-every 300` for long ones with short epochs, `--checkpoint none` for short ones. A [lock](results.md#one-process-at-a-time) is a small file of each process, written anew every five seconds: a task locks its own runs and no others, and ages of locks are compared with each other and never with a clock, so that nodes need not agree on the time.',
  ];
}

function scheduler(measured: Measured): string[] {
  const { startUpSeconds } = measured.runner;
  const runs = 10_000;
  const rows = SIZES.flatMap((size) =>
    counted(measured).map(({ name, title }) => {
      const seconds = secondsOfRun(measured, name, size, 16);
      const perTask = runsPerTask(startUpSeconds, seconds);
      const tasks = Math.ceil(runs / perTask);
      return [
        `${title}, ${size.title}`,
        rounded(seconds),
        String(perTask),
        whole(tasks),
        tasks < SLURM.maxArraySize
          ? 'yes'
          : `no: --runs-per-task ${Math.ceil(runs / (SLURM.maxArraySize - 1))}`,
      ];
    }),
  );
  return [
    '### The scheduler',
    `\`--launcher slurm\` submits the runs of an experiment as a job array. A Slurm whose configuration says nothing else takes arrays of ${whole(SLURM.maxArraySize - 1)} tasks (MaxArraySize ${SLURM.maxArraySize}) and keeps ${whole(SLURM.maxJobCount)} jobs at a time (MaxJobCount), of all users. It starts tasks one after the other, so that many short ones keep it from anything else.`,
    `Answer: \`--runs-per-task\`. With as many runs a task as keep the start of its process (${startUpSeconds.toFixed(2)} s) below a hundredth of its time, ${whole(runs)} runs are:`,
    markdownTable(['runs', 's a run', 'runs a task', `tasks of ${whole(runs)} runs`, 'fit one array'], rows),
    `Slurm's own start of a task comes on top, so that a few minutes a task are a better aim than the least. Where nothing is said, a task has more runs as soon as there would be more than ${whole(SLURM.maxArraySize - 1)} tasks. \`--at-once N\` (the \`%N\` of an array) leaves the rest of the cluster to others. What is missing in the end, because a task was killed or ran out of time, \`dendrite resume <folder> --launcher slurm\` submits again; \`dendrite status\` counts runs in the folder, and asks the scheduler once. See [Slurm](slurm.md).`,
  ];
}

/** The fewest runs of so many seconds with which a process that has to start first loses no more than a hundredth. */
export const runsPerTask = (startUp: number, seconds: number): number =>
  Math.max(1, Math.ceil((startUp * (1 - START_UP)) / START_UP / seconds));

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  writeFileSync(fileURLToPath(new URL('scaling.md', import.meta.url)), scalingPage(committedRates()));
