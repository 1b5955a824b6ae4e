import { type Spread, summarize } from '../../results/index.ts';
import { conditionOf, type Part, type PublishedRow, type PublishedValue } from './catalogue.ts';
import { type RunRecord, specHash } from './records.ts';

/**
 * match: the mean of all planned runs is within the bound of a value that was read; near: within the wider bound, or a match
 * but for a value that is as remembered or for runs that are missing; miss: further away, or a run diverged.
 */
export type Verdict = 'match' | 'near' | 'miss' | 'not measured' | 'no published value';

/** One row of a published table beside what came out here. */
export interface ReproducedRow {
  readonly row: PublishedRow;
  readonly paper: string;
  readonly part: string;
  /** Finished and diverged runs that are recorded, of the condition as the catalogue has it now. */
  readonly runs: readonly RunRecord[];
  /** Seeds that the catalogue plans. */
  readonly planned: number;
  /** Of the runs that finished, after the last epoch. */
  readonly last: Spread;
  /** Of the best epoch of each, chosen on the test set. */
  readonly best: Spread;
  /** Of `last` or `best`, whichever the source has (last where it does not say), to the published value; null where one of them is missing. */
  readonly distance: number | null;
  readonly verdict: Verdict;
}

/** Rows of a part, from the records of its runs. Records of what the catalogue no longer asks for are left out. */
export const reproduceRows = (part: Part, records: readonly RunRecord[]): ReproducedRow[] =>
  part.rows.map((row) => {
    const condition = conditionOf(part, row);
    const { seeds } = part.experiment;
    const runs = records.filter(
      ({ condition: id, seed, spec }) =>
        id === row.condition && seeds.includes(seed) && spec === specHash(part, condition, seed),
    );
    const finished = runs.filter(({ status }) => status === 'finished');
    const last = summarize(finished.flatMap(({ scores }) => scoreAfter(scores, 'last') ?? []));
    const best = summarize(finished.flatMap(({ scores }) => scoreAfter(scores, 'best') ?? []));
    const { published } = row;
    const { mean } = published?.epoch === 'best' ? best : last;
    const distance = mean === null || published === null ? null : distanceTo(published.value, mean);
    const isWhole = finished.length === seeds.length;
    const hasDiverged = finished.length < runs.length;
    return {
      ...{ row, paper: part.paper, part: part.name, runs, planned: seeds.length, last, best, distance },
      verdict: runs.length === 0 ? 'not measured' : verdictOf(published, distance, isWhole, hasDiverged),
    };
  });

function verdictOf(
  published: PublishedRow['published'],
  distance: number | null,
  isWhole: boolean,
  hasDiverged: boolean,
): Verdict {
  if (published === null) return 'no published value';
  const { bound, confidence } = published;
  if (distance === null || hasDiverged || Math.abs(distance) > bound.near) return 'miss';
  const isMatch = Math.abs(distance) <= bound.match && isWhole && confidence !== 'as remembered';
  return isMatch ? 'match' : 'near';
}

/** The score of a run that goes beside a published one: of its last epoch where the source does not say which. */
export function scoreAfter(scores: RunRecord['scores'], epoch: PublishedValue['epoch']): number | null {
  const known = scores.filter((score) => score !== null);
  if (epoch === 'best') return known.length > 0 ? Math.min(...known) : null;
  return scores.at(-1) ?? null;
}

/** Both ends of what was published. */
export const ends = (value: PublishedValue['value']): readonly [low: number, high: number] =>
  typeof value === 'number' ? [value, value] : value;

/** How far a value is above (positive) or below a published one; 0 within a range. */
function distanceTo(published: PublishedValue['value'], value: number): number {
  const [low, high] = ends(published);
  return value > high ? value - high : Math.min(value - low, 0);
}
