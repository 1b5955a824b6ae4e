import { type Fault, faultsOf } from './fault.ts';

/** Of backprop and the rules of the feedback-alignment family. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'layer-errors',
    ['backprop'],
    [
      [
        'missing derivative',
        'network.throughActivation(l, descend(errors[0]!, l), activity)',
        'descend(errors[0]!, l)',
      ],
      ['sign of the direction', '1 / errors[l]!.rows', '-1 / errors[l]!.rows'],
      ['sum over the batch, not mean', '1 / errors[l]!.rows', '1'],
      ['potential as presynaptic factor', 'activity[l]!.rate', 'activity[l]!.potential'],
    ],
  ),
  ...faultsOf(
    'backprop',
    ['backprop'],
    [['sign of the descending error', '{ transposeB: true }', '{ transposeB: true, scale: -1 }']],
  ),
  ...faultsOf(
    'feedback-alignment',
    ['feedback-alignment', 'locality'],
    [
      [
        'sign of the descending error',
        'k.matmul(error, feedback[l - 1]!.weights)',
        'k.matmul(error, feedback[l - 1]!.weights, { scale: -1 })',
      ],
      [
        'forward weights as feedback',
        'k.matmul(error, feedback[l - 1]!.weights)',
        'k.matmul(error, network.connections[l]!.weights, { transposeB: true })',
      ],
      [
        'feedback drawn anew for each minibatch',
        'feedback[l - 1]!.weights),',
        "k.uniform('B', feedback[l - 1]!.weights.rows, feedback[l - 1]!.weights.columns, -0.5, 0.5)),",
      ],
    ],
  ),
  ...faultsOf(
    'direct-feedback-alignment',
    ['feedback-alignment', 'locality'],
    [
      [
        'sign of the error',
        'k.matmul(outputError, weights)',
        'k.matmul(outputError, weights, { scale: -1 })',
      ],
      [
        'missing derivative',
        'network.throughActivation(l + 1, k.matmul(outputError, weights), activity)',
        'k.matmul(outputError, weights)',
      ],
      ['target instead of error', 'k.matmul(outputError, weights)', 'k.matmul(target, weights)'],
      [
        'forward weights as feedback',
        'k.matmul(outputError, weights)',
        'l === feedback.length - 1 ? k.matmul(outputError, connections.at(-1)!.weights, { transposeB: true }) : k.matmul(outputError, weights)',
      ],
      ['range of the feedback', 'Math.sqrt(to.size)', 'to.size'],
    ],
  ),
  ...faultsOf(
    'indirect-feedback-alignment',
    ['indirect-feedback-alignment', 'locality'],
    [
      [
        'sign of the ascending error',
        'k.matmul(errors[l - 1]!, weights)',
        'k.matmul(errors[l - 1]!, weights, { scale: -1 })',
      ],
      [
        'rates ascend, not errors',
        'k.matmul(errors[l - 1]!, weights)',
        'k.matmul(activity[l]!.rate, weights)',
      ],
      ['missing derivative', 'network.throughActivation(l + 1, arriving, activity)', 'arriving'],
      [
        'the output layer learns nothing of its own',
        '[...errors, outputError]',
        '[...errors, k.matmul(errors.at(-1)!, network.connections.at(-1)!.weights)]',
      ],
    ],
  ),
  ...faultsOf(
    'sign-symmetry',
    ['sign-symmetry', 'locality'],
    [
      ['opposite signs', '(w > 0 ? m : w < 0 ? -m : 0)', '(w > 0 ? -m : w < 0 ? m : 0)'],
      ['magnitudes of the forward weights', '(w > 0 ? m : w < 0 ? -m : 0)', '(w > 0 ? m * w : m * w)'],
      ['zero weights count as negative', 'w < 0 ? -m : 0', '-m'],
      [
        'random magnitudes drawn once for both variants',
        "(variant === 'batch-random')",
        "(variant === 'none')",
      ],
      [
        'random magnitudes drawn anew for both variants',
        "(variant === 'batch-random')",
        "(variant !== 'uniform')",
      ],
      ['scale of uniform feedback', 'Math.sqrt(2 / (rows + columns))', 'Math.sqrt(1 / (rows + columns))'],
      ['scale of random feedback', 'Math.sqrt(6 / (rows + columns))', 'Math.sqrt(2 / (rows + columns))'],
    ],
  ),
  ...faultsOf(
    'kolen-pollack',
    ['kolen-pollack', 'locality'],
    [
      [
        'sign of the feedback update',
        'activity[l + 1]!.rate, 1 / target.rows)',
        'activity[l + 1]!.rate, -1 / target.rows)',
      ],
      ['feedback does not decay', '          decay,\n', ''],
      ['forward weights do not decay', '{ ...direction, decay }', 'direction'],
      [
        'potentials in the feedback update',
        'activity[l + 1]!.rate, 1 / target.rows)',
        'activity[l + 1]!.potential, 1 / target.rows)',
      ],
      ['feedback does not learn', '[...forward, ...backward]', 'forward'],
      [
        'forward weights as feedback',
        'k.matmul(error, feedback[l - 1]!.weights)',
        'k.matmul(error, above[l - 1]!.weights, { transposeB: true })',
      ],
      [
        'sign of the descending error',
        'k.matmul(error, feedback[l - 1]!.weights)',
        'k.matmul(error, feedback[l - 1]!.weights, { scale: -1 })',
      ],
    ],
  ),
  ...faultsOf(
    'weight-mirror',
    ['weight-mirror', 'locality', 'feedback'],
    [
      ['sign of the mirror update', 'scale: mirrorRate / examples', 'scale: -mirrorRate / examples'],
      ['sum over the noise, not mean', 'scale: mirrorRate / examples', 'scale: mirrorRate'],
      ['feedback does not decay', 'b - decay * b', 'b'],
      ['feedback grows instead of decaying', 'b - decay * b', 'b + decay * b'],
      ['noise with a mean', 'from.size, 0, noise)', 'from.size, noise, noise)'],
      ['rates at rest count as answers', '(r, rest) => r - rest', '(r, _rest) => r'],
      [
        'forward weights as feedback',
        'k.matmul(error, feedback[l - 1]!.weights)',
        'k.matmul(error, above[l - 1]!.weights, { transposeB: true })',
      ],
      [
        'wrong phase: the mirror works while the network learns',
        'const activity = network.forward(input);',
        'const activity = network.forward(input);\n        mirror(above[0]!, feedback[0]!, target.rows);',
      ],
    ],
  ),
  ...faultsOf(
    'weight-mirror',
    ['test/experiments/pause.test.ts'],
    [['the mirror phase never comes', 'rule.pause?.(plan.batch);', '']],
    'experiments/prepared-run.ts',
  ),
  ...faultsOf(
    'drtp',
    ['drtp', 'locality'],
    [
      [
        'error instead of target',
        'k.matmul(target, weights)',
        'k.matmul(network.outputError(activity, target), weights)',
      ],
      ['sign of the target', 'k.matmul(target, weights)', 'k.matmul(target, weights, { scale: -1 })'],
      [
        'missing derivative',
        'network.throughActivation(l + 1, k.matmul(target, weights), activity)',
        'k.matmul(target, weights)',
      ],
      ['target as output error', '[...errors, network.outputError(activity, target)]', '[...errors, target]'],
      ['range of the projection', 'Math.sqrt(6 / to.size)', 'Math.sqrt(6 / output.size)'],
    ],
  ),
  ...faultsOf(
    'pepita',
    ['pepita', 'locality'],
    [
      [
        'sign of the difference of rates',
        '(h, modulated) => h - modulated',
        '(h, modulated) => modulated - h',
      ],
      ['sign of the input change', '(x0, fe) => x0 + fe', '(x0, fe) => x0 - fe'],
      [
        'presynaptic rates of the first pass',
        'outerProduct(connection, second[l]!.rate',
        'outerProduct(connection, first[l]!.rate',
      ],
      [
        'output error of the first pass',
        'network.outputError(second, target)',
        'network.outputError(first, target)',
      ],
      [
        'a derivative that does not belong there',
        'k.map((h, modulated) => h - modulated, first[l]!.rate, second[l]!.rate)',
        'network.throughActivation(l, k.map((h, modulated) => h - modulated, first[l]!.rate, second[l]!.rate), first)',
      ],
      ['the second pass starts from the error alone', '(x0, fe) => x0 + fe', '(x0, fe) => 0 * x0 + fe'],
      ['biases learn', '            biases: false,\n', ''],
    ],
  ),
  ...faultsOf(
    'shallow',
    ['shallow'],
    [
      [
        'the first layer learns, not the last',
        'network.connections.at(-1)!, activity.at(-2)!',
        'network.connections.at(-2)!, activity.at(-3)!',
      ],
      ['sign', 'error, 1 / target.rows', 'error, -1 / target.rows'],
    ],
  ),
  ...faultsOf(
    'optimizer',
    ['optimizer', 'kolen-pollack'],
    [
      ["a rule's decay is ignored", ' + (direction.decay ?? 0)', ''],
      [
        'biases learn where a rule does not teach them',
        'direction.biases === false ? null : connection.bias',
        'connection.bias',
      ],
    ],
  ),
];
