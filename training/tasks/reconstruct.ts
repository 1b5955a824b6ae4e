import { type Kernels, type Tensor, UserError } from '../../kernels/index.ts';
import { meanOverExamples } from '../evaluation.ts';
import type { TaskDefinition } from '../task.ts';
import { checkInputs, checkPixelOutputs } from './layers-fit.ts';

/** Mean squared difference of each row, m x 1. */
export function squaredErrors(k: Kernels, output: Tensor, target: Tensor): Tensor {
  const squares = k.map((y, t) => (y - t) * (y - t), output, target);
  return k.sum(squares, { over: 'columns', scale: 1 / target.columns });
}

export const reconstruct: TaskDefinition = {
  name: 'reconstruct',
  description:
    'Give back the image itself through a narrow hidden layer, without labels; scored by the mean squared error of a pixel.',
  score: { label: 'Test error', unit: 'squared error per pixel', better: 'lower', digits: 5 },
  defaults: {
    layers: [784, 64, 784],
    loss: 'squared-error',
    outputActivation: 'sigmoid',
    // Plain momentum hardly moves the weights of pixels that are nearly always dark.
    optimizer: 'adam',
    learningRate: 0.003,
  },
  check({ dataset, settings: { layers, loss }, definition }) {
    checkInputs(layers, dataset);
    if (layers.at(-1) !== dataset.width)
      throw new UserError(
        `layers: the last size is ${layers.at(-1)}, but an image of '${dataset.name}' has ${dataset.width} pixels to be reconstructed`,
      );
    checkPixelOutputs('reconstruct', loss, definition);
  },
  async build({ kernels: k, respond, evaluationBatchSize }) {
    return {
      target: (input) => input,
      trainingScore: (output, target) => squaredErrors(k, output, target),
      scale: 1,
      scoreOf: (name, { images }) =>
        meanOverExamples(k, name, images.count, evaluationBatchSize, 1, (batch) => {
          const input = k.gather(images, batch);
          return squaredErrors(k, respond(input).at(-1)!, input);
        }),
    };
  },
};
