import { UserError } from '../kernels/index.ts';
import { type ComparedRun, type ComparisonDocument, readRun, type StoredRun } from '../results/index.ts';
import type { RunSpec } from '../training/index.ts';
import { type CompareEvents, prepareComparison } from './compare.ts';
import { differingMetric } from './differing-metric.ts';
import { checkPlugins } from './plugins.ts';

/** A run that was repeated. */
export interface Repetition {
  readonly original: StoredRun;
  readonly repeated: ComparedRun;
  readonly document: ComparisonDocument;
  /** Null if every metric but the times, and the bits of all states, are those of the original; or where they differ first. */
  readonly difference: string | null;
}

/**
 * Runs the spec of a run folder again.
 * @param folder of the run
 * @param out folder in which a comparison's folder is made, with the one run
 * @throws UserError when the folder holds no run, its plug-ins or dataset are not those of the run, or it cannot be done here
 */
export async function repeatRun(
  folder: string,
  out: string,
  events: CompareEvents = {},
): Promise<Repetition> {
  const original = readRun(folder);
  const { spec } = original;
  checkPlugins(spec.plugins);
  const { id, label, rule, settings, options } = spec.condition;
  const { run, datasetHash } = await prepareComparison({
    dataset: spec.dataset.name,
    validation: spec.dataset.validation,
    splitSeed: spec.dataset.splitSeed,
    task: spec.task,
    ...(spec.scored && { scored: spec.scored }),
    seeds: [spec.seed],
    diagnostics: spec.diagnostics.length === 0 ? ['none'] : spec.diagnostics,
    rules: [{ id, label, rule, settings, options, ...recipeOf(spec) }],
    device: { ...spec.device.asked, device: spec.device.settled.device },
    plugins: spec.plugins.map(({ path }) => path),
    out,
    jobs: 1,
  });
  checkDataset(datasetHash, spec, folder);
  const document = await run(events);
  const repeated = document.runs[0]!;
  return { original, repeated, document, difference: differenceOf(original, repeated) };
}

/** @throws UserError when the run is as long as the clock made it, so that no other has its bits */
export function checkRepeatable(folder: string): void {
  const { seconds } = readRun(folder).spec.condition.settings;
  if (seconds !== null)
    throw new UserError(
      `${folder} has a budget in seconds, in which another run gets less or more far, so its bits cannot be checked; repeat it without --check`,
    );
}

const recipeOf = ({ condition: { recipe } }: RunSpec) => (recipe === null ? {} : { recipe });

/** @throws UserError when the dataset is not the one of the run */
export function checkDataset(hash: string, { dataset }: RunSpec, folder: string): void {
  if (hash !== dataset.hash)
    throw new UserError(
      `the dataset '${dataset.name}' is not the one that ${folder} was trained on: its content has changed`,
    );
}

function differenceOf(original: StoredRun, repeated: ComparedRun): string | null {
  if (original.status === 'unfinished')
    return `the original run did not end: it has ${original.epochs.length} epochs to compare with`;
  if (original.status !== repeated.status) return `it ended as ${repeated.status}, not as ${original.status}`;
  for (const [i, epoch] of original.epochs.entries()) {
    const metric = differingMetric(epoch, repeated.epochs[i]);
    if (metric !== null) return `${metric} differs in epoch ${epoch.epoch}`;
  }
  if (original.epochs.length !== repeated.epochs.length)
    return `it has ${repeated.epochs.length} epochs, not ${original.epochs.length}`;
  return original.statesHash === repeated.statesHash ? null : 'the bits of the trained states differ';
}
