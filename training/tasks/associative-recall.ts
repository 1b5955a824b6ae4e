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
};
