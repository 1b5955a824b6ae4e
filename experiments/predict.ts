import { hashDataset, loadDataset, readImages } from '../data/index.ts';
import { openDevice } from '../devices/index.ts';
import { readRun, trainedCheckpoint } from '../results/index.ts';
import type { RunSpec } from '../training/index.ts';
import { openDeviceOf, trainerOf } from './launchers/run-job.ts';
import { checkPlugins, loadPlugins } from './plugins.ts';
import { checkDataset } from './repeat.ts';

/** How a stored run predicts. */
export interface PredictOptions {
  /** Where to compute; that of the run when left out. */
  readonly device?: 'auto' | 'cpu' | 'gpu' | undefined;
}

/** What a network answers to one image. */
export interface ImagePrediction {
  /** Name of its file, or its place in the IDX file from 0. */
  readonly image: string;
  /** The class of the largest output rate; null where outputs are no classes, or not numbers. */
  readonly class: number | null;
  /** Rate of each output neuron, in the unit of its activation. */
  readonly rates: readonly number[];
}

/** What a stored run predicts. */
export interface RunPrediction {
  /** The checkpoint that the weights are from. */
  readonly checkpoint: string;
  /** Minibatches that it was trained for. */
  readonly step: number;
  /** A sentence for each checkpoint that is newer, and damaged. */
  readonly notes: readonly string[];
  readonly images: readonly ImagePrediction[];
}

/**
 * Shows images to the network of a run, with the weights of its newest checkpoint. Rules that draw random numbers, such as
 * those of spiking neurons, draw them by the seed of the run and the place of the image: the same call, the same rates.
 * @param folder of the run
 * @param images an IDX file of images, a PNG file, or a folder of PNG files, of the size that the network was trained on
 * @throws UserError when run, checkpoint, plug-ins, dataset or images are missing, have changed or do not fit together
 */
export async function predictRun(
  folder: string,
  images: string,
  { device }: PredictOptions = {},
): Promise<RunPrediction> {
  const { spec } = readRun(folder);
  const { checkpoint, path, notes } = trainedCheckpoint(folder);
  checkPlugins(spec.plugins);
  const plugins = await loadPlugins(spec.plugins.map((plugin) => plugin.path));
  const { name, validation, splitSeed } = spec.dataset;
  // The trainer is built on it, though no example is looked at.
  const dataset = await loadDataset(name, { validation, seed: splitSeed }, plugins.datasets);
  checkDataset(await hashDataset(dataset), spec, folder);
  const { names, pixels } = await readImages(images, dataset.shape);
  const opened = await openDeviceFor(spec, device);
  try {
    const trainer = await trainerOf({ ...spec, diagnostics: [] }, opened, { dataset, extensions: plugins });
    await trainer.load(checkpoint);
    const rates = await trainer.predict(pixels);
    const outputs = rates.length / names.length;
    return {
      checkpoint: path,
      step: checkpoint.step,
      notes,
      images: names.map((image, i) => {
        const own = Array.from(rates.subarray(i * outputs, (i + 1) * outputs));
        return { image, class: outputs === dataset.classes ? largest(own) : null, rates: own };
      }),
    };
  } finally {
    await opened.dispose();
  }
}

const openDeviceFor = (spec: RunSpec, device: PredictOptions['device']) => {
  if (device === undefined) return openDeviceOf(spec);
  const { layers, batch } = spec.condition.settings;
  return openDevice({ device, layers, batch });
};

/** The place of the largest value, the first of equal ones; null when one is not a number. */
const largest = (values: readonly number[]): number | null =>
  values.some(Number.isNaN) ? null : values.indexOf(Math.max(...values));
