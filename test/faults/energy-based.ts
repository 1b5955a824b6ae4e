import { type Fault, faultsOf } from './fault.ts';

const ENERGY = 'test/networks/energy.test.ts';

/** The update's estimate with a third state, nudged, of the same minibatch. */
const NUDGED = 'this.#nudgedPhase(free, target, (info) => this.#nudges(info)[1], this.#k.constant(1, 1, 1))';

/** Of the networks that settle, and of the rules that contrast two of their phases. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'energy',
    [ENERGY],
    [
      [
        "missing rho'",
        'const pull = $k.map(rho(population).backward, current, potential, rate);',
        'const pull = current;',
      ],
      [
        'leak of the wrong sign',
        '(s, p, e) => s + e * (p - s)',
        '(s: number, p: number, e: number) => s + e * (p + s)',
      ],
      [
        'potentials below 0 are not clipped',
        'Math.min(Math.max($potential, 0), 1)',
        'Math.min($potential, 1)',
      ],
      ['nudge of the wrong sign', '2 * b * (t - y)', '2 * b * (y - t)'],
      ['cost with a factor 1/2', '2 * b * (t - y)', 'b * (t - y)'],
      [
        'readout nudged by the wrong sign',
        '(t, y, b) => b * (t - y)',
        '(t: number, y: number, b: number) => b * (y - t)',
      ],
      [
        'pull on a prototypical output inside of rho',
        "dynamics === 'prototypical' && !this.readout ? force : null",
        'null',
      ],
      ['clamped outputs move', 'if (l === this.#last && phase.clamped) return activity;', ';'],
      [
        'currents that do not follow the last step',
        'kept?.follow(state);',
        'if (i < iterations - 1) kept?.follow(state);',
      ],
      ['energy without its pairs', '-current * r', '0 * current * r'],
    ],
    'networks/energy.ts',
  ),
  ...faultsOf(
    'energy',
    [ENERGY],
    [
      ['currents that follow the population above alone', 'if (l > 0) $k.accumulateDelta($$change);', ';'],
      ['currents that two phases share', '$current && this.#k.map((c) => c, $current)', '$current'],
    ],
    'networks/kept-currents.ts',
  ),
  ...faultsOf(
    'energy',
    [ENERGY, 'equilibrium-propagation'],
    [
      [
        'no signals from above',
        'if (l === this.#last) return below;',
        'if (l > 0 || l === this.#last) return below;',
      ],
      [
        'memories of another population',
        '{ store, values: state[l].potential }',
        '{ store, values: state[l === 0 ? 0 : l - 1]!.potential }',
      ],
    ],
    'networks/energy.ts',
  ),
  ...faultsOf(
    'equilibrium-propagation',
    ['equilibrium-propagation'],
    [
      [
        'phases swapped',
        'contrast(k, network, $input, s1, s2, inverse)',
        'contrast(k, network, $input, s2, s1, inverse)',
      ],
      [
        'nudged phase from rest',
        '$network.relax(free.state, free.drive, iterations, { nudge, currents: free.currents?.copy() })',
        '$network.relax($network.rest(free.input.rows), free.drive, iterations, { nudge })',
      ],
      ['update without the sign of beta', '1 / (beta2 - beta1)', '1 / Math.abs(beta2 - beta1)'],
      ['centred estimate divided by beta', '1 / (beta2 - beta1)', '1 / (beta2 + 0 * beta1)'],
      [
        'both nudged phases of one sign',
        '(info) => this.#nudges(info)[0]',
        '(info: StepInfo) => this.#nudges(info)[1]',
      ],
      ['the nudged state is remembered', '$particles.keep(free.state)', `$particles.keep(${NUDGED})`],
      ['output of the nudged phase', '$network.output(free.state)', `$network.output(${NUDGED})`],
      ['positive and negative mixed up', '[0, isNegative ? -beta : beta]', '[0, isNegative ? beta : -beta]'],
      ['beta1 and beta2 mixed up', '[0, isNegative ? -beta : beta]', '[isNegative ? -beta : beta, 0]'],
      ['beta1 and beta2 of the centred variant mixed up', '[-beta, beta]', '[0, beta]'],
      [
        'the random sign is never negative',
        "$negative || (variant === 'random-sign' && $drawn)",
        '$negative',
      ],
      ['the random sign is drawn once', 'signs.wordAt(step)', 'signs.wordAt(0 * step)'],
      ['the readout learns at one of two centred states', 'isCentred ? [s2, s1] : [s2]', '[s2]'],
      [
        'continual and one-shot phases mixed up',
        'continual ? continualPhase($$given) : $relaxed',
        '$relaxed',
      ],
    ],
  ),
  ...faultsOf(
    'contrast',
    ['contrastive-hebbian', 'equilibrium-propagation'],
    [
      ['sign of the input connection', 'f * (r1 - r2)', 'f * (r2 - r1)'],
      [
        'sign of the other connections',
        '{ pre: $pre, post: $post, scale: -scale }',
        '{ pre: $pre, post: $post, scale }',
      ],
      [
        'one phase in both products',
        '{ pre: pre[0], post: times(post[0]), scale }',
        '{ pre: pre[1], post: times(post[0]), scale }',
      ],
      ['sum over the batch, not mean', '1 / input.rows', '1'],
      ['readout learns at the target only', '(y, t) => y - t', '(y: number, t: number) => 0 * y - t'],
    ],
  ),
  ...faultsOf(
    'moving-synapses',
    ['equilibrium-propagation', 'predictive-coding'],
    [['weights that move go the wrong way', '-learningRate * scale', 'learningRate * (scale as number)']],
  ),
  ...faultsOf(
    'contrastive-hebbian',
    ['contrastive-hebbian'],
    [
      [
        'phases swapped',
        'contrast($k, network, $input, free.state, clampedPhase($$given), 1)',
        'contrast($k, network, $input, clampedPhase($$given), free.state, 1)',
      ],
      [
        'outputs not clamped',
        '{ clamped: true, currents: currents?.copy() }',
        '{ currents: currents?.copy() }',
      ],
      [
        'clamped to the free output',
        '[...state.slice(0, -1), { potential: target, rate: target }]',
        '[...state]',
      ],
    ],
  ),
  ...faultsOf(
    'observe-settled',
    ['observe-settled', 'test/training/diagnostics-values.test.ts'],
    [
      ['a gradient of one nudge, scaled as if of two', 'nudged(-BETA)', 'nudged(0)'],
      ['the gradient without the readout', 'if (network.readout) gradient.push($readout);', ';'],
    ],
  ),
  ...faultsOf(
    'holomorphic',
    ['holomorphic'],
    [
      ['the circle the other way round', '-count * sine', 'count * sine'],
      ['the conjugate half is left out', 't === 0 || 2 * t === points ? 1 : 2', '1'],
      [
        'the modulus in place of the real part',
        'add(pre.imaginary, post.imaginary, -scale)',
        'add(pre.imaginary, post.imaginary, scale)',
      ],
      [
        'not divided by the number of nudges',
        '-1 / (points * beta * input.rows)',
        '-1 / (beta * input.rows)',
      ],
    ],
  ),
  ...faultsOf(
    'holomorphic',
    ['holomorphic'],
    [
      ['steps that cost nothing', 'network.countSteps(iterations);', ';'],
      ['a real pull', '2 * (c * (t - y) - b * z)', '2 * c * (t - y)'],
      ['the sigmoid of the real part', '(e * s) / n', '(0 * (e * s)) / n'],
      ['the sigmoid overflows', 'Math.exp(-Math.abs(a))', 'Math.exp(-a)'],
      [
        'constants in the imaginary part',
        "current(k, network, l, before, 'imaginary', null)",
        "current(k, network, l, before, 'imaginary', drive)",
      ],
    ],
    'networks/holomorphic.ts',
  ),
  ...faultsOf(
    'truncated-gradient',
    ['truncated-gradient'],
    [
      ['currents that come back are left out', 'if (l > 0) add(received[l - 1]!, rates[l + 1]!);', ';'],
      ['a step earlier has the same errors', 'errors = stepBack($$args);', ';'],
      [
        'the leak of a step is forgotten',
        'k.map((e, d) => e * d, error, derivatives[l].own)',
        'k.map((e) => e, error)',
      ],
      ['a gradient for connections that no error has come to', '$list.slice(-1 - t)', '$list'],
    ],
  ),
  ...faultsOf(
    'truncated-gradient',
    ['truncated-gradient'],
    [
      ['neurons at a bound pass errors on', 's > 0 && s < 1 ? 1 : 0', 's > -1 ? 1 : 0'],
      [
        'potentials taken for rates',
        "dynamics === 'energy-based' && $some",
        'dynamics !== dynamics && $some',
      ],
    ],
    'networks/energy.ts',
  ),
  ...faultsOf(
    'settling-recorder',
    ['test/networks/settling-recorder.test.ts'],
    [
      ['a nudge from the start', 'await trace(null)', 'await trace(phases.beta)'],
      [
        'the second phase starts at rest',
        'await run(steps.nudged, phases.nudged)',
        '(await run(steps.rest, 1), await run(steps.nudged, phases.nudged))',
      ],
      ['the first recording goes on in the second', 'await run(steps.rest, 1);', ';'],
      ['a cost with a factor 1/2', 'sum + (y - t) ** 2', 'sum + 0.5 * (y - t) ** 2'],
    ],
    'networks/settling-recorder.ts',
  ),
  ...faultsOf(
    'settling',
    ['test/results/figures/settling.test.ts'],
    [
      ['the energy without the nudge', 'e + beta * cost[free + i]!', 'e'],
      ['the cost of another step', 'cost[free + i]!', 'cost[i]!'],
    ],
    'results/figures/settling.ts',
  ),
];
