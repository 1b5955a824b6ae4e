import type { Classifier } from './baseline.ts';
import { classifyByRidge } from './ridge-classifier.ts';

export const pixelsRidge: Classifier = {
  name: 'pixels-ridge',
  description: 'A linear readout of the pixels, fitted to one-hot classes by ridge regression.',
  classify: (context) =>
    classifyByRidge(context, { size: context.dataset.width, prepare: () => (input) => input }),
};
