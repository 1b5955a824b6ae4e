import { UserError } from '../../kernels/index.ts';
import type { TaskDefinition } from '../task.ts';
import { classify } from './classify.ts';

/** Names the value of a key that was shown before: classes again, for networks that read an example token by token, and any other. */
export const associativeRecall: TaskDefinition = {
  ...classify,
  name: 'associative-recall',
  description:
    'Name the value of the key that is asked for, after pairs of keys and values; scored by the share of wrong answers.',
  defaults: {
    layers: [288, 16, 16],
    optimizer: 'adam',
    learningRate: 0.01,
  },
  check(setup) {
    classify.check(setup);
    const { dataset, definition, options } = setup;
    const pairs = dataset.shape[0] - 1;
    const isReadByToken = definition.onlyTask === 'associative-recall' && options.pairs !== undefined;
    if (isReadByToken && options.pairs !== pairs)
      throw new UserError(
        `the option 'pairs' of the rule '${definition.name}' is ${options.pairs}, but an example of '${dataset.name}' has ${dataset.shape[0]} tokens (rows), the last of which asks: set it to ${pairs}`,
      );
  },
};
