import { join } from 'node:path';
import { UserError } from '../../kernels/index.ts';
import { holdsComparison, readExperiment } from '../../results/index.ts';
import { type CompareEvents, openPlanned } from '../compare.ts';
import { resume } from '../resume.ts';
import { planExperiment } from '../run-experiment.ts';
import { conditionOf, type Paper, type Part } from './catalogue.ts';
import { type RunRecord, recordOf, specHash } from './records.ts';

export interface ReproduceOptions {
  /** Folder in which the comparisons are made. */
  readonly out: string;
  /** Runs at the same time. */
  readonly jobs: number;
}

/** The parts of a paper that are asked for. @throws UserError for a name that none has */
export function chooseParts({ name, parts }: Paper, asked: readonly string[] | null): readonly Part[] {
  const names = parts.map((part) => part.name);
  const unknown = asked?.find((part) => !names.includes(part));
  if (unknown !== undefined)
    throw new UserError(`${name} has no part '${unknown}'; there are ${names.join(', ')}`);
  return asked === null ? parts : parts.filter((part) => asked.includes(part.name));
}

/**
 * Those of the planned seeds for which a run is missing.
 * @param asked of these alone
 * @throws UserError for a seed that is not planned
 */
export function missingSeeds(
  part: Part,
  records: readonly RunRecord[],
  asked: readonly number[] | null = null,
): number[] {
  const { seeds } = part.experiment;
  const other = asked?.find((seed) => !seeds.includes(seed));
  if (other !== undefined)
    throw new UserError(
      `the seed ${other} is not one of those that ${part.paper}, ${part.name}, has planned: ${seeds.join(', ')}`,
    );
  const isThere = (seed: number) => {
    const hashes = part.rows.map((row) => specHash(part, conditionOf(part, row), seed));
    return hashes.every((hash) => records.some(({ spec }) => spec === hash));
  };
  return (asked ?? seeds).filter((seed) => !isThere(seed));
}

/** Seconds between checkpoints: those of large networks take longer to write than some epochs do. */
const CHECKPOINT_EVERY = 60;

/**
 * Runs some seeds of a part, or goes on with them where they were begun.
 * @returns records of those that ended, and how many failed
 * @throws UserError for what cannot work
 */
export async function runPart(
  part: Part,
  seeds: readonly number[],
  { out, jobs }: ReproduceOptions,
  events: CompareEvents = {},
): Promise<{ records: RunRecord[]; failed: number }> {
  const parent = join(out, part.paper);
  const name = `${part.name}-seeds-${seeds.join('-')}`;
  const folder = join(parent, name);
  if (holdsComparison(folder)) await resume(folder, { jobs, retryFailed: true }, events);
  else {
    const definition = { ...part.definition, seeds };
    const source = { definition, locate: String };
    const { parts } = await planExperiment(source, { jobs, checkpointEvery: CHECKPOINT_EVERY });
    await openPlanned(parts[0]!.plan, parent, definition, name).run(events);
  }
  const { runs } = readExperiment(folder);
  return {
    records: runs.flatMap((run) => recordOf(part, run) ?? []),
    failed: runs.filter(({ status }) => status === 'failed').length,
  };
}
