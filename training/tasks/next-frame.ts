import type { Dataset, Split } from '../../data/browser.ts';
import { type Table, UserError } from '../../kernels/index.ts';
import { meanOverExamples } from '../evaluation.ts';
import type { BuiltTask, TaskContext, TaskDefinition } from '../task.ts';
import { checkPixelOutputs } from './layers-fit.ts';
import { squaredErrors } from './reconstruct.ts';

/**
 * Frames of a sequence are shown, and one that follows is to be predicted: the last one of the film strip, from those that end `ahead` frames before it.
 * How many are shown follows from the first layer. The score is held against copying the last frame that is shown, the question that
 * comes up first where frames are predicted (Lotter, Kreiman & Cox 2017, arXiv:1605.08104, Table 1).
 */
export const nextFrame: TaskDefinition = {
  name: 'next-frame',
  description:
    'Predict the last frame of a sequence from those that end so many frames ahead of it; scored by the squared error beside that of copying the last frame shown.',
  argument: 'frames-ahead',
  score: { label: 'Test error', unit: 'of that of copying the last frame', better: 'lower', digits: 3 },
  scoresFrames: true,
  defaults: {
    layers: [768, 256, 256],
    loss: 'squared-error',
    outputActivation: 'sigmoid',
    optimizer: 'adam',
    learningRate: 0.001,
  },
  check({ argument, dataset, settings: { layers, loss }, definition }) {
    const { size, shown } = framesOf(dataset, argument);
    const frames = layers[0]! / size;
    if (!Number.isInteger(frames) || frames > shown)
      throw new UserError(
        `layers: the first size is ${layers[0]}, but --task next-frame:${argument} can show 1 to ${shown} frames of ${size} pixels of '${dataset.name}'; write ${size * shown} for all of them`,
      );
    if (layers.at(-1) !== size)
      throw new UserError(
        `layers: the last size is ${layers.at(-1)}, but a frame of '${dataset.name}' has ${size} pixels to be predicted`,
      );
    checkPixelOutputs('next-frame', loss, definition);
  },
  build: buildNextFrame,
};

/**
 * What can be shown of the sequences of a dataset.
 * @param argument frames from the last one that is shown to the one that is predicted
 * @returns pixels of a frame, frames that can be shown, and frames ahead
 * @throws UserError when images are no sequences, or too short
 */
export function framesOf(
  { name, frames, width }: Dataset,
  argument: string,
): { readonly size: number; readonly shown: number; readonly ahead: number } {
  if (frames === undefined)
    throw new UserError(
      `the images of '${name}' are no sequences of frames for --task next-frame; choose --dataset moving-digits:4`,
    );
  const ahead = /^\d+$/.test(argument) ? Number(argument) : Number.NaN;
  if (!(ahead >= 1 && ahead < frames))
    throw new UserError(
      `the task 'next-frame' needs a whole number of frames ahead, from 1 to ${frames - 1} with the ${frames} frames of '${name}', as in next-frame:1, not '${argument}'`,
    );
  return { size: width / frames, shown: frames - ahead, ahead };
}

/** So many pixels of each image, from one on. */
export function columnsOf({ images }: Split, what: string, first: number, count: number): Table {
  const values = new Uint8Array(images.count * count);
  for (let n = 0; n < images.count; n++) {
    const from = n * images.columns + first;
    values.set(images.values.subarray(from, from + count), n * count);
  }
  return { ...images, name: `${images.name}, ${what}`, columns: count, values };
}

/** Mean squared error of a pixel of the last frame, if it were the last one that is shown. */
export function copyError(split: Split, { size, shown, ahead }: ReturnType<typeof framesOf>): number {
  const [last, target] = [shown - 1, shown - 1 + ahead].map(
    (t) => columnsOf(split, '', t * size, size).values,
  );
  let sum = 0;
  for (const [i, byte] of last!.entries()) sum += (byte - target![i]!) ** 2;
  return (sum * split.images.scale ** 2) / last!.length;
}

async function buildNextFrame({
  kernels: k,
  dataset,
  argument,
  settings: { layers },
  respond,
  evaluationBatchSize,
}: TaskContext): Promise<BuiltTask> {
  const frames = framesOf(dataset, argument);
  const { size } = frames;
  const shown = { first: frames.shown * size - layers[0]!, count: layers[0]! };
  const partsOf = (split: Split) => ({
    input: columnsOf(split, 'frames that are shown', shown.first, shown.count),
    target: columnsOf(split, 'frame to predict', split.images.columns - size, size),
    scale: 1 / copyError(split, frames),
  });
  const train = partsOf(dataset.train);
  return {
    images: train.input,
    shown,
    target: (input) => k.gather(train.target, input.rows),
    trainingScore: (output, target) => squaredErrors(k, output, target),
    scale: train.scale,
    scoreOf: (name, split) => {
      const { input, target, scale } = partsOf(split);
      return meanOverExamples(k, name, target.count, evaluationBatchSize, scale, (batch) =>
        squaredErrors(k, respond(k.gather(input, batch)).at(-1)!, k.gather(target, batch)),
      );
    },
  };
}
