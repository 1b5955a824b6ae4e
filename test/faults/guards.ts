import { type Fault, faultsOf } from './fault.ts';

const GUARDS = ['test/training/guards.test.ts'];
const NOTES = ['test/results/table-guards.test.ts'];
const NEWS = ['test/cli/progress.test.ts'];

/** Of what every run is looked at for. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'guards',
    GUARDS,
    [
      ['a few silent neurons are a dead layer', 'silent >= LEAST_SHARE * size', 'silent >= 0.5 * size'],
      ['only a whole layer is dead', 'silent >= LEAST_SHARE * size', 'silent >= size'],
    ],
    'training/guards/dead-layer.ts',
  ),
  ...faultsOf(
    'guards',
    GUARDS,
    [
      [
        'outputs at their bounds are saturated',
        '!isOutput && atAnEnd !== null && atAnEnd >= LEAST_SHARE',
        'isOutput !== null && atAnEnd !== null && atAnEnd >= LEAST_SHARE',
      ],
      ['a layer is never saturated', 'atAnEnd >= LEAST_SHARE', 'atAnEnd! > LEAST_SHARE + 1'],
    ],
    'training/guards/saturated-layer.ts',
  ),
  ...faultsOf(
    'guards',
    GUARDS,
    [['rates near an end are at it', 'Math.abs(r) > 0.9999 * most', 'Math.abs(r) > 0.5 * most']],
    'training/guards/range-ends.ts',
  ),
  ...faultsOf(
    'guards',
    GUARDS,
    [
      ['a rule is blamed for what it does not teach', 'isTaught && isUnchanged', 'isUnchanged'],
      ['a loss of zero is no excuse', 'trainLoss === 0', 'trainLoss === -1'],
    ],
    'training/guards/zero-update.ts',
  ),
  ...faultsOf(
    'guards',
    GUARDS,
    [
      ['weights that are not finite pass', '!(size <= FACTOR * usualSize)', 'size > FACTOR * usualSize'],
      ['weights may be larger', 'FACTOR * usualSize', '1000 * FACTOR * usualSize'],
    ],
    'training/guards/exploding-weights.ts',
  ),
  ...faultsOf(
    'guards',
    GUARDS,
    [['nothing is unsettled', '!(residual <= TOLERANCE)', '!(residual! <= 1000 * TOLERANCE)']],
    'training/guards/unsettled.ts',
  ),
  ...faultsOf(
    'guards',
    GUARDS,
    [
      ['a neuron that was active once is silent', 'count === 0', 'count < 90'],
      ['every residual is zero', 'Math.sqrt(await square())', '0 * (await square!())'],
    ],
    'training/guards/population-observer.ts',
  ),
  ...faultsOf(
    'guards',
    GUARDS,
    [
      [
        'weights are compared with those of the start of the run',
        'this.epochStart = checksumsOf(observed);',
        ';',
        'observe',
      ],
      ['a checksum of the first weights alone', 'i < values.length', 'i < 1', 'summarize'],
    ],
    'training/guards/weights-observer.ts',
  ),
  ...faultsOf(
    'guards',
    GUARDS,
    [
      ['the weights at the start of the epoch are not saved', 'this.#isWithinEpoch && $saved', 'false'],
      ['a run that goes on does not note where', 'await guards.begin();', ';'],
    ],
    'training/trainer.ts',
  ),
  ...faultsOf(
    'guards',
    GUARDS,
    [['a finding is told with its last epoch', '!fired.has(key)', 'key !== null']],
    'training/guards/index.ts',
  ),
  ...faultsOf(
    'guards',
    ['test/data/overlap.test.ts'],
    [
      ['the last training image that is the same', '!copies.has(other) && $same', '$same'],
      ['test images that are the same count once', 'rows.push(row)', 'rows.length = 1'],
    ],
    'data/overlap.ts',
  ),
  ...faultsOf(
    'guards',
    NOTES,
    [
      ['a few images are noted', 'overlap.count < LEAST_OVERLAP * testExamples', 'overlap.count < 1'],
      ['layers are not told apart', "[guard, layer].join(' ')", 'guard'],
    ],
    'results/table-guards.ts',
  ),
  ...faultsOf(
    'guards',
    NEWS,
    [['a finding is told for every run', "[run.condition, guard, layer].join(' ')", 'sentence']],
    'cli/progress/news.ts',
  ),
];
