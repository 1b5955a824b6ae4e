import Table from 'cli-table3';
import type { Measurement } from './comparison.ts';
import { describeMachine } from './environment.ts';
import type { PeersDocument } from './peers-document.ts';
import type { Python } from './python.ts';
import type { Spread } from './statistics.ts';

/** A table in plain characters. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: [...head],
    style: { head: [], border: [], compact: true },
    chars: Object.fromEntries(
      ['top', 'bottom', 'left', 'right', 'mid', 'left-mid', 'right-mid', 'mid-mid']
        .flatMap((name) => [name, `${name}-mid`, `${name}-left`, `${name}-right`])
        .map((name) => [name, '']),
    ),
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}

export const whole = (value: number): string => Math.round(value).toLocaleString('en');

export const showRatio = ({ median, low, high }: Spread): string =>
  `${median.toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`;

/** The machine and the programs, a line each. */
export const describePrograms = ({ machine, ours, python }: PeersDocument): string[] => [
  ...describeMachine(machine),
  ...describeOurs(ours),
  python ? `peers: ${describePython(python)}` : 'peers: none, for there is no Python with numpy',
];

export const describeOurs = (ours: PeersDocument['ours']): string[] =>
  Object.entries(ours).map(
    ([program, { description, node }]) => `ours, ${program}: ${description}, Node ${node.slice(1)}`,
  );

/** With what each library multiplies. */
export function describePython({ version, torch, torchBlas, numpy, numpyBlas, cuda }: Python): string {
  const withBlas = (names: readonly string[]) => names.join(', ') || 'BLAS unknown';
  const withTorch = torch === null ? 'no torch' : `torch ${torch} (${cuda ?? withBlas(torchBlas)})`;
  return `Python ${version}, ${withTorch}, numpy ${numpy} (${withBlas(numpyBlas)})`;
}

const HEAD = [
  'workload',
  'program',
  'threads or workers',
  'examples/s',
  'ours / peer',
  'aim',
  'two workers / one',
];

/** The document as text for a terminal, a row a measurement. */
export function peersReport(document: PeersDocument): string {
  const { workloads, measurements, startUp, notes, rounds, seconds } = document;
  const rows = workloads.flatMap(({ name, title }) =>
    measurements
      .filter(({ workload }) => workload === name)
      .map((measurement) => [title, ...measurementCells(document, measurement)]),
  );
  return [
    ...describePrograms(document),
    `medians of ${rounds} rounds (3 at most without an aim) of ${seconds} s, ratios of the same round (lowest-highest)`,
    '',
    textTable(HEAD, rows),
    ...startUp.map(
      ({ dataset, seconds, atMost }) =>
        `start-up to the first minibatch, ${dataset}: ${showRatio(seconds)} s, aim ${atMost} s`,
    ),
    ...notes,
    '',
  ].join('\n');
}

/** All but the workload's title. */
function measurementCells({ comparisons, pairs }: PeersDocument, measurement: Measurement): string[] {
  const { workload, program, parallel, median } = measurement;
  const against = comparisons.filter(
    (c) => c.workload === workload && c.ours === program && c.parallel === parallel,
  );
  const aim = against.find(({ atLeast }) => atLeast !== null)?.atLeast;
  const pair = parallel === 2 && pairs.find((p) => p.workload === workload && p.program === program);
  return [
    program,
    `${parallel}`,
    whole(median),
    against.map(({ peer, ratio }) => `${peer}: ${showRatio(ratio)}`).join('; '),
    aim ? `${aim}` : '',
    pair ? showRatio(pair.ratio) : '',
  ];
}
