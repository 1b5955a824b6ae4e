import { type Fault, faultsOf } from './fault.ts';

/** Of the forecast score. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'forecast-score',
    ['test/training/forecast-score.test.ts'],
    [
      ['the past in place of the future', '[distance, -distance].map($f)', '[-distance, distance].map($f)'],
      ['the score is that of the future alone', 'future - past', 'future'],
      ['features one step further', '(at + offset) * model.channels', '(at + offset + 1) * model.channels'],
      ['without what explains at once', 'score([0, offset]) - brainScore', 'score([0, offset])'],
    ],
    'training/forecast-score.ts',
  ),
];
