import { readImages } from '../data/index.ts';
import { openDevice } from '../devices/index.ts';
import type { RunSpec } from '../training/index.ts';
import { openDeviceOf } from './launchers/run-job.ts';
import { findTrainedRun } from './trained-run.ts';

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
  const { dataset, open } = await findTrainedRun(folder);
  const { names, pixels } = await readImages(images, dataset.shape);
  const { trainer, checkpoint, step, notes } = await open((spec) => openDeviceFor(spec, device));
  try {
    const rates = await trainer.predict(pixels);
    const outputs = rates.length / names.length;
    return {
      checkpoint,
      step,
      notes,
      images: names.map((image, i) => {
        const own = Array.from(rates.subarray(i * outputs, (i + 1) * outputs));
        return { image, class: outputs === dataset.classes ? largest(own) : null, rates: own };
      }),
    };
  } finally {
    await trainer.dispose();
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
