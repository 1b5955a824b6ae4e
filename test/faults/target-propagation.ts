import { type Fault, faultsOf } from './fault.ts';

export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'difference-target-propagation',
    ['difference-target-propagation', 'locality'],
    [
      ['sign of the local error', '2 * (h - t)', '2 * (t - h)', 'learn'],
      ['half of the local loss', '2 * (h - t)', 'h - t', 'learn'],
      ['missing derivative', 'network.throughActivation(i + 1, fromTarget, activity)', 'fromTarget'],
      ['the first target climbs', 'h - s * g', 'h + s * g'],
      ['sign of the correction', 'h + gt - gh', 'h - gt + gh'],
      ['the correction without the layer itself', 'h + gt - gh', '0 * h + gt - gh'],
      ['plain targets are corrected', "variant === 'plain' ? reached : $corrected", '$corrected'],
      ['inverses without biases', 'c + b', 'c + 0 * b', '#invert'],
      [
        'sign of the feedback of direct',
        '$k.matmul(error, this.feedback[i].connection.weights)',
        '$k.matmul(error, $k.map((v) => -v, this.feedback[i]!.connection.weights))',
        '#targets',
      ],
      ['inverses take rates of the output', 'l === activity.length - 1', 'l < 0'],
      ['sign of what an inverse misses', '2 * (r - h)', '2 * (h - r)', '#missedOfLayer'],
      ['an inverse learns without noise', 'h + n', 'h + 0 * n', '#inverseDirection'],
      [
        'missing derivative of the inverse',
        'this.#network.throughActivation(i + 1, missed, state)',
        'missed',
      ],
      [
        'the loss of direct without the variance of the noise',
        '(2 * (r - n)) / (s * s)',
        '2 * (r - n) + 0 * s',
      ],
      [
        'direct reconstructs from the outputs, not their change',
        '$k.map((after, before) => after - before, $answer, $output)',
        '$k.map((after, before) => after + 0 * before, $answer, $output)',
      ],
      ['sum over the batch, not mean', '1 / rate.rows', '1'],
      [
        'inverses learn as fast as the forward weights',
        '{ ...outerProduct($$product), relativeRate: this.#options.inverseRate }',
        '{ ...outerProduct($$product), relativeRate: 1 }',
      ],
      [
        'width of the initial inverses',
        'Math.sqrt(2 / (from.size + to.size))',
        'Math.sqrt(1 / (from.size + to.size))',
      ],
    ],
  ),
  ...faultsOf(
    'optimizer',
    ['optimizer'],
    [
      [
        'the relative rate of a direction is ignored',
        '-base * relativeRate * scheduleFactor($$given)',
        '-base * scheduleFactor($$given)',
      ],
      [
        'feedback learns at the rate of the connection into where it starts',
        'other.from === connection.to',
        'other.to === connection.from',
      ],
    ],
  ),
];
