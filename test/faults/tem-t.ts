import { type Fault, faultsOf } from './fault.ts';

/** Of the transformer with a recurrent position code, its gradient through time, and the task of walks. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'backprop-through-time',
    ['backprop-through-time'],
    [
      ['the error is not divided by the probability', '-t / Math.max(y, 1.17549435e-38)', '-t + 0 * y'],
      [
        'queries do not learn',
        'const error = k.matmul(scores, keys, { groups });',
        'const error = k.matmul(scores, keys, { groups, scale: 0 });',
      ],
      [
        'keys do not learn',
        'k.matmul(scores, keys, { groups, transposeA: true, into: error, accumulate: true });',
        'k.matmul(scores, keys, { groups, transposeA: true, scale: 0, into: error, accumulate: true });',
      ],
      [
        'errors do not go back in time',
        'k.map((a, b) => a + b, own, later)',
        'k.map((a, b) => a + 0 * b, own, later)',
      ],
      [
        'errors go back through all actions',
        'network.sumOverActions(network.gate(conjunctive, network.actionAt(input, step)))',
        'network.sumOverActions(conjunctive)',
      ],
      ['the action after the next', 'network.actionAt(input, step)', 'network.actionAt(input, step - 1)'],
      ['errors in the order in which they came about', 'errors.unshift(error)', 'errors.push(error)'],
      ['the sum over walks', 'const scale = 1 / input.rows;', 'const scale = 1 + 0 * input.rows;'],
      ['a path integrator learns', '!network.learnsPosition', '!network'],
    ],
  ),
  ...faultsOf(
    'tem-t',
    ['backprop-through-time'],
    [
      ['attention to the present', 'j < t ? s : -1e9', 'j <= t ? s : -1e9'],
      ['something is known at first', 'j < t ? a : 0', 'j <= t + 100 ? a : 0'],
      ['the code of the step before the last', 'steps[step - 1]!.rate', 'steps[Math.max(step - 2, 0)]!.rate'],
      ['no activation', 'k.map(this.#activation.rate, potential)', 'k.map((v) => v, potential)'],
      [
        'errors pass the activation as they are',
        'this.#kernels.map(this.#activation.backward, error, potential, rate)',
        'this.#kernels.map((e, _v, _r) => e, error, potential, rate)',
      ],
      ['one matrix for all actions', 'a === own ? c : 0', 'a + own < 0 ? 0 : c'],
      [
        'the symbol of the step itself as a key',
        'behindNone(this.#partOf(input, SYMBOL), 0)',
        'behindNone(this.#partOf(input, SYMBOL), 1)',
      ],
      ['north is south', '[-1, 0]', '[1, 0]', 'moves'],
      [
        'a torus without a way round',
        '(Math.floor(node / side) + down + side) % side',
        'Math.min(Math.max(Math.floor(node / side) + down, 0), side - 1)',
      ],
      ['matrices that are not orthogonal', 'row(i)[j]! -= along * x;', 'row(i)[j]! -= 0 * along * x;'],
      ['rows of any length', 'row(i)[j]! /= length;', 'row(i)[j]! /= 1 + 0 * length;'],
      ['beta in place of its root', 'scaledIdentity(units, Math.sqrt(beta))', 'scaledIdentity(units, beta)'],
      ['a start of any length', 'drawn.map((x) => x / length)', 'drawn.map((x) => x / (1 + 0 * length))'],
    ],
    'networks/tem-t.ts',
  ),
  ...faultsOf(
    'next-symbol',
    ['test/training/next-symbol.test.ts'],
    [
      ['one direction of an edge is the edge', '[there, back, taken]', '[there, taken]'],
      ['every arrival is at a known node', 'visited.has(node) ? $known : null', 'step >= 0 ? $known : null'],
      ['an edge is an action', 'walked.has(taken)', 'walked.has(there)'],
      ['new nodes are taught', 'if (!arrival) continue;', 'if (!arrival && step === 0) continue;'],
      ['all known nodes are scored', 'isScored(arrival) ? 1 : 0', '1'],
      ['wrong answers count', '(r, s) => r * s', '(r, s) => s + 0 * r'],
      ['a mean over walks', '(100 * shown.count) / arrivals', '100 * shown.count / shown.count'],
    ],
    'training/tasks/next-symbol.ts',
  ),
];
