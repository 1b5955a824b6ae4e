import { type Fault, faultsOf } from './fault.ts';

const SCORED = ['test/training/baselines.test.ts'];
const COMPARED = ['test/experiments/baselines.test.ts'];

/** Of what is scored beside the conditions. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'baselines',
    SCORED,
    [['the first class in place of the most frequent one', 'counts.indexOf($most)', '0']],
    'training/baselines/chance.ts',
  ),
  ...faultsOf(
    'baselines',
    SCORED,
    [
      [
        'the last of equals is the nearest',
        'distance < this.#distances[x]',
        'distance <= this.#distances[x]!',
      ],
      [
        'the limit leaves no room for rounding',
        'distance / UNIT - square + $error',
        'distance / UNIT - square - 0.01',
      ],
      ['the nearest test image', 'train.labels.values[row]', 'test.labels!.values[row % test.images.count]!'],
      ['products once', 'ofTrain[begin + j] - 2 * $product', 'ofTrain[begin + j]! - $product'],
    ],
    'training/baselines/nearest-neighbour.ts',
  ),
  ...faultsOf(
    'baselines',
    SCORED,
    [
      ['the images held out are left out of the fit', 'added(sums, $held)', 'sums'],
      ['a readout without its bias', '(v, b) => v + b', '(v: number, b: number) => v + 0 * b'],
      ['a sum of the last block alone', 'sum[i] += values[i]', 'sum[i] = values[i]!'],
    ],
    'training/baselines/ridge-classifier.ts',
  ),
  ...faultsOf(
    'baselines',
    SCORED,
    [
      [
        'features of every seed the same',
        'new RandomStream(seed, $name)',
        'new RandomStream(0 * seed, $name)',
      ],
      ['features that are linear', 'Math.max(v, 0)', 'v'],
    ],
    'training/baselines/random-features-ridge.ts',
  ),
  ...faultsOf(
    'baselines',
    SCORED,
    [['right answers counted', 'classes[i] !== label', 'classes[i] === label']],
    'training/baselines/index.ts',
  ),
  ...faultsOf(
    'baselines',
    COMPARED,
    [
      ['what is recorded is scored again', '!scores.some($isKnown)', 'scores.length >= 0'],
      [
        'one width for all conditions',
        'new Set(conditions.map($width))',
        'new Set([lastHidden(conditions[0]!.settings)])',
      ],
    ],
    'experiments/baselines/complete.ts',
  ),
  ...faultsOf(
    'baselines',
    COMPARED,
    [['a baseline beside conditions of other widths', 'lastHidden(settings) === width', 'width > 0']],
    'results/baseline-summary.ts',
  ),
];
