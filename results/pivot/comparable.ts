import { UserError } from '../../kernels/index.ts';
import { wordsOf } from '../table-words.ts';
import { type Axis, describingAxes } from './axes.ts';
import type { TableRun } from './table-runs.ts';

/** What has to be the same in all of a table, unless it is one of its axes. */
const OF_A_TABLE = ['dataset', 'task', 'validation'];

/**
 * @param axes of the table
 * @throws UserError when scores of these runs do not belong into one table
 */
export function refuseIncomparable(runs: readonly TableRun[], axes: readonly Axis[]): void {
  for (const axis of describingAxes(runs).filter(({ name }) => OF_A_TABLE.includes(name))) {
    if (axes.some(({ name }) => name === axis.name)) continue;
    const other = differingFrom(runs, (run) => axis.of(run).key);
    if (other)
      throw new UserError(
        `${runs[0]!.comparison} and ${other.comparison} differ in their ${wordsOf(axis.name)} (${axis.of(runs[0]!).label} and ${axis.of(other).label}), ` +
          `so their scores do not belong into one table; put ${axis.name} into --rows or --columns`,
      );
  }
  refuseOtherContent(runs);
  const other = differingFrom(runs, ({ experiment }) => experiment.scored);
  if (other)
    throw new UserError(
      `one of ${runs[0]!.comparison} and ${other.comparison} is scored on validation examples and the other on test examples, so they do not belong into one table; leave one out`,
    );
}

/** The first run in which something is not as in the first one. */
const differingFrom = (runs: readonly TableRun[], of: (run: TableRun) => unknown): TableRun | undefined =>
  runs.find((run) => of(run) !== of(runs[0]!));

/** A name that stands for two datasets. */
function refuseOtherContent(runs: readonly TableRun[]): void {
  const first = new Map<string, TableRun>();
  for (const run of runs) {
    const { name, hash, validation, splitSeed } = run.dataset;
    const split = JSON.stringify([name, validation]);
    const before = first.get(split);
    if (!before) first.set(split, run);
    else if (before.dataset.hash !== hash) {
      const what = before.dataset.splitSeed === splitSeed ? 'other content' : 'another split for validation';
      throw new UserError(
        `the dataset ${name} has ${what} in ${run.comparison} than in ${before.comparison}, so their scores do not belong into one table; leave one out`,
      );
    }
  }
}

/** The most that are named one by one. */
const NAMED = 3;

/**
 * @param cell in words
 * @throws UserError when these runs are not of one condition, or count one seed twice
 */
export function refuseMixture(cell: string, runs: readonly TableRun[], axes: readonly Axis[]): void {
  const open = describingAxes(runs).filter(({ name }) => !axes.some((axis) => axis.name === name));
  const differing = open.flatMap(({ name, of }) => {
    const values = [...new Set(runs.map((run) => of(run).label))];
    return values.length > 1 ? [{ name, values }] : [];
  });
  if (differing.length > 0) throw mixture(cell, differing);
  const seen = new Map<number, TableRun>();
  for (const one of runs) {
    const before = seen.get(one.run.seed);
    if (before)
      throw new UserError(
        `${cell} would count seed ${one.run.seed} twice, from ${before.comparison} and ${one.comparison}; put ${before.comparison === one.comparison ? 'condition' : 'folder'} into --rows or --columns`,
      );
    seen.set(one.run.seed, one);
  }
}

function mixture(cell: string, differing: readonly { name: string; values: readonly string[] }[]): UserError {
  const named = differing
    .slice(0, NAMED)
    .map(
      ({ name, values }) =>
        `${name} (${values.slice(0, NAMED).join(' and ')}${values.length > NAMED ? ' and others' : ''})`,
    );
  const more = differing.length - named.length;
  return new UserError(
    `${cell} would mix runs that differ in ${[...named, ...(more > 0 ? [`${more} more`] : [])].join(', ')}; ` +
      `put ${differing[0]!.name}${differing.length > 1 ? ' or condition' : ''} into --rows or --columns`,
  );
}
