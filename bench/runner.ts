/**
 * What the experiment runner costs beside training: `npm run bench:runner -- --help`.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { UserError } from '../kernels/index.ts';
import { collectProvenance } from '../results/index.ts';
import { above0, NODE_OPTION, parseArguments, runBench } from './arguments.ts';
import { describeMachine } from './environment.ts';
import { measureFolders } from './folder-cost.ts';
import {
  busySeconds,
  type MeasuredComparison,
  measureCompare,
  memoryAt,
  requireBuild,
} from './measured-command.ts';
import { findOurs, type Ours, recordOf } from './ours.ts';
import { describeOurs, showRatio, textTable } from './report.ts';
import { AIMS, type EqualRuns, type RunnerDocument, startShareMs, type TinyRuns } from './runner-document.ts';
import { median, ratio } from './statistics.ts';

const OPTIONS = {
  runs: { type: 'number', default: 16, describe: 'Equal runs, with one worker and with two' },
  epochs: { type: 'number', default: 20, describe: 'Epochs of each of them' },
  tiny: { type: 'number', default: 2000, describe: 'Tiny runs' },
  rounds: { type: 'number', default: 3, describe: 'Measurements with one worker and with two, in turn' },
  node: NODE_OPTION,
  json: { type: 'boolean', default: false, describe: 'Print one JSON document' },
} as const;

interface Plan {
  readonly runs: number;
  readonly epochs: number;
  readonly rounds: number;
}

const on = ({ device }: Ours, jobs: number): string[] => [
  ...['--rules', 'backprop', '--device', 'cpu', '--blas', device.blas!],
  ...['--diagnostics', 'none', '--jobs', String(jobs)],
];

const peakOf = ({ memory }: MeasuredComparison): number => memory.at(-1)?.peak ?? 0;

const megabytes = (bytes: number): number => Math.round(bytes / 1e5) / 10;

/** So little that what remains is the runner. */
const TINY = ['--layers', '784,10,10', '--batch', '50', '--examples', '100'];

/** A folder whose files are in memory, under Linux. */
const IN_MEMORY = '/dev/shm';

const progress = (line: string): void => void process.stderr.write(`${line}\n`);

await runBench('bench:runner', async () => {
  const args = parseArguments(
    'npm run bench:runner --',
    'Throughput and memory of two workers against one, and what a run costs beside training and evaluation.',
    OPTIONS,
    process.argv.slice(2),
  );
  const plan: Plan = {
    runs: above0('runs', args.runs, true),
    epochs: above0('epochs', args.epochs, true),
    rounds: above0('rounds', args.rounds, true),
  };
  const tiny = above0('tiny', args.tiny, true);
  if (availableParallelism() < 2) throw new UserError('two workers need two cores, and there is one');
  requireBuild();
  const notes: string[] = [];
  const ours = await findOurs((sentence) => notes.push(sentence), args.node);
  const equal: EqualRuns[] = [];
  for (const one of ours) equal.push(await equalRuns(one, plan));
  const exact = ours.find(({ kind }) => kind === 'exact')!;
  const document: RunnerDocument = {
    kind: 'runner',
    machine: collectProvenance(),
    ours: recordOf(ours),
    ...plan,
    notes,
    equal,
    tiny: await tinyRuns(exact, tiny),
    startUpSeconds: await startUp(exact, plan.rounds),
    folders: await measureFolders(),
  };
  process.stdout.write(args.json ? `${JSON.stringify(document, null, 2)}\n` : report(document));
});

async function equalRuns(ours: Ours, { runs, epochs, rounds }: Plan): Promise<EqualRuns> {
  const [one, two]: [MeasuredComparison[], MeasuredComparison[]] = [[], []];
  for (let round = 1; round <= rounds; round++)
    for (const [i, measured] of [one, two].entries()) {
      const flags = [...on(ours, i + 1), '--seeds', String(runs), '--epochs', String(epochs)];
      measured.push(await measureCompare(ours.node.path, flags));
      progress(
        `round ${round}: ${ours.program}, jobs ${i + 1}: ${measured.at(-1)!.seconds.toFixed(1)} s, ${megabytes(peakOf(measured.at(-1)!))} MB`,
      );
    }
  const seconds = (measured: readonly MeasuredComparison[]) => measured.map(({ seconds }) => seconds);
  const busy = (measured: readonly MeasuredComparison[]) =>
    measured.reduce((sum, { document }) => sum + busySeconds(document), 0) / (runs * rounds);
  const peaks = [one, two].map((measured) => median(measured.map(peakOf)));
  return {
    program: ours.program,
    seconds: { one: seconds(one), two: seconds(two) },
    runSeconds: { one: busy(one), two: busy(two) },
    ratio: ratio(seconds(one), seconds(two)),
    peakMegabytes:
      one[0]!.memory.length === 0 ? null : { one: megabytes(peaks[0]!), two: megabytes(peaks[1]!) },
  };
}

async function tinyRuns(ours: Ours, runs: number): Promise<TinyRuns> {
  const workers = availableParallelism();
  const flags = [...on(ours, workers), ...TINY, '--seeds', String(runs)];
  const overheadOf = ({ seconds, document }: MeasuredComparison): number =>
    (1000 * (seconds * workers - busySeconds(document))) / runs;
  const measured = await measureCompare(ours.node.path, flags);
  progress(`${runs} tiny runs: ${measured.seconds.toFixed(1)} s`);
  const inMemory = existsSync(IN_MEMORY) ? await measureCompare(ours.node.path, flags, IN_MEMORY) : null;
  if (inMemory) progress(`${runs} tiny runs in memory: ${inMemory.seconds.toFixed(1)} s`);
  return {
    runs,
    workers,
    seconds: measured.seconds,
    busySeconds: busySeconds(measured.document),
    overheadMs: overheadOf(measured),
    overheadInMemoryMs: inMemory && overheadOf(inMemory),
    memory: [0.1, 0.5, 1].flatMap((share) => {
      const resident = memoryAt(share, measured);
      return resident === null ? [] : [{ share, megabytes: megabytes(resident) }];
    }),
  };
}

async function startUp(ours: Ours, rounds: number): Promise<number> {
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round++)
    seconds.push((await measureCompare(ours.node.path, [...on(ours, 1), ...TINY, '--seeds', '1'])).seconds);
  return median(seconds);
}

function report({ machine, ours, notes, equal, tiny, startUpSeconds, folders }: RunnerDocument): string {
  return [
    ...describeMachine(machine),
    ...describeOurs(ours),
    ...notes,
    textTable(
      ['program', 'two / one workers', `aim ${AIMS.ratio}`, 'MB a worker', `aim ${AIMS.megabytesPerWorker}`],
      equal.map(({ program, ratio, peakMegabytes }) => [
        program,
        showRatio(ratio),
        ratio.median >= AIMS.ratio ? 'reached' : 'missed',
        peakMegabytes ? (peakMegabytes.two - peakMegabytes.one).toFixed(1) : '',
        peakMegabytes && peakMegabytes.two - peakMegabytes.one < AIMS.megabytesPerWorker
          ? 'reached'
          : 'missed',
      ]),
    ),
    `${tiny.runs} tiny runs: ${tiny.overheadMs.toFixed(1)} ms of overhead a run, ${startShareMs({ tiny, startUpSeconds }).toFixed(1)} ms of them the start of the process${tiny.overheadInMemoryMs === null ? '' : `, ${tiny.overheadInMemoryMs.toFixed(1)} ms in memory`}, aim for the rest ${AIMS.overheadMs}; memory ${tiny.memory.map(({ share, megabytes }) => `${megabytes} MB at ${100 * share} %`).join(', ')}`,
    `a process with one tiny run: ${startUpSeconds.toFixed(2)} s`,
    textTable(
      ['run', 'checkpoints', 'files', 'MB', 'names', 'flushes', 'look-ups'],
      folders.map(({ rule, checkpoint, files, bytes, operations }) => [
        rule,
        checkpoint,
        `${files}`,
        (bytes / 1e6).toFixed(2),
        `${operations.names}`,
        `${operations.flushes}`,
        `${operations.lookups}`,
      ]),
    ),
    '',
  ].join('\n');
}
