import { type Fault, faultsOf } from './fault.ts';

/** Of neurons with an astrocyte: equilibrium propagation of their energy, and attention. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'astrocyte network',
    ['test/networks/astrocyte.test.ts'],
    [
      ['synapses without leak', 'a * b + psi - s', 'a * b + psi'],
      ['synapses that do not hear the astrocyte', 'a * b + psi - s', 'a * b + 0 * psi - s'],
      ['processes that do not hear each other', 'spread + g - p', '0 * spread + g - p'],
      ['neurons that do not hear their synapses', 'i + kappa * s - x', 'i + 0 * kappa * s - x'],
      [
        'synapses that lead one way',
        'numbers[i * size + j] = numbers[j * size + i] = first.length',
        'numbers[i * size + j] = first.length',
      ],
      ['an energy that counts the astrocyte twice', '-0.5 * o * o', '-o * o'],
      ['an energy without its Lagrangians', 'x * phi - l - i * phi', 'x * phi - 0 * l - i * phi'],
      ['synapses as strong as the input', 'options.strength / size', 'options.strength'],
    ],
    'networks/astrocyte.ts',
  ),
  ...faultsOf(
    'astrocyte-equilibrium-propagation',
    ['astrocyte-equilibrium-propagation'],
    [
      ['one nudged phase', '[nudged(-beta), nudged(beta)]', '[nudged(0), nudged(beta)]'],
      ['phases the wrong way round', '[nudged(-beta), nudged(beta)]', '[nudged(beta), nudged(-beta)]'],
      ['a factor of two', '1 / (2 * beta)', '1 / beta'],
      ['T at the pace of the input', 'factor * network.kappa', 'factor'],
      ['T learns from synapses', '[s1.processes, s2.processes]', '[s1.synapses, s2.synapses]'],
    ],
  ),
  ...faultsOf(
    'astrocyte-equilibrium-propagation',
    ['astrocyte-equilibrium-propagation'],
    [['a nudge that ignores the output', 't - 0.5 - 0.5 * phi', 't - 0.5 - 0 * phi']],
    'networks/astrocyte.ts',
  ),
  ...faultsOf(
    'attention network',
    ['test/networks/attention.test.ts'],
    [
      ['features that forget the length of x', 'u - 0.5 * square', 'u - 0 * square'],
      ['features that are not divided by the root of m', 'projection.columns ** -0.5', '1'],
      [
        'an astrocyte that divides in the control too',
        "this.#options.attention === 'astrocyte'",
        "this.#options.attention !== 'softmax'",
      ],
      ['queries and keys that are not divided', 'toQuery.columns ** -0.25', '1'],
      ['the first token asks', 'k.columns(input, pairs * width, width)', 'k.columns(input, 0, width)'],
    ],
    'networks/attention.ts',
  ),
  ...faultsOf(
    'astrocyte-attention',
    ['astrocyte-attention'],
    [
      ['the divisor has no error', '-sum / r', '0 * sum'],
      ['features whose length has no error', 'd - x * total', 'd - 0 * x * total'],
      ['what the astrocyte adds is not taught', 'd + dr * a', 'd + 0 * dr * a'],
    ],
    'networks/attention.ts',
  ),
  ...faultsOf(
    'astrocyte-attention',
    ['astrocyte-attention'],
    [
      [
        'values that learn as if all were read',
        'k.matmul(shares, error, { groups: error.rows })',
        'k.matmul(k.map((s) => 1 + 0 * s, shares), error, { groups: error.rows })',
      ],
      ['weights of q and k at another scale', 'queries.to.size ** -0.25', '1'],
      [
        'feedback that is not used',
        'attended.descend(k.matmul(error, path.connection.weights))',
        'this.#exact(error, attended)',
      ],
    ],
  ),
  ...faultsOf(
    'associative-recall',
    ['test/data/associative-recall.test.ts'],
    [
      [
        'the value of the next pair',
        'labels[episode] = values[asked]',
        'labels[episode] = values[(asked + 1) % pairs]',
      ],
      ['a query with another key', 'white(pairs, keys[asked]!)', 'white(pairs, keys[0]!)'],
    ],
    'data/associative-recall.ts',
  ),
  ...faultsOf(
    'mnist-small',
    ['test/data/mnist-small.test.ts'],
    [
      ['pixels that count whole', '(overlap * to) / from', 'to / from'],
      [
        'rows and columns exchanged',
        'image * images.columns + row * width + column',
        'image * images.columns + column * width + row',
      ],
    ],
    'data/mnist-small.ts',
  ),
];
