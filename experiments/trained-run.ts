import { type Dataset, hashDataset, loadDataset } from '../data/index.ts';
import type { Device } from '../kernels/index.ts';
import { readRun, trainedCheckpoint } from '../results/index.ts';
import type { RunSpec, Trainer } from '../training/index.ts';
import { trainerOf } from './launchers/run-job.ts';
import { checkPlugins, loadPlugins } from './plugins.ts';
import { checkDataset } from './repeat.ts';

/** A stored run with the weights of its newest checkpoint, to be asked and looked into. */
export interface TrainedRun {
  readonly spec: RunSpec;
  readonly dataset: Dataset;
  readonly trainer: Trainer;
  /** The checkpoint that the weights are from. */
  readonly checkpoint: string;
  /** Minibatches that it was trained for. */
  readonly step: number;
  /** A sentence for each checkpoint that is newer, and damaged. */
  readonly notes: readonly string[];
}

/** A stored run before a device is open: what it takes is found, and is what the run used. */
export interface FoundRun {
  readonly spec: RunSpec;
  readonly dataset: Dataset;
  /**
   * Builds the network on a device and loads the weights, or leaves those that it started from. The trainer disposes of the device.
   * @throws UserError when the checkpoint does not fit
   */
  open(
    openDevice: (spec: RunSpec) => Promise<Device>,
    options?: { readonly untrained?: boolean },
  ): Promise<TrainedRun>;
}

/**
 * Finds what a stored run was trained with and its newest checkpoint.
 * @param folder of the run
 * @throws UserError when run, checkpoint, plug-ins or dataset are missing or have changed
 */
export async function findTrainedRun(folder: string): Promise<FoundRun> {
  const { spec } = readRun(folder);
  const { checkpoint, path, notes } = trainedCheckpoint(folder);
  checkPlugins(spec.plugins);
  const extensions = await loadPlugins(spec.plugins.map((plugin) => plugin.path));
  const { name, validation, splitSeed } = spec.dataset;
  const dataset = await loadDataset(name, { validation, seed: splitSeed }, extensions.datasets);
  checkDataset(await hashDataset(dataset), spec, folder);
  return {
    spec,
    dataset,
    async open(openDevice, { untrained = false } = {}) {
      const device = await openDevice(spec);
      try {
        const trainer = await trainerOf({ ...spec, diagnostics: [] }, device, { dataset, extensions });
        if (!untrained) await trainer.load(checkpoint);
        return { spec, dataset, trainer, checkpoint: path, step: trainer.stepsDone, notes };
      } catch (error) {
        await device.dispose();
        throw error;
      }
    },
  };
}
