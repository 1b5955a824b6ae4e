/**
 * Writes performance.md, and the table of speeds in the README, from the results in bench/results/. Run it after the
 * benchmarks:
 *
 *     npm run -s bench -- --json > bench/results/peers.json     (also bench:profile, bench:kernels, bench:scaling)
 *     npm run docs
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { describeMachine } from '../bench/environment.ts';
import type { KernelsDocument } from '../bench/kernels.ts';
import { losses } from '../bench/limit.ts';
import type { PeersDocument } from '../bench/peers-document.ts';
import type { ProfileDocument } from '../bench/profile.ts';
import { describePrograms, showRatio, whole } from '../bench/report.ts';
import type { ScalingDocument } from '../bench/scaling.ts';
import { withBlock } from './readme-block.ts';
import { markdownTable as table } from './table.ts';

export interface Results {
  readonly peers: PeersDocument;
  readonly profile: ProfileDocument;
  readonly kernels: KernelsDocument;
  readonly scaling: ScalingDocument;
}

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../bench/results/${name}.json`, import.meta.url), 'utf8'));

export const committedResults = (): Results => ({
  peers: read('peers'),
  profile: read('profile'),
  kernels: read('kernels'),
  scaling: read('scaling'),
});

export const performancePage = (results: Results): string =>
  `${[
    '<!-- Written by docs/generate-performance.ts from bench/results/: measure again, then run `npm run docs`. -->',
    '# Performance',
    ...againstPeers(results.peers),
    ...whereTimeGoes(results.profile),
    ...distanceToLimit(results),
    ...kernelSpeeds(results.kernels),
    ...growth(results.scaling),
  ].join('\n\n')}\n`;

/** The README with its table of speeds brought up to date: one thread each, the first peer of each workload. */
export function withSpeeds(readme: string, { peers: document }: Results): string {
  const programs = Object.keys(document.ours);
  const rows = document.workloads.map(({ name, title }) => {
    const { peer } = document.comparisons.find(({ workload }) => workload === name)!;
    return [
      title,
      ...programs.map((ours) => speedOf(document, name, ours, 1)),
      speedOf(document, name, peer, 1),
    ];
  });
  const block = table(['training examples a second', ...programs, 'PyTorch or NumPy'], rows);
  return withBlock(readme, 'speeds', 'docs/generate-performance.ts', block);
}

const list = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join('\n');
const fixed = (digits: number) => (value: number) => value.toFixed(digits);
const [hundredths, tenths] = [fixed(2), fixed(1)];
const percent = (part: number): string => `${Math.round(100 * part)} %`;

const againstPeers = (document: PeersDocument): string[] => [
  '## Against programs in PyTorch and NumPy',
  '    npm run bench',
  `Training examples a second, without evaluation, of a run of Dendrite and of a program that a user would write instead (\`bench/peers/\`): the same layers, minibatches, iterations, activations and plain SGD, float32. Both sides in turn, each measurement in a process of its own; medians of ${document.rounds} rounds of ${document.seconds} s, and the lowest and highest ratio of a round.`,
  list([...describePrograms(document), ...document.notes]),
  'One thread each:',
  peersTable(document, 1),
  'Two threads for a peer, and two runs at the same time for Dendrite, which spreads runs over worker threads:',
  peersTable(document, 2),
  'Two workers against one, examples/s; the aim is 1.8:',
  pairsTable(document),
  'From the start of the process to the end of the first minibatch, the data loaded:',
  startUpTable(document),
];

/** The aims are for one thread. */
function peersTable(document: PeersDocument, parallel: 1 | 2): string {
  const aims = parallel === 1;
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

function whereTimeGoes({ machine, profiles }: ProfileDocument): string[] {
  const groups = [...new Set(profiles.flatMap(({ shares }) => Object.keys(shares)))];
  return [
    '## Where the time goes',
    '    npm run bench:profile',
    'Shares of the time of training, in percent, from samples of the running engine; calls of a BLAS count as products, and `engine` is garbage collection and what cannot be told.',
    list(describeMachine(machine)),
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

const growth = ({ machine, series }: ScalingDocument): string[] => [
  '## Growth',
  '    npm run bench:scaling',
  'Seconds against a size, the slope of their logarithms, and the slope of the numbers of operations.',
  list(describeMachine(machine)),
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
];

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
  const results = committedResults();
  const readme = new URL('../README.md', import.meta.url);
  writeFileSync(new URL('performance.md', import.meta.url), performancePage(results));
  writeFileSync(readme, withSpeeds(readFileSync(readme, 'utf8'), results));
}
