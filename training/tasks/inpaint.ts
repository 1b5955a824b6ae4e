import type { Split } from '../../data/browser.ts';
import { RandomStream, type Table, UserError } from '../../kernels/index.ts';
import { meanOverExamples } from '../evaluation.ts';
import type { BuiltTask, TaskContext, TaskDefinition } from '../task.ts';
import { checkInputs, checkPixelOutputs } from './layers-fit.ts';
import { squaredErrors } from './reconstruct.ts';
import { fitRidge } from './ridge-fit.ts';

/** Pixels of one side of a patch, or the next smaller number that divides the sides of an image. */
const PATCH = 4;
/** Share of the patches that are shown (He et al. 2022). */
const SHOWN = 1 / 4;

/** Numbers of the pixels that are shown, and of those that are hidden, in ascending order. */
interface Mask {
  readonly shown: readonly number[];
  readonly hidden: readonly number[];
}

/**
 * A quarter of the patches of an image is shown, always the same ones, and the pixels of the others are to be found: a masked autoencoder
 * (He, Chen, Xie, Li, Dollár & Girshick 2022, arXiv:2111.06377, where each image has a mask of its own). The score is held against ridge
 * regression from the pixels that are shown, in closed form: a rule at 1 or above has learned nothing that is not linear.
 */
export const inpaint: TaskDefinition = {
  name: 'inpaint',
  description:
    'Find the three quarters of an image that are hidden, without labels; scored by the squared error beside that of ridge regression.',
  score: { label: 'Test error', unit: 'of that of ridge regression', better: 'lower', digits: 3 },
  defaults: {
    layers: [784, 500, 592],
    loss: 'squared-error',
    outputActivation: 'sigmoid',
    optimizer: 'adam',
    learningRate: 0.001,
  },
  check({ dataset, settings: { layers, loss }, definition }) {
    checkInputs(layers, dataset);
    const { hidden } = maskOf(dataset.shape);
    if (layers.at(-1) !== hidden.length)
      throw new UserError(
        `layers: the last size is ${layers.at(-1)}, but --task inpaint hides ${hidden.length} pixels of an image of '${dataset.name}'`,
      );
    checkPixelOutputs('inpaint', loss, definition);
  },
  build: buildInpaint,
};

/** @param shape rows and columns of an image */
export function maskOf([rows, columns]: readonly [number, number]): Mask {
  let side = PATCH;
  while (rows % side !== 0 || columns % side !== 0) side--;
  const across = columns / side;
  const drawn = new RandomStream(0, 'patches that are shown').uniform((rows / side) * across, 0, 1);
  const order = Array.from(drawn, (_, patch) => patch).sort((a, b) => drawn[a]! - drawn[b]!);
  const isShown = new Set(order.slice(0, Math.round(SHOWN * order.length)));
  const pixels = Array.from({ length: rows * columns }, (_, i) => i);
  const patchOf = (i: number) => Math.floor(i / columns / side) * across + Math.floor((i % columns) / side);
  return {
    shown: pixels.filter((i) => isShown.has(patchOf(i))),
    hidden: pixels.filter((i) => !isShown.has(patchOf(i))),
  };
}

/** The images of a split in parts. */
interface Parts {
  /** Whole images in which hidden pixels are dark. */
  readonly masked: Table;
  /** The pixels that are shown, and those that are hidden, alone. */
  readonly shown: Table;
  readonly hidden: Table;
}

function partsOf({ images }: Split, { shown, hidden }: Mask): Parts {
  const pick = (what: string, pixels: readonly number[]): Table => {
    const values = new Uint8Array(images.count * pixels.length);
    for (let n = 0, at = 0; n < images.count; n++)
      for (const i of pixels) values[at++] = images.values[n * images.columns + i]!;
    return { ...images, name: `${images.name}, ${what}`, columns: pixels.length, values };
  };
  const values = images.values.slice();
  for (let n = 0; n < images.count; n++) for (const i of hidden) values[n * images.columns + i] = 0;
  return {
    masked: { ...images, name: `${images.name}, masked`, values },
    shown: pick('shown pixels', shown),
    hidden: pick('hidden pixels', hidden),
  };
}

async function buildInpaint(context: TaskContext): Promise<BuiltTask> {
  const { kernels: k, dataset, respond, evaluationBatchSize } = context;
  const mask = maskOf(dataset.shape);
  const train = partsOf(dataset.train, mask);
  const ridge = await fitRidge(context, train.shown, train.hidden);
  const errorOf = (name: string, { shown, hidden }: Parts) =>
    meanOverExamples(k, `${name}, by ridge regression`, hidden.count, evaluationBatchSize, 1, (batch) =>
      squaredErrors(k, ridge(k.gather(shown, batch)), k.gather(hidden, batch)),
    ).then((measure) => measure());
  return {
    images: train.masked,
    target: (input) => k.gather(train.hidden, input.rows),
    trainingScore: (output, target) => squaredErrors(k, output, target),
    scale: 1 / (await errorOf('training', train)),
    async scoreOf(name, split) {
      const parts = partsOf(split, mask);
      const scale = 1 / (await errorOf(name, parts));
      return meanOverExamples(k, name, parts.hidden.count, evaluationBatchSize, scale, (batch) =>
        squaredErrors(k, respond(k.gather(parts.masked, batch)).at(-1)!, k.gather(parts.hidden, batch)),
      );
    },
  };
}
