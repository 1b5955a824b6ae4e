import type { Kernels, Tensor } from '../../kernels/index.ts';
import { meanOverExamples } from '../evaluation.ts';
import type { TaskDefinition } from '../task.ts';
import { checkClasses, checkInputs } from './layers-fit.ts';

/** 1 for each row whose largest output is not the target's, else 0 (m x 1). NaN counts as wrong. */
export const wrongAnswers = (k: Kernels, output: Tensor, target: Tensor): Tensor =>
  k.map((answer, label) => (answer !== label ? 1 : 0), k.argmax(output), k.argmax(target));

export const classify: TaskDefinition = {
  name: 'classify',
  description: 'Name the class of an image; scored by the share of wrong answers.',
  score: { label: 'Test error', unit: '%', better: 'lower', digits: 2 },
  scoresClasses: true,
  check({ dataset, settings: { layers } }) {
    checkInputs(layers, dataset);
    checkClasses(layers, dataset);
  },
  async build({ kernels: k, dataset, respond, evaluationBatchSize }) {
    return {
      target: (input) => k.gather(dataset.train.labels!, input.rows),
      trainingScore: (output, target) => wrongAnswers(k, output, target),
      scale: 100,
      scoreOf: (name, { images, labels }) =>
        meanOverExamples(k, name, images.count, evaluationBatchSize, 100, (batch) => {
          const output = respond(k.gather(images, batch)).at(-1)!;
          return wrongAnswers(k, output, k.gather(labels!, batch));
        }),
    };
  },
};
