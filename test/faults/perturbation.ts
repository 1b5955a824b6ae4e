import { type Fault, faultsOf } from './fault.ts';

/** Of the rules that learn from noise and the change of the loss. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'node-perturbation',
    ['node-perturbation', 'locality-reward'],
    [
      ['sign of the change', 'after - before', 'before - after'],
      ['divided by the deviation, not the variance', '(c * xi) / (sigma * sigma)', '(c * xi) / sigma'],
      ['the loss in place of its change', 'after - before', 'after + 0 * before'],
      ['one layer without noise', 'i + b + xi', 'i + b + (xi > 1 ? xi : 0)'],
      ['a change shared by the minibatch', "{ over: 'columns' }", "{ over: 'all' }"],
      [
        'all layers of one size have the same noise',
        '$k.normal($name, input.rows, to.size, 0, sigma)',
        '$k.map((x, y) => x + 0 * y, $k.normal($name, input.rows, 1, 0, sigma), $k.constant(0, 1, to.size))',
      ],
      [
        'presynaptic rates that see the noise of the whole network',
        'errorDirections(network, activity, errors)',
        'errorDirections(network, activity.map((a) => ({ ...a, rate: k.map((r, c) => r * c, a.rate, change) })), errors)',
      ],
    ],
  ),
  ...faultsOf(
    'three-factor-hebbian',
    ['three-factor-hebbian', 'locality-reward'],
    [
      ['sign of the surprise', 'mean - r', 'r - mean'],
      ['the reward in place of the surprise', 'mean - r', '0 * mean - r'],
      ['sign of the reward', "{ over: 'columns', scale: -1 }", "{ over: 'columns', scale: 1 }"],
      ['a reward shared by the minibatch', "{ over: 'columns', scale: -1 }", "{ over: 'all', scale: -1 }"],
      ['neurons without noise', 'i + b + xi', 'i + b + 0 * xi'],
      ['the potential in place of its difference', 's * (v - mean)', 's * (v - 0 * mean)'],
      ['means that stay', 'decay * m + (1 - decay) * now', 'm + 0 * decay * now'],
      ['the sum over the minibatch, not its mean', '1 / values.rows', '1'],
      [
        'all neurons see the noise of the first',
        'k.map((xi, s) => s * xi, xi, surprise)',
        'k.map((xi, s, first) => s * first + 0 * xi, xi, surprise, k.columns(xi, 0, 1))',
      ],
    ],
  ),
  ...faultsOf(
    'weight-perturbation',
    ['weight-perturbation', 'locality-reward'],
    [
      ['sign of the change', 'after - before', 'before - after'],
      ['divided by the deviation, not the variance', '(c * xi) / (sigma * sigma)', '(c * xi) / sigma'],
      ['the loss in place of its change', 'after - before', 'after + 0 * before'],
      ['the sum over the minibatch, not its mean', '1 / input.rows', '1'],
      ['weights without noise', '(w, xi) => w + xi', '(w, xi) => w + 0 * xi'],
      ['biases without noise', 'i + b + xi', 'i + b + 0 * xi'],
      ['biases learn from other noise', 'estimate(noise[l].bias)', 'estimate(noise[0]!.bias)'],
    ],
  ),
  ...faultsOf(
    'weight-perturbation',
    ['weight-perturbation', 'optimizer'],
    [['an estimate is not among the weights to change', 'copyOf(k, estimate?.weights)', 'null']],
    'rules/direction.ts',
  ),
  ...faultsOf(
    'weight-perturbation',
    ['optimizer'],
    [
      [
        'plain descent overlooks an estimate',
        '!direction.estimate && direction.products.every(hasFixedScale)',
        'direction.products.every(hasFixedScale)',
      ],
    ],
    'rules/optimizer.ts',
  ),
];
