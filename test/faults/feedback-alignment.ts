import { type Fault, faultsOf } from './fault.ts';

/** How a layer-by-layer rule brings an error down. */
const DESCENT = '$k.matmul(error, feedback[l - 1].connection.weights)';
const ERRORS = `layerErrors(network, activity, target, (error, l) => ${DESCENT})`;

/** Of backprop and the rules of the feedback-alignment family. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'layer-errors',
    ['backprop'],
    [
      [
        'missing derivative',
        'network.throughActivation(l, descend(errors[0], l), activity)',
        'descend(errors[0], l)',
      ],
      ['sign of the direction', '1 / $error.rows', '-1 / $error.rows'],
      ['sum over the batch, not mean', '1 / $error.rows', '1'],
      ['potential as presynaptic factor', 'activity[l].rate', 'activity[l].potential'],
    ],
  ),
  ...faultsOf(
    'backprop',
    ['backprop'],
    [['sign of the descending error', '{ transposeB: true }', '{ transposeB: true, scale: -1 }']],
  ),
  ...faultsOf(
    'feedback',
    ['feedback', 'test/training/diagnostics-values.test.ts'],
    [
      [
        'the forward chain that feedback stands for begins one layer too high',
        'connections.slice(populations.indexOf(to), populations.indexOf(from))',
        'connections.slice(populations.indexOf(to) + 1, populations.indexOf(from) + 1)',
      ],
      [
        'the forward chain highest first',
        'connections.slice(populations.indexOf(to), populations.indexOf(from))',
        'connections.slice(populations.indexOf(to), populations.indexOf(from)).reverse()',
      ],
      [
        'feedback in the layout of the forward weights',
        '$k.state(name, from.size, to.size, values)',
        '$k.state(name, to.size, from.size, values)',
      ],
    ],
    'networks/feedback.ts',
  ),
  ...faultsOf(
    'feedback',
    ['test/training/diagnostics-values.test.ts'],
    [
      [
        'feedback compared with the forward chain as it is, not transposed',
        'transpose(up).values',
        'up.values',
      ],
      [
        'feedback that skips layers compared with the lowest weights alone',
        'chain.reduceRight($multiply)',
        'chain[0]!',
      ],
    ],
    'training/diagnostics/feedback-angle.ts',
  ),
  ...faultsOf(
    'feedback-alignment',
    ['feedback-alignment', 'locality'],
    [
      [
        'sign of the descending error',
        DESCENT,
        '$k.matmul(error, feedback[l - 1]!.connection.weights, { scale: -1 })',
      ],
      [
        'forward weights as feedback',
        ERRORS,
        `layerErrors(network, activity, target, (error, l) =>
          $k.matmul(error, network.connections[l]!.weights, { transposeB: true }))`,
      ],
      [
        'feedback drawn anew for each minibatch',
        '$k.matmul(error, $path.connection.weights)',
        "$k.matmul(error, $k.uniform('B', $path.connection.weights.rows, $path.connection.weights.columns, -0.5, 0.5))",
      ],
    ],
  ),
  ...faultsOf(
    'direct-feedback-alignment',
    ['feedback-alignment', 'locality'],
    [
      [
        'sign of the error',
        '$k.matmul(outputError, connection.weights)',
        '$k.matmul(outputError, connection.weights, { scale: -1 })',
      ],
      [
        'missing derivative',
        'network.throughActivation($l, $k.matmul(outputError, connection.weights), activity)',
        '$k.matmul(outputError, connection.weights)',
      ],
      [
        'target instead of error',
        '$k.matmul(outputError, connection.weights)',
        '$k.matmul(target, connection.weights)',
      ],
      [
        'forward weights as feedback',
        'feedback.map(({ connection }, l) => network.throughActivation(l + 1, $k.matmul(outputError, connection.weights), activity))',
        `feedback.map(({ connection }, l) => network.throughActivation(
          l + 1,
          l === feedback.length - 1
            ? $k.matmul(outputError, network.connections.at(-1)!.weights, { transposeB: true })
            : $k.matmul(outputError, connection.weights),
          activity))`,
      ],
      ['range of the feedback', 'Math.sqrt(hidden.size)', 'hidden.size'],
    ],
  ),
  ...faultsOf(
    'indirect-feedback-alignment',
    ['indirect-feedback-alignment', 'locality'],
    [
      [
        'sign of the ascending error',
        '$k.matmul(errors[l - 1], weights)',
        '$k.matmul(errors[l - 1]!, weights, { scale: -1 })',
      ],
      [
        'rates ascend, not errors',
        '$k.matmul(errors[l - 1], weights)',
        '$k.matmul(activity[l]!.rate, weights)',
      ],
      ['missing derivative', 'network.throughActivation($l, arriving, activity)', 'arriving'],
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
      ['opposite signs', 'w > 0 ? m : w < 0 ? -m : 0', 'w > 0 ? -m : w < 0 ? m : 0'],
      ['magnitudes of the forward weights', 'w > 0 ? m : w < 0 ? -m : 0', 'w > 0 ? m * w : m * w'],
      ['zero weights count as negative', 'w > 0 ? m : w < 0 ? -m : 0', 'w > 0 ? m : -m'],
      ['random magnitudes drawn once for both variants', "variant === 'batch-random'", "variant === 'none'"],
      [
        'random magnitudes drawn anew for both variants',
        "variant === 'batch-random'",
        "variant !== 'uniform'",
      ],
      ['scale of uniform feedback', 'Math.sqrt(2 / (rows + columns))', 'Math.sqrt(1 / (rows + columns))'],
      ['scale of random feedback', 'Math.sqrt(6 / (rows + columns))', 'Math.sqrt(2 / (rows + columns))'],
    ],
  ),
  ...faultsOf(
    'sign-symmetry',
    ['feedback'],
    [
      [
        'observing writes the feedback',
        '({ forward, magnitude }) => $k.map(withSign, magnitude(), $k.transpose(forward.weights))',
        `({ forward, path, magnitude }) =>
          $k.mapInto(path.connection.weights, withSign, magnitude(), $k.transpose(forward.weights))`,
        'observe',
      ],
    ],
  ),
  ...faultsOf(
    'kolen-pollack',
    ['kolen-pollack', 'locality'],
    [
      [
        'sign of the feedback update',
        'outerProduct($path, $error, activity[l + 1].rate, 1 / target.rows)',
        'outerProduct($path, $error, activity[l + 1]!.rate, -1 / target.rows)',
      ],
      ['feedback does not decay', '{ ...outerProduct($$product), decay }', 'outerProduct($$product)'],
      ['forward weights do not decay', '{ ...direction, decay }', 'direction'],
      [
        'the lowest weights, which have no feedback, decay too',
        'direction.connection === network.connections[0] ? direction : $decaying',
        '$decaying',
      ],
      [
        'potentials in the feedback update',
        'outerProduct($path, $error, activity[l + 1].rate, $scale)',
        'outerProduct($path, $error, activity[l + 1]!.potential, $scale)',
      ],
      ['feedback does not learn', '[...forward, ...backward]', 'forward'],
      [
        'forward weights as feedback',
        ERRORS,
        `layerErrors(network, activity, target, (error, l) =>
          $k.matmul(error, network.connections[l]!.weights, { transposeB: true }))`,
      ],
      [
        'sign of the descending error',
        DESCENT,
        '$k.matmul(error, feedback[l - 1]!.connection.weights, { scale: -1 })',
      ],
    ],
  ),
  ...faultsOf(
    'weight-mirror',
    ['weight-mirror', 'locality', 'feedback'],
    [
      ['sign of the mirror update', 'mirrorRate / examples', '-mirrorRate / examples'],
      ['sum over the noise, not mean', 'mirrorRate / examples', 'mirrorRate'],
      ['feedback does not decay', 'b - decay * b', 'b + 0 * decay'],
      ['feedback grows instead of decaying', 'b - decay * b', 'b + decay * b'],
      [
        'noise with a mean',
        '$k.normal($stream, examples, from.size, 0, noise)',
        '$k.normal($stream, examples, from.size, noise, noise)',
      ],
      ['rates at rest count as answers', 'r - rest', 'r + 0 * rest'],
      [
        'forward weights as feedback',
        ERRORS,
        `layerErrors(network, activity, target, (error, l) =>
          $k.matmul(error, network.connections[l]!.weights, { transposeB: true }))`,
      ],
      [
        'wrong phase: the mirror works while the network learns',
        'const activity = network.forward(input);',
        `const activity = network.forward(input);
         mirror(above[0]!, feedback[0]!.connection, target.rows);`,
      ],
    ],
  ),
  ...faultsOf(
    'weight-mirror',
    ['test/training/between-minibatches.test.ts'],
    [['the mirror phase never comes', 'rule.betweenMinibatches?.($examples);', ';']],
    'training/traced-run.ts',
  ),
  ...faultsOf(
    'drtp',
    ['drtp', 'locality'],
    [
      [
        'error instead of target',
        'network.throughActivation($l, $k.matmul(target, connection.weights), activity)',
        'network.throughActivation($l, $k.matmul(network.outputError(activity, target), connection.weights), activity)',
      ],
      [
        'sign of the target',
        '$k.matmul(target, connection.weights)',
        '$k.matmul(target, connection.weights, { scale: -1 })',
      ],
      [
        'missing derivative',
        'network.throughActivation($l, $k.matmul(target, connection.weights), activity)',
        '$k.matmul(target, connection.weights)',
      ],
      ['target as output error', '[...errors, network.outputError(activity, target)]', '[...errors, target]'],
      ['range of the projection', 'Math.sqrt(6 / hidden.size)', 'Math.sqrt(6 / output.size)'],
    ],
  ),
  ...faultsOf(
    'pepita',
    ['pepita', 'locality'],
    [
      [
        'sign of the difference of rates',
        '$k.map((h, modulated) => h - modulated, first[l].rate, second[l].rate)',
        '$k.map((h, modulated) => modulated - h, first[l]!.rate, second[l]!.rate)',
      ],
      ['sign of the input change', 'x0 + fe', 'x0 - fe'],
      [
        'presynaptic rates of the first pass',
        'outerProduct(connection, second[l].rate, $change, $scale)',
        'outerProduct(connection, first[l]!.rate, $change, $scale)',
      ],
      ['output error of the first pass', 'outputError(second, target)', 'outputError(first, target)'],
      [
        'an output error with the derivative of the loss',
        '(pass, target) => $k.map((y, t) => y - t, pass.at(-1).rate, target)',
        '(pass: readonly Activity[], target: Tensor) => network.outputError(pass, target)',
      ],
      [
        'a derivative that does not belong there',
        '$k.map((h, modulated) => h - modulated, first[l].rate, second[l].rate)',
        'network.throughActivation(l, $k.map((h, modulated) => h - modulated, first[l]!.rate, second[l]!.rate), first)',
      ],
      ['the second pass starts from the error alone', 'x0 + fe', '0 * x0 + fe'],
      ['biases learn', '{ ...$direction, biases: false }', '{ ...$direction }'],
    ],
  ),
  ...faultsOf(
    'shallow',
    ['shallow'],
    [
      [
        'the first layer learns, not the last',
        'outerProduct(network.connections.at(-1), activity.at(-2).rate, $$rest)',
        'outerProduct(network.connections.at(-2)!, activity.at(-3)!.rate, $$rest)',
      ],
      ['sign', '1 / target.rows', '-1 / target.rows'],
    ],
  ),
  ...faultsOf(
    'optimizer',
    ['optimizer', 'kolen-pollack'],
    [
      ["a rule's decay is ignored", '$decay + (direction.decay ?? 0)', '$decay'],
      ['biases learn where a rule does not teach them', '$biases === false ? null : $bias', '$bias'],
      ['every connection has the first learning rate', 'learningRate.length === 1 ? 0 : $index', '0'],
      ['Adam without the correction of its biases', '1 / (1 - beta ** (step + 1))', '1 + 0 * beta * step'],
    ],
  ),
];
