/**
 * Writes performance.md, and the table of speeds in the README, from the results in bench/results/. Run it after the
 * benchmarks:
 *
 *     npm run -s bench -- --json > bench/results/peers.json     (also bench:profile, bench:kernels, bench:scaling,
 *                                                                bench:runner, bench:comparison, bench:browser)
 *     npm run -s bench -- --json > bench/results/peers-<what is other>.json     (on another processor, or against
 *                                                                another torch, with --python)
 *     npm run -s bench -- --json --device gpu > bench/results/gpu.json
 *     npm run docs
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { BrowserDocument } from '../bench/browser/document.ts';
import { describeMachine } from '../bench/environment.ts';
import type { ExperimentDocument } from '../bench/experiment-parts.ts';
import type { KernelsDocument } from '../bench/kernels.ts';
import { losses } from '../bench/limit.ts';
import type { PeersDocument } from '../bench/peers-document.ts';
import type { ProfileDocument } from '../bench/profile.ts';
import { describeOurs, describePrograms, describePython, showRatio, whole } from '../bench/report.ts';
import type { RunnerDocument } from '../bench/runner-document.ts';
import type { ScalingDocument, Series } from '../bench/scaling.ts';
import { WORKLOADS } from '../bench/workloads.ts';
import { markdownTable as table, withBlock } from '../results/index.ts';
import { runnerSection } from './runner-section.ts';

export interface Results {
  readonly peers: PeersDocument;
  /** On another processor, or against another release of torch. */
  readonly otherPeers: readonly PeersDocument[];
  readonly gpu: PeersDocument | null;
  readonly comparison: ExperimentDocument | null;
  readonly runner: RunnerDocument | null;
  readonly browser: BrowserDocument | null;
  readonly profile: ProfileDocument;
  readonly kernels: KernelsDocument;
  readonly scaling: ScalingDocument;
}

const RESULTS = new URL('../bench/results/', import.meta.url);
const read = (name: string) => JSON.parse(readFileSync(new URL(`${name}.json`, RESULTS), 'utf8'));
const readIfThere = (name: string) => (existsSync(new URL(`${name}.json`, RESULTS)) ? read(name) : null);

export const committedResults = (): Results => ({
  peers: read('peers'),
  otherPeers: readdirSync(RESULTS)
    .filter((file) => /^peers-.*\.json$/.test(file))
    .sort()
    .map((file) => read(file.slice(0, -'.json'.length))),
  gpu: readIfThere('gpu'),
  comparison: readIfThere('comparison'),
  runner: readIfThere('runner'),
  browser: readIfThere('browser'),
  profile: read('profile'),
  kernels: read('kernels'),
  scaling: read('scaling'),
});

export const performancePage = (results: Results): string =>
  `${[
    '<!-- Written by docs/generate-performance.ts from bench/results/: measure again, then run `npm run docs`. -->',
    '# Performance',
    ...againstPeers(results),
    ...(results.comparison ? asUsersRun(results.comparison) : []),
    ...(results.runner ? runnerSection(results.runner) : []),
    ...(results.browser ? inBrowser(results.browser) : []),
    ...(results.gpu ? onGpu(results.gpu) : []),
    ...whereTimeGoes(results.profile),
    ...distanceToLimit(results),
    ...kernelSpeeds(results.kernels),
    ...growth(results.scaling),
  ].join('\n\n')}\n`;

/** The README with its speeds brought up to date: one thread each, what has an aim, its first peer; and two runs at a time. */
export function withSpeeds(readme: string, { peers: document }: Results): string {
  const programs = Object.keys(document.ours);
  const rows = document.workloads.flatMap(({ name, title }) => {
    const aimed = document.comparisons.find(({ workload, atLeast }) => workload === name && atLeast !== null);
    if (!aimed) return [];
    const speeds = [...programs, aimed.peer].map((program) => speedOf(document, name, program, 1));
    return [[title, ...speeds]];
  });
  const head = programs.map((program) => `${program}, Node ${major(document.ours[program]!.node)}`);
  const { torch, numpy } = document.python ?? {};
  const peers = `PyTorch ${torch ?? '-'} or NumPy ${numpy ?? '-'}`;
  const ratios = document.pairs.map(({ ratio }) => ratio.median);
  return withBlock(
    readme,
    { file: 'README.md', name: 'speeds', generator: 'docs/generate-performance.ts' },
    [
      table(['training examples a second', ...head, peers], rows),
      `Runs are spread over the cores: two workers do ${tenths(Math.min(...ratios))} to ${tenths(Math.max(...ratios))} times as much as one.`,
    ].join('\n\n'),
  );
}

const list = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join('\n');
const fixed = (digits: number) => (value: number) => value.toFixed(digits);
const [hundredths, tenths] = [fixed(2), fixed(1)];
const percent = (part: number): string => `${Math.round(100 * part)} %`;

/** Of a version of Node, such as v24.1.0. */
const major = (version: string): string => /\d+/.exec(version)![0];

const againstPeers = ({ peers: document, otherPeers, profile, kernels }: Results): string[] => [
  '## Against programs in PyTorch and NumPy',
  '    npm run bench',
  `Training examples a second, without evaluation, of a run of Dendrite and of a program that a user would write instead (\`bench/peers/\`): the same layers, minibatches, iterations, activations and plain SGD, float32. Both sides in turn, each measurement in a process of its own; medians of ${document.rounds} rounds of ${document.seconds} s${document.rounds > 3 ? ' (three rounds where there is no aim)' : ''}, and the lowest and highest ratio of a round.`,
  list([...describePrograms(document), ...document.notes, ...unmeasured(document)]),
  `One thread each${against(document)}:`,
  peersTable(document, 1),
  ...belowTheirAims(document, profile, kernels),
  ...otherPeers.flatMap(measuredElsewhere),
  'Two threads for a peer, and two runs at the same time for Dendrite, which spreads runs over worker threads:',
  peersTable(document, 2),
  'Two workers against one, examples/s; the aim is 1.8:',
  pairsTable(document),
  ...(document.startUp.length === 0
    ? []
    : [
        'From the start of the process to the end of the first minibatch, the data loaded:',
        startUpTable(document),
      ]),
];

const against = ({ python }: PeersDocument): string => (python ? `, against ${describePython(python)}` : '');

/** What was tried where an aim is missed, by workload. */
const TRIED: Readonly<Record<string, string>> = {
  'ep-2':
    'its products go over the neurons that changed, and wait for rows of the weights that lie in the last-level cache: tried, and in, are whole rows in order where few change, and chunks of 64 neurons that stay in the first-level cache where many do; not tried is to leave out neurons that cannot leave their bound',
};

/** Where an aim is missed, what the machine does instead. */
function belowTheirAims(
  { comparisons, workloads }: PeersDocument,
  { profiles }: ProfileDocument,
  { peak }: KernelsDocument,
): string[] {
  const below = comparisons.filter(
    ({ parallel, ratio, atLeast }) => parallel === 1 && atLeast !== null && ratio.median < atLeast,
  );
  if (below.length === 0) return [];
  const fastest = Math.max(...Object.values(peak).map(({ gflops }) => gflops));
  const lines = below.map(({ workload, ours, ratio, atLeast }) => {
    const shares = profiles.find((one) => one.workload === workload && one.program === ours)?.shares ?? {};
    const time = Object.entries(shares)
      .filter(([, share]) => share >= 0.05)
      .map(([group, share]) => `${group} ${percent(share)}`);
    const own = peak[ours]?.gflops;
    const slower =
      own !== undefined && own < fastest / 1.5
        ? `; its vectors have 128 bits, and large products reach ${whole(own)} GFLOP/s where the BLAS reaches ${whole(fastest)}`
        : '';
    const { title } = workloads.find(({ name }) => name === workload)!;
    const tried = TRIED[workload] ? `; ${TRIED[workload]}` : '';
    return `${title}, ${ours}: ${hundredths(ratio.median)}, not ${atLeast}; its time goes to ${time.join(', ')}${slower}${tried}`;
  });
  return ['What is below its aim:', list(lines)];
}

/** The same once more, in a run of its own: no ratio mixes two runs. */
const measuredElsewhere = (document: PeersDocument): string[] => [
  `One thread each${against(document)}, measured on its own:`,
  list([...describeMachine(document.machine), ...describeOurs(document.ours), ...document.notes]),
  peersTable(document, 1),
];

/** Workloads that were added since, or left out. */
function unmeasured({ workloads }: PeersDocument): string[] {
  const missing = WORKLOADS.filter(({ name }) => !workloads.some((one) => one.name === name));
  return missing.length === 0 ? [] : [`not measured yet: ${missing.map(({ title }) => title).join('; ')}`];
}

/** The aims are for one thread. */
function peersTable(document: PeersDocument, parallel: 1 | 2): string {
  const aims = parallel === 1 && document.device === 'cpu';
  const head = ['workload', 'peer', 'examples/s', 'ours', 'examples/s', 'ours / peer'];
  const rows = document.workloads.flatMap(({ name, title }) =>
    document.comparisons
      .filter((c) => c.workload === name && c.parallel === parallel)
      .map(({ ours, peer, ratio, atLeast }) => [
        title,
        peer,
        speedOf(document, name, peer, parallel),
        ours,
        speedOf(document, name, ours, parallel),
        showRatio(ratio),
        ...(aims ? [`${atLeast ?? ''}`] : []),
      ]),
  );
  return table([...head, ...(aims ? ['aim'] : [])], rows);
}

/** Examples a second; empty where it was not measured. */
function speedOf(
  { measurements }: PeersDocument,
  workload: string,
  program: string,
  parallel: number,
): string {
  const found = measurements.find(
    (m) => m.workload === workload && m.program === program && m.parallel === parallel,
  );
  return found ? whole(found.median) : '';
}

const pairsTable = ({ pairs, workloads }: PeersDocument): string =>
  table(
    ['workload', 'ours', 'two / one'],
    pairs.map(({ workload, program, ratio }) => [
      workloads.find(({ name }) => name === workload)!.title,
      program,
      showRatio(ratio),
    ]),
  );

const startUpTable = ({ startUp }: PeersDocument): string =>
  table(
    ['dataset', 's', 'aim'],
    startUp.map(({ dataset, seconds, atMost }) => [dataset, showRatio(seconds), `${atMost}`]),
  );

const asUsersRun = (document: ExperimentDocument): string[] => [
  '## A comparison as users run it',
  '    npm run bench:comparison',
  describeExperiment(document),
  list([
    ...describeMachine(document.machine),
    ...describeOurs(document.ours),
    `peers: ${describePython(document.python)}`,
    ...document.notes,
  ]),
  experimentTable(document),
  'Test errors at the end, in percent, means over the seeds:',
  errorsTable(document),
];

function describeExperiment({ seeds, rules, atOnce, examples, rounds }: ExperimentDocument): string {
  const { train, test } = examples;
  const all = rules.map(({ title, epochs }) => `${title}: ${epochs} epoch${epochs === 1 ? '' : 's'}`);
  const part = train === 60_000 ? 'All of MNIST' : `Every ${Math.round(60_000 / train)}th image of MNIST`;
  return `${part}, which is ${whole(train)} training and ${whole(test)} test images, and the evaluation of all test images after each epoch; ${seeds} seeds of ${rules.length} rules (${all.join('; ')}). Ours is one process of the built \`dendrite compare\` with ${atOnce} worker threads, theirs ${seeds * rules.length} processes of the programs in \`bench/peers/\`, ${atOnce} at a time with one thread each. Wall-clock time from the first start to the last exit, ${rounds === 1 ? 'measured once' : `medians of ${rounds} rounds`}.`;
}

const experimentTable = ({ times, comparisons }: ExperimentDocument): string =>
  table(
    ['program', 's', 'peers / ours', 'aim'],
    times.map(({ program, median }) => {
      const found = comparisons.find(({ ours }) => ours === program);
      return [program, tenths(median), found ? showRatio(found.ratio) : '', `${found?.atLeast ?? ''}`];
    }),
  );

function errorsTable({ times, errors }: ExperimentDocument): string {
  const programs = times.map(({ program }) => program);
  return table(
    ['rule', ...programs],
    Object.entries(errors).map(([rule, by]) => [
      rule,
      ...programs.map((program) => hundredths(by[program]!)),
    ]),
  );
}

const inBrowser = (document: BrowserDocument): string[] => [
  '## In a browser',
  '    npm run bench:browser',
  `Training in one Web Worker of ${document.browser}, against Node ${document.node.slice(1)} in one worker thread, with the same kernels, in turn; medians of ${document.rounds} rounds of ${document.seconds} s.`,
  list(describeMachine(document.machine)),
  table(
    ['workload', 'kernels', 'browser, examples/s', 'Node, examples/s', 'browser / Node', 'aim'],
    document.comparisons.map(({ title, kernels, browser, node, ratio, atLeast }) => [
      title,
      kernels,
      whole(browser.median),
      whole(node.median),
      showRatio(ratio),
      `${atLeast}`,
    ]),
  ),
];

const onGpu = (document: PeersDocument): string[] => [
  '## On a GPU',
  '    npm run bench -- --device gpu',
  'Training examples a second of all seeds together, against a program in PyTorch that trains one seed on the same device.',
  list([...describePrograms(document), ...document.notes]),
  table(
    ['workload', 'program', 'examples/s'],
    document.measurements.map(({ workload, program, median }) => [
      document.workloads.find(({ name }) => name === workload)!.title,
      program,
      whole(median),
    ]),
  ),
  ...(document.comparisons.length > 0 ? [peersTable(document, 1)] : []),
];

function whereTimeGoes({ machine, ours, profiles }: ProfileDocument): string[] {
  const groups = [...new Set(profiles.flatMap(({ shares }) => Object.keys(shares)))];
  return [
    '## Where the time goes',
    '    npm run bench:profile',
    'Shares of the time of training, in percent, from samples of the running engine; calls of a BLAS count as products, and `engine` is garbage collection and what cannot be told.',
    list([...describeMachine(machine), ...describeOurs(ours)]),
    table(
      ['workload', 'device', 'us a minibatch', ...groups],
      profiles.map(({ title, program, batch, examplesPerSecond, shares }) => [
        title,
        program,
        whole((1e6 * batch) / examplesPerSecond),
        ...groups.map((group) => tenths(100 * (shares[group] ?? 0))),
      ]),
    ),
  ];
}

function distanceToLimit({ profile, kernels }: Results): string[] {
  const peak = Math.max(...Object.values(kernels.peak).map(({ gflops }) => gflops));
  const bandwidth = Math.max(...kernels.bandwidth.map(({ gigabytes }) => gigabytes));
  return [
    '## Distance to the limit',
    `The limit is the multiplications and additions of all products, as if they were dense, at ${whole(peak)} GFLOP/s (the fastest large product measured here), and the operands and results of all else at ${whole(bandwidth)} GB/s (the fastest \`a + b\`, in the caches). What is lost is the difference, by group; where products that skip zeros are faster than their limit, their time is taken for it; random numbers cost more than the bytes that they fill.`,
    table(
      ['workload', 'device', 'us a minibatch', 'limit', 'reached', 'lost to, us'],
      profile.profiles.map((entry) => {
        const { measured, limit, lost } = losses(entry, { peak, bandwidth });
        return [
          entry.title,
          entry.program,
          whole(measured),
          whole(limit),
          percent(limit / measured),
          lost.map(([group, us]) => `${group} ${whole(us)}`).join(', '),
        ];
      }),
    ),
  ];
}

function kernelSpeeds({
  machine,
  ours,
  peak,
  products,
  elements,
  spike,
  bandwidth,
}: KernelsDocument): string[] {
  const programs = Object.keys(ours);
  const best = Math.max(...Object.values(peak).map(({ gflops }) => gflops));
  return [
    '## Kernels',
    '    npm run bench:kernels',
    list([
      ...describeMachine(machine),
      ...describeOurs(ours),
      ...programs.map(
        (name) => `peak, ${name}: ${whole(peak[name]!.gflops)} GFLOP/s at ${peak[name]!.size}³`,
      ),
      ...bandwidth.map(
        ({ bytes, gigabytes }) => `\`a + b\` over ${bytes / 1e6} MB: ${tenths(gigabytes)} GB/s`,
      ),
      `a spike added up over ${spike.targets} neurons, the search for it included: ${whole(spike.nanoseconds)} ns`,
    ]),
    'Products, m x k by k x n, in GFLOP/s and against the fastest peak. A sparse one skips the zeros of images, of which a fifth is not zero, and counts as if it were dense.',
    table(
      ['product', 'm x k x n', ...programs.flatMap((name) => [name, 'of peak'])],
      products.map(({ use, m, k, n, gflops }) => [
        use,
        `${m} x ${k} x ${n}`,
        ...programs.flatMap((name) => [tenths(gflops[name]!), percent(gflops[name]! / best)]),
      ]),
    ),
    table(
      ['other kernels', 'ns an element'],
      elements.map(({ name, nanoseconds }) => [name, hundredths(nanoseconds)]),
    ),
  ];
}

/** Why the cost of a series grows faster than its operations, by the beginning of its name. */
const REASONS: Readonly<Record<string, string>> = {
  'hidden layers':
    'the product of the images, which is all of the first layer, skips dark pixels, and those of the layers that are added skip nothing',
  'steps of the free phase':
    'the products of the images, to which no step adds, skip dark pixels and so take less of the time than of the operations, and what is no product does not count as an operation',
};
const FASTER = 0.1;

const whySlopes = (series: readonly Series[]): string[] =>
  series
    .filter(({ slope, expected }) => slope > expected + FASTER)
    .map(({ name, program }) => {
      const reason = Object.entries(REASONS).find(([start]) => name.startsWith(start))?.[1];
      return `${name}, ${program}: grows faster than the operations, ${reason ? `for ${reason}` : 'for a reason that is not known yet'}`;
    });

const growth = ({ machine, ours, series }: ScalingDocument): string[] => [
  '## Growth',
  '    npm run bench:scaling',
  'Seconds against a size, the slope of their logarithms, and the slope of the numbers of operations.',
  list([...describeMachine(machine), ...describeOurs(ours)]),
  table(
    ['cost against', 'device', 'ms', 'slope', 'of the operations'],
    series.map(({ name, program, points, slope, expected }) => [
      name,
      program,
      points.map(({ x, seconds }) => `${x}: ${(1000 * seconds).toPrecision(3)}`).join(', '),
      hundredths(slope),
      hundredths(expected),
    ]),
  ),
  ...(whySlopes(series).length > 0 ? [list(whySlopes(series))] : []),
];

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
  const results = committedResults();
  const readme = new URL('../README.md', import.meta.url);
  writeFileSync(new URL('performance.md', import.meta.url), performancePage(results));
  writeFileSync(readme, withSpeeds(readFileSync(readme, 'utf8'), results));
}
