import { copyError, framesOf } from '../tasks/next-frame.ts';
import type { Predictor } from './baseline.ts';

export const copyLastFrame: Predictor = {
  name: 'copy-last-frame',
  description: 'The last frame that is shown, as if nothing moved.',
  predict: async ({ dataset, argument }) => copyError(dataset.test, framesOf(dataset, argument)),
};
