import { type Fault, faultsOf } from './fault.ts';

/** Of the rule whose layers learn by themselves, and of its network. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'forward-forward',
    ['forward-forward', 'locality-layer-wise'],
    [
      ['sign of the loss', 'sigmoid($logit) - label', 'label - sigmoid($logit)'],
      [
        'negative images count as positive ones',
        'this.#error(l, negative[l], 0)',
        'this.#error(l, negative[l]!, 1)',
      ],
      ['no threshold', 'sigmoid(share * squares - threshold)', 'sigmoid(share * squares - 0 * threshold)'],
      ['the threshold of a sum for a mean', 'theta * size * share', 'theta * size'],
      ['sum of the two passes, not mean', '1 / (2 * input.rows)', '1 / input.rows'],
      [
        'activity that is not normalised as presynaptic factor',
        '{ pre: positive[l].received, $$rest }',
        '{ pre: l === 0 ? positive[l]!.received : positive[l - 1]!.rate, $$rest }',
      ],
      ['the right label in negative images', 'this.#wrongLabels(target, output.rate)', 'target'],
      ['a wrong label may be the right one', '(u, t) => (t > 0 ? -1 : u)', '(u, t) => u + 0 * t'],
      ['a hard label may be the right one', 't > 0 ? -1e38 : $rank', '$rank'],
      [
        'hard labels where they are unlikely',
        'Math.log(Math.max(u, 1e-9)) / Math.max(p, 1e-30)',
        'Math.log(Math.max(u, 1e-9)) * Math.max(p, 1e-30)',
      ],
      ['the answer counts the first hidden layer', 'network.judges($layers)', '$layers'],
      [
        'goodness of a mean where it is a sum',
        "this.#options.goodness === 'mean' ? 1 / rate.columns : 1",
        '1 / rate.columns',
      ],
      [
        'peer normalisation drives activities apart',
        'e + strength * (m - center)',
        'e - strength * (m - center)',
      ],
      [
        'peer normalisation of a mean over images',
        '2 * peerNormalisation * 2 * $rest',
        '2 * peerNormalisation * $rest',
      ],
      ['the running mean is forgotten', 'decay * m + (1 - decay) * now', '0 * decay * m + (1 - decay) * now'],
      [
        'the running mean is not kept',
        'this.#context.kernels.mapInto(this.#means[l], (m) => m, mean)',
        'mean',
      ],
      [
        'activities of the negative pass in the mean',
        'this.#nextMean(mean, positive[l].rate)',
        'this.#nextMean(mean, negative[l]!.rate)',
      ],
      [
        'the read-out learns from the positive pass',
        'network.readoutInputs(neutral)',
        'network.readoutInputs(network.forward(images, target))',
        '#look',
      ],
      ['the full gradient where it is not wanted', 'passes ? inRate : $through', 'inRate'],
    ],
  ),
  ...faultsOf(
    'forward-forward',
    ['forward-forward', 'locality-layer-wise'],
    [
      [
        'goodness reaches the next layer',
        'h / (Math.sqrt(squares / count) + smallest)',
        'h + 0 * squares * count * smallest',
      ],
      ['length instead of root mean square', "$this === 'rms' ? rate.columns : 1", '1', 'normalise'],
      [
        'the label is not normalised with the image',
        '(image + label) / divisor + b',
        'image / divisor + label + b',
      ],
      [
        'the length of the label does not count',
        'Math.sqrt((image + label) / count)',
        'Math.sqrt((image + 0 * label) / count)',
      ],
      ['the label is added to the pixels', '(1 - taken) * x', 'x + 0 * taken'],
      ['a neutral label of ones', '1 / classes', '1'],
      ['the read-out reads the first hidden layer', 'layers.slice(1)', 'layers.slice(0, -1)'],
      [
        'the read-out receives activity that is not normalised',
        '{ $$before, received: this.normalise(rate) }',
        '{ $$before, received: rate }',
      ],
    ],
    'networks/forward-forward.ts',
  ),
];
