import {
  type ConditionCost,
  type Estimate,
  estimateCost,
  type PlannedExperiment,
} from '../experiments/index.ts';
import { print } from './output.ts';

/** Measures what an experiment would cost, and prints it. @returns the exit code */
export async function printEstimates({ parts }: PlannedExperiment): Promise<number> {
  let [runs, trials, seconds] = [0, 0, 0];
  for (const { plan } of parts) {
    const { dataset, task } = plan.setup.experiment;
    const estimate = await estimateCost(plan, (label) =>
      progress(`measuring ${label} on ${dataset}, ${task}`),
    );
    progress('');
    print(`${describePart(`${dataset}, ${task}`, estimate)}\n`);
    runs += estimate.runs;
    trials += estimate.trials;
    seconds += estimate.seconds;
  }
  const { setup, jobs } = parts[0]!.plan;
  print(describeTotal({ runs, trials, seconds }, setup.common.device.settled, jobs));
  return 0;
}

/** One line on a terminal, which the next one takes the place of. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text.slice(0, process.stderr.columns - 1)}`);
}

function describePart(where: string, { conditions, runs, trials }: Estimate): string {
  const count = (items: readonly unknown[], what: string) =>
    `${items.length} ${what}${items.length === 1 ? '' : 's'}`;
  const { seeds } = conditions[0]!;
  const rows = [
    ['condition', 'seeds', 'epochs', 'one run', 'all seeds', ...(trials > 0 ? ['its trials'] : [])],
    ...conditions.map((cost) => rowOf(cost, trials > 0)),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
  );
  return [
    `${where}: ${count(conditions, 'condition')} x ${count(seeds, 'seed')} = ${runs} runs${trials > 0 ? `, after ${trials} trainings of trials` : ''}`,
    ...lines.map((line) => `  ${line}`),
    '',
  ].join('\n');
}

const rowOf = (
  { condition, seeds, epochs, secondsPerRun, secondsOfTrials }: ConditionCost,
  isTuned: boolean,
): string[] => [
  condition.label,
  describeSeeds(seeds),
  String(epochs),
  describeTime(secondsPerRun),
  describeTime(secondsPerRun * seeds.length),
  ...(isTuned ? [describeTime(secondsOfTrials)] : []),
];

function describeTotal(
  { runs, trials, seconds }: Pick<Estimate, 'runs' | 'trials' | 'seconds'>,
  { device, backend, blas }: { device: string; backend: string; blas: string | null },
  jobs: number,
): string {
  const total = describeTime(seconds);
  const isGpu = device === 'gpu';
  const how = isGpu ? 'one after the other' : `${Math.min(jobs, runs)} at a time`;
  const doubt = isGpu
    ? 'seeds of a condition train together on a gpu, which is faster than this'
    : 'runs at the same time slow each other down, so it may take half as long again';
  return (
    `In all ${total.startsWith('under') ? '' : 'about '}${total}: ${trials > 0 ? `${trials} trainings of trials and ` : ''}${runs} runs, ${how} on ${device} (${blas ?? backend}).\n` +
    `Estimated from some tenths of a second of each condition: ${doubt}. Nothing was written.\n`
  );
}

/** Seeds with a hyphen for what is between: '1-10', '1, 2, 7'. */
export function describeSeeds(seeds: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const seed of seeds) {
    const run = runs.at(-1);
    if (run && seed === run[1] + 1) run[1] = seed;
    else runs.push([seed, seed]);
  }
  return runs
    .map(([first, last]) => {
      if (first === last) return String(first);
      return `${first}${last === first + 1 ? ', ' : '-'}${last}`;
    })
    .join(', ');
}

const UNITS = [
  ['s', 1],
  ['min', 60],
  ['h', 3600],
  ['days', 86_400],
] as const;

/** A time with one or two digits, in the largest unit of which it has at least two: '95 s', '12 min'. */
export function describeTime(seconds: number): string {
  const [unit, size] = UNITS.findLast(([, size]) => seconds >= 2 * size) ?? UNITS[0];
  const value = seconds / size;
  if (unit === 's' && value < 1) return 'under 1 s';
  return `${Number(value.toPrecision(2))} ${unit}`;
}
