import { type Dataset, findOverlap, hashDataset, loadDataset } from '../data/index.ts';
import { type DeviceOptions, openDevice } from '../devices/index.ts';
import { type Device, UserError } from '../kernels/index.ts';
import {
  collectProvenance,
  type ExperimentRecord,
  firstDifference,
  type Provenance,
  type StoredExperiment,
} from '../results/index.ts';
import { type Condition, type RunSpec, SPEC_FORMAT } from '../training/index.ts';
import { checkBudgets } from './check-budgets.ts';
import { checkAgainst, comparedScore, type Experiment } from './experiment.ts';
import { mistakeAt } from './mistake.ts';
import type { Plugins } from './plugins.ts';

/** All that runs need, checked. */
export interface Setup {
  readonly experiment: Experiment;
  readonly record: ExperimentRecord;
  readonly dataset: Dataset;
  readonly plugins: Plugins;
  readonly replicas: Device['capabilities']['replicas'];
  /** What the specs have in common. */
  readonly common: Common;
  readonly specs: readonly RunSpec[];
  readonly provenance: Provenance;
}

type Common = Pick<RunSpec, 'dataset' | 'device' | 'plugins'>;

/**
 * Loads the dataset and opens the device, so that what cannot work ends a comparison before it starts.
 * @param opened how the device is opened, where that is not as it was asked for
 */
export async function setUp(
  experiment: Experiment,
  plugins: Plugins,
  asked: DeviceOptions,
  opened = asked,
): Promise<Setup> {
  const { dataset: name, validation, splitSeed } = experiment;
  const dataset = await loadDataset(name, { validation, seed: splitSeed }, plugins.datasets).catch(
    mistakeAt(['dataset']),
  );
  checkAgainst(experiment, dataset);
  const hashing = hashDataset(dataset);
  const { settled, replicas } = await settleDevice(opened, experiment).catch(mistakeAt(['device']));
  const common: Common = {
    dataset: { name, hash: await hashing, validation, splitSeed },
    device: { asked, settled },
    plugins: [...plugins.files],
  };
  await checkBudgets(experiment, dataset, common.dataset.hash);
  return {
    experiment,
    record: recordOf(experiment, dataset),
    dataset,
    plugins,
    replicas,
    common,
    specs: specsOf(experiment, common),
    provenance: collectProvenance(),
  };
}

/** The same with other conditions. */
export const withConditions = (setup: Setup, conditions: readonly Condition[]): Setup => {
  const experiment = { ...setup.experiment, conditions };
  return { ...setup, experiment, specs: specsOf(experiment, setup.common) };
};

/** Where a run lies in the comparison's folder. */
export const placeOf = ({ condition: { id }, seed }: RunSpec) => ({
  condition: id,
  seed,
  folder: `${id}-seed-${seed}`,
});

const specsOf = ({ conditions, seeds, task, diagnostics, scored }: Experiment, common: Common): RunSpec[] =>
  conditions.flatMap((condition) =>
    seeds.map((seed) => ({
      format: SPEC_FORMAT,
      condition,
      seed,
      task,
      diagnostics: [...diagnostics],
      ...(scored && { scored }),
      ...common,
    })),
  );

/** @throws UserError when the comparison of a folder is not what this version makes of it */
export function refuseOther(
  folder: string,
  { record, experiment, provenance: { dendrite } }: Setup,
  stored: StoredExperiment,
): void {
  const versions =
    dendrite === stored.dendrite ? '' : ` in Dendrite ${dendrite}, which ${stored.dendrite} made,`;
  const now = JSON.parse(JSON.stringify({ experiment: record, conditions: experiment.conditions }));
  const then = { experiment: stored.experiment, conditions: stored.conditions };
  refuseDifference(folder, `comparison${versions}`, now, then);
}

/** @throws UserError when two JSON values differ */
export function refuseDifference(folder: string, what: string, now: unknown, then: unknown): void {
  const difference = firstDifference(now, then);
  if (difference !== null)
    throw new UserError(
      `the ${what} is not that of ${folder} (${difference} as there): go on where it was begun, or start a new comparison`,
    );
}

/** A device as it will be opened for every run, and how many replicas it takes. */
interface Settled {
  readonly settled: RunSpec['device']['settled'];
  readonly replicas: Device['capabilities']['replicas'];
}

/**
 * Opens the device once, so that one that cannot work ends the comparison before it starts, and so that `auto` means
 * the same device for every run.
 */
async function settleDevice(options: DeviceOptions, { conditions }: Experiment): Promise<Settled> {
  const { layers, batch } = conditions[0]!.settings;
  const device = await openDevice({ ...options, layers, batch });
  const { name, backend, blas } = device.info;
  await device.dispose();
  return {
    settled: { device: name === 'gpu' ? 'gpu' : 'cpu', backend, blas },
    replicas: device.capabilities.replicas,
  };
}

/** The experiment as results show it. */
function recordOf(experiment: Experiment, dataset: Dataset): ExperimentRecord {
  const { dataset: name, validation, task, seeds, diagnostics, scored } = experiment;
  const { contrasts, equivalence, baselines } = experiment;
  const overlap = findOverlap(dataset);
  return {
    dataset: name,
    ...(dataset.comparable !== true && {
      note: `not comparable with published figures: ${dataset.comparable}`,
    }),
    trainExamples: dataset.train.images.count,
    testExamples: dataset.test.images.count,
    ...(overlap && { overlap: { ...overlap, first: [...overlap.first] } }),
    validation,
    task,
    ...(scored && { scored }),
    score: comparedScore(experiment),
    diagnostics: [...diagnostics],
    ...(baselines.length > 0 && { baselines: [...baselines] }),
    seeds: [...seeds],
    contrasts: [...contrasts],
    ...(equivalence !== undefined && { equivalence }),
  };
}
