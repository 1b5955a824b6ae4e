import { RandomStream } from '../../kernels/index.ts';
import { INITIAL_WEIGHTS } from '../../networks/index.ts';
import type { Classifier } from './baseline.ts';
import { classifyByRidge } from './ridge-classifier.ts';

/** A hidden layer as a ReLU network would begin with (He et al. 2015), never trained: what its width alone is worth. */
export const randomFeaturesRidge: Classifier = {
  name: 'random-features-ridge',
  description:
    'The same readout of random ReLU features max(0, x W), as many as the last hidden layer has neurons, with weights from N(0, 2 / n) for n pixels.',
  perWidth: true,
  classify: ({ dataset, device, seed, width }) => {
    const random = new RandomStream(seed, 'random features');
    const drawn = INITIAL_WEIGHTS['he-normal'](random, dataset.width, width);
    return classifyByRidge(
      { dataset, device },
      {
        size: width,
        prepare(k) {
          const weights = k.state('random features', dataset.width, width, drawn);
          return (input) => k.map((v) => Math.max(v, 0), k.matmul(input, weights));
        },
      },
    );
  },
};
