import { type Fault, faultsOf } from './fault.ts';

const LPL = ['lpl', 'locality-self-supervised'];
const CLAPP = ['clapp', 'locality-self-supervised'];

/** Of rules whose layers learn from two views of an image. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf('lpl', LPL, [
    ['away from the view before', 'p * (z - before)', 'p * (before - z)'],
    [
      'variances that shrink',
      'p * (z - before) - (h * d) / (variance + smallest)',
      'p * (z - before) + (h * d) / (variance + smallest)',
    ],
    ['no floor of the variance', 'variance + smallest', 'variance + 0 * smallest'],
    ['the diagonal of the covariances too', 'correlated - variance * d', 'correlated - 0 * variance * d'],
    ['the printed formula, without the factor 4', '4 * decorrelation', 'decorrelation'],
    ['the printed formula, without the factor 2', '2 * predictive', 'predictive'],
    [
      'variances over the batch, not one less',
      '(2 * hebbian) / ((batch - 1) * size)',
      '(2 * hebbian) / (batch * size)',
    ],
    ['the image in the place of its second view', 'this.#eye.move(input)', 'input'],
    [
      'presynaptic rates of the first view',
      'outerProduct(connection, now[l].rate, post, 1)',
      'outerProduct(connection, before[l]!.rate, post, 1)',
    ],
    ['the read-out learns from moved images', 'before.at(-2).rate', 'now.at(-2)!.rate'],
    ['batches of one', 'batch < 2', 'batch < 1'],
  ]),
  ...faultsOf('clapp', CLAPP, [
    ['fixations and saccades exchanged', 'y * u < 1 ? -y : 0', 'y * u < 1 ? y : 0'],
    ['learning goes on where the layer was right', 'y * u < 1', 'y * u < 1e9'],
    ['a margin of none', 'y * u < 1', 'y * u < 0'],
    [
      'the first image does not learn',
      '{ pre: first[l].rate, post: post(retrodicted, first), scale }',
      '{ pre: first[l]!.rate, post: post(retrodicted, first), scale: 0 }',
    ],
    [
      'retrodiction by P itself',
      'k.matmul(rate, prediction.weights, { transposeB: true })',
      'k.matmul(rate, prediction.weights)',
    ],
    [
      'predictions are not gated',
      '{ pre: context, post: gated(rate), scale }',
      '{ pre: context, post: rate, scale }',
    ],
    [
      'presynaptic rates of the first image alone',
      '{ pre: activity[l].rate, post: post(predicted, activity), scale }',
      '{ pre: first[l]!.rate, post: post(predicted, activity), scale }',
    ],
    ['saccades to the same image', 'otherRows(k, fixation)', 'fixation'],
    ['fixations alone', '2 * rests - 1', '1 + 0 * rests'],
  ]),
  ...faultsOf(
    'lpl',
    ['views'],
    [
      [
        'movements to one side alone',
        'k.uniform($name, 1, 1, -this.#shift, $end)',
        'k.uniform($name, 1, 1, 0, $end)',
      ],
      ['the largest shift never comes up', 'this.#shift + 1', 'this.#shift'],
      ['images wrap around', 'row - fromRow === down && $across', '$across'],
      ['one movement for both directions', "this.#draw('down')", 'across'],
      ['a row may be its own other', 'other === mine + 1', 'other === mine'],
      ['the cycle is open', '(mine === last && other === 0)', '(mine === last && other === last)'],
      ['any number of pixels is square', '!Number.isInteger(side)', '!Number.isInteger(inputs)'],
    ],
    'rules/views.ts',
  ),
];
