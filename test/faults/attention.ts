import { type Fault, faultsOf } from './fault.ts';

/** Of attention over patches, and of the task that moves patches. */
export const FAULTS: readonly Fault[] = [
  ...['attention-neuron', 'astrocyte-attention', 'backprop-through-time'].flatMap((rule) =>
    faultsOf(
      rule,
      [rule],
      [['shares that need not sum to 1', 's * (d - mean)', 's * (d - 0 * mean)']],
      'networks/softmax-backward.ts',
    ),
  ),
  ...faultsOf(
    'attention-neuron',
    ['attention-neuron'],
    [
      [
        'keys that learn as values do',
        'outerProduct(network.keys, attention.patches, below.keys, scale)',
        'outerProduct(network.keys, attention.patches, below.values, scale)',
      ],
      [
        'queries that learn more from large minibatches',
        'outerProduct(network.queries, network.positions, below.queries, scale)',
        'outerProduct(network.queries, network.positions, below.queries, 1)',
      ],
      [
        'errors of the read-out do not come down its weights',
        '{ transposeB: true }',
        '{ transposeB: true, scale: 2 }',
      ],
      ['images of any shape', 'patchPixels(layers[0], { patch, stride });', ''],
    ],
  ),
  ...faultsOf(
    'attention-neuron',
    ['attention-neuron'],
    [
      [
        'scores that grow with the length of keys',
        '{ transposeB: true, scale: 1 / Math.sqrt(d) }',
        '{ transposeB: true }',
      ],
      ['queries and patches change places', '(i % T) * M + Math.floor(i / T)', 'i'],
      ['errors that come back in the order of queries', '(i % M) * T + Math.floor(i / M)', 'i'],
      ['keys without their scale', 'k.matmul(byPatch, queries, { scale })', 'k.matmul(byPatch, queries)'],
      ['patches that all lie at the left', '(top + y) * side + left + x', '(top + y) * side + 0 * left + x'],
      ['one patch too few', 'Math.floor((side - width) / stride) + 1', 'Math.floor((side - width) / stride)'],
      ['patches that leave no other', 'width > most', 'width > side'],
      ['any number of inputs', '!Number.isInteger(side)', 'side < 0'],
    ],
    'networks/patch-attention.ts',
  ),
  ...faultsOf(
    'robustness',
    ['test/training/robustness.test.ts'],
    [
      [
        'one order for all images',
        'rearrange(patches, random)',
        "rearrange(patches, new RandomStream(7, 'one'))",
      ],
      ['orders of any seed', 'new RandomStream(seed, $name)', "new RandomStream(0, 'any')"],
      [
        'dropped patches are shuffled too',
        'dark.has(patch) ? -1 : patch',
        'dark.has(patch) ? -1 : order[patch]',
      ],
      [
        'all patches but the dropped are dark',
        'Math.round(share * patches)',
        'Math.round((1 - share) * patches)',
      ],
      ['patches that do not fill an image', 'length % side !== 0', 'length < side'],
      ['the images as they are', 'corruptImages(images, dataset, argument, kernels.seed)', 'images'],
      ['a share for shuffled patches', 'percent === undefined', 'true', 'isKnown'],
    ],
    'training/tasks/robustness.ts',
  ),
];
