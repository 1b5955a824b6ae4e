import { Kernels } from '../../kernels/index.ts';
import { meanOverExamples } from '../evaluation.ts';
import { columnsOf, framesOf } from '../tasks/next-frame.ts';
import { squaredErrors } from '../tasks/reconstruct.ts';
import { fitRidge } from '../tasks/ridge-fit.ts';
import type { Predictor } from './baseline.ts';
import { BLOCK } from './blocks.ts';

export const framesRidge: Predictor = {
  name: 'frames-ridge',
  description: 'Ridge regression of the last frame onto all frames that can be shown.',
  async predict({ dataset, argument, device }) {
    const k = new Kernels(device, 0);
    const { size, shown } = framesOf(dataset, argument);
    const [train, test] = [dataset.train, dataset.test].map((split) => ({
      shown: columnsOf(split, 'frames that are shown', 0, shown * size),
      target: columnsOf(split, 'frame to predict', split.images.columns - size, size),
    })) as [Parts, Parts];
    const ridge = await fitRidge({ kernels: k, evaluationBatchSize: BLOCK }, train.shown, train.target);
    const measure = await meanOverExamples(k, 'test', test.target.count, BLOCK, 1, (batch) =>
      squaredErrors(k, ridge(k.gather(test.shown, batch)), k.gather(test.target, batch)),
    );
    return measure();
  },
};

type Parts = Readonly<Record<'shown' | 'target', ReturnType<typeof columnsOf>>>;
