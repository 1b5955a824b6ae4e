import {
  type ComparisonStatus,
  type ConditionStatus,
  comparisonStatus,
  inWords,
  type SlurmStatus,
  shellQuoted,
} from '../../experiments/index.ts';
import type { Command } from '../command.ts';
import { print } from '../output.ts';

export const status: Command<{ folder: string; json: boolean }> = {
  command: 'status <folder>',
  describe: 'Say how far a comparison is, on this machine or in Slurm',
  builder: (parser) =>
    parser
      .positional('folder', { type: 'string', demandOption: true, describe: 'Folder of a comparison' })
      .option('json', { type: 'boolean', default: false, describe: 'Print one JSON document instead' }),
  handler: async ({ folder, json }) => {
    const found = await comparisonStatus(folder);
    print(json ? `${JSON.stringify(found, null, 2)}\n` : inText(found));
  },
};

function inText(status: ComparisonStatus): string {
  const { folder, conditions, workers, slurm, errors } = status;
  const sum = (of: (condition: ConditionStatus) => number): number =>
    conditions.reduce((total, condition) => total + of(condition), 0);
  const runs = sum((one) => one.runs);
  const done = sum((one) => one.finished + one.diverged + one.failed);
  const missing = runs - done;
  return [
    `${folder}: ${done} of ${runs} runs done`,
    '',
    ...tableOf(conditions),
    '',
    ...describeWorkers(workers),
    ...(slurm ? [inSentence(slurm)] : []),
    ...(missing > 0 && workers.length === 0 && !slurm?.tasks.length
      ? [`nobody works on it: 'dendrite resume ${shellQuoted(folder)}' goes on`]
      : []),
    ...(errors.length > 0 ? ['', 'Newest errors:'] : []),
    ...errors.map(({ where, what, when }) => `  ${inUtc(when)}  ${where}: ${what}`),
  ]
    .join('\n')
    .concat('\n');
}

/** The most that are named one by one. */
const NAMED = 4;

function describeWorkers(workers: ComparisonStatus['workers']): string[] {
  if (workers.length > NAMED) {
    const machines = new Set(workers.map(({ host }) => host)).size;
    return [`${workers.length} processes on ${machines} machine${machines === 1 ? '' : 's'} work on it`];
  }
  return workers.map(
    ({ host, pid, since }) => `process ${pid} on ${host} works on it, since ${inUtc(since)}`,
  );
}

const inUtc = (time: string): string => `${time.slice(0, 19).replace('T', ' ')} UTC`;

type Column = readonly [heading: string, value: (condition: ConditionStatus) => number | string];

const COLUMNS: readonly Column[] = [
  ['finished', (one) => one.finished],
  ['diverged', (one) => one.diverged],
  ['failed', (one) => one.failed],
  ['running', (one) => one.running],
  ['unfinished', (one) => one.unfinished],
  ['not begun', (one) => one.notBegun],
  ['epochs', ({ epochs, epochsInAll }) => `${epochs}${epochsInAll === null ? '' : ` of ${epochsInAll}`}`],
];

/** A row for each condition; columns that are 0 everywhere are left out. */
function tableOf(conditions: readonly ConditionStatus[]): string[] {
  const columns = COLUMNS.filter(([, value]) => conditions.some((condition) => value(condition) !== 0));
  const rows = [
    ['Condition', ...columns.map(([heading]) => heading)],
    ...conditions.map((condition) => [
      condition.label,
      ...columns.map(([, value]) => String(value(condition))),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
  );
}

/** Why a task waits on purpose is worth saying. */
function inSentence({ tasks, lastJob, notAsked }: SlurmStatus): string {
  const last = lastJob === null ? 'the last job was not submitted' : `the last job was ${lastJob}`;
  if (notAsked !== null) return `Slurm cannot be asked, since ${notAsked} (${last})`;
  if (tasks.length === 0) return `Slurm has no job of it that is pending or running (${last})`;
  const reasons = [...new Set(tasks.filter(({ state }) => state === 'PENDING').map(({ reason }) => reason))];
  return `Slurm: ${inWords(tasks)}${reasons.length > 0 ? `, pending for ${reasons.join(', ')}` : ''}`;
}
