import { type Fault, faultsOf } from './fault.ts';

const SETTLING = 'test/networks/settling.test.ts';

/** Of the settling networks, and of the rules that contrast two of their phases. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'settling',
    [SETTLING],
    [
      [
        "missing rho'",
        'const pull = k.map(rho(population).backward, current, potential, rate);',
        'const pull = current;',
      ],
      [
        'leak of the wrong sign',
        'k.map((s, p, e) => s + e * (p - s), potential, pull, epsilon)',
        'k.map((s, p, e) => s + e * (p + s), potential, pull, epsilon)',
      ],
      [
        'potentials below 0 are not clipped',
        'Math.min(Math.max(s + e * (c - s), 0), 1)',
        'Math.min(s + e * (c - s), 1)',
      ],
      ['nudge of the wrong sign', '2 * b * (t - y)', '2 * b * (y - t)'],
      ['cost with a factor 1/2', '2 * b * (t - y)', 'b * (t - y)'],
      ['readout nudged by the wrong sign', '=> b * (t - y), target, rates', '=> b * (y - t), target, rates'],
      [
        'pull on a prototypical output inside of rho',
        "dynamics === 'prototypical' && !this.readout ? force : null",
        'null',
      ],
      ['clamped outputs move', 'if (l === this.#last && phase.clamped) return activity;', ''],
      ['currents that do not follow the last steps', 'i < iterations - 1', 'i < iterations - 2'],
      [
        'currents that follow the population above alone',
        'if (l > 0) k.accumulateDelta(current, from[l - 1]!.rate, to[l - 1]!.rate, synapses[l]!.weights);',
        '',
      ],
      ['energy without its pairs', '-current * r', '0 * current * r'],
    ],
    'networks/settling.ts',
  ),
  ...faultsOf(
    'settling',
    [SETTLING, 'equilibrium-propagation'],
    [
      [
        'no signals from above',
        'if (l === this.#last) return below;',
        'if (l > 0 || l === this.#last) return below;',
      ],
      [
        'memories of another population',
        'values: state[l]!.potential',
        'values: state[l === 0 ? 0 : l - 1]!.potential',
      ],
    ],
    'networks/settling.ts',
  ),
  ...faultsOf(
    'equilibrium-propagation',
    ['equilibrium-propagation'],
    [
      ['phases swapped', 'nudged, opposite ?? free, inverse', 'opposite ?? free, nudged, inverse'],
      [
        'nudged phase from rest',
        'energy.relax(free, drive, nudgedIterations, first)',
        'energy.relax(energy.rest(input.rows), drive, nudgedIterations, first)',
      ],
      ['update without the sign of beta', 'sign(info) / (options.beta', '1 / (options.beta'],
      ['symmetric estimate divided by beta', '(symmetric ? 2 : 1)', '1'],
      ['both nudged phases of one sign', 'phase(-1)', 'phase(1)'],
      ['the nudged state is remembered', 'particles.keep(free)', 'particles.keep(nudged)'],
      ['output of the nudged phase', 'output: energy.output(free)', 'output: energy.output(nudged)'],
    ],
  ),
  ...faultsOf(
    'contrast',
    ['equilibrium-propagation', 'contrastive-hebbian'],
    [
      ['sign of the input connection', 'f * (m - p)', 'f * (p - m)'],
      ['sign of the other connections', 'scale: -scale', 'scale'],
      [
        'free phase in both products',
        '{ pre: pre[0], post: times(post[0])',
        '{ pre: pre[1], post: times(post[0])',
      ],
      ['sum over the batch, not mean', 'scale: 1 / input.rows', 'scale: 1'],
      [
        'readout learns at the target only',
        'k.map((y, t) => y - t, energy',
        'k.map((y, t) => 0 * y - t, energy',
      ],
    ],
  ),
  ...faultsOf(
    'continual',
    ['equilibrium-propagation'],
    [
      [
        'continual weights go the wrong way',
        '-(learningRate[l] ?? learningRate[0]!)',
        '(learningRate[l] ?? learningRate[0]!)',
      ],
    ],
  ),
  ...faultsOf(
    'contrastive-hebbian',
    ['contrastive-hebbian'],
    [
      ['phases swapped', 'input, clamped, free, 1', 'input, free, clamped, 1'],
      ['outputs not clamped', '{ clamped: true }', '{}'],
      ['clamped to the free output', '{ potential: target, rate: target }', 'free.at(-1)!'],
    ],
  ),
];
