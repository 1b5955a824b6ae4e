import { type Fault, faultsOf } from './fault.ts';

const COMPARTMENTS = 'test/networks/compartmental.test.ts';

/** Of the neurons with compartments, and of the rule that compares their plateau potentials. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'segregated-dendrite',
    ['segregated-dendrite'],
    [
      [
        'hidden error of the wrong sign',
        '-gain * most * (sigmoid(t) - sigmoid(f))',
        'gain * most * (sigmoid(t) - sigmoid(f))',
      ],
      ['output error of the wrong sign', '-gain * most * (phi - most * s)', 'gain * most * (phi - most * s)'],
      [
        "hidden error without sigma'",
        '(sigmoid(t) - sigmoid(f)) * s * (1 - s)',
        '(sigmoid(t) - sigmoid(f)) * (s + 1 - s)',
      ],
      ["output error without sigma'", '(phi - most * s) * s * (1 - s)', '(phi - most * s) * (s + 1 - s)'],
      ['apical potentials in place of plateaus', '(sigmoid(t) - sigmoid(f))', '(t - f)'],
      ['plateau of the forward phase twice', 'taught.apical[l]!,\n', 'forward.apical[l]!,\n'],
      [
        'gain of the output in hidden neurons of another conductance',
        'network.outputGain,\n          maximalRate',
        'network.hiddenGain / 2,\n          maximalRate',
      ],
      [
        'scale of the hidden update everywhere',
        'l < hidden.length ? P.hidden : P.output',
        'l < 99 ? P.hidden : P.output',
      ],
      [
        'one target phase without the target',
        "          target,\n          means: ['outputRate', 'apical'],",
        "          means: ['outputRate', 'apical'],",
      ],
      [
        'a probe moves the neurons of training',
        'probe ? undefined :',
        'probe && input.rows > 1 ? undefined :',
      ],
      [
        'gradient through transposed weights left out',
        '{ transposeB: true }),\n        soma[l - 1]!',
        '{ transposeB: true }),\n        soma[0]!',
      ],
    ],
  ),
  ...faultsOf(
    'segregated-dendrite',
    ['segregated-dendrite'],
    [
      ['sparse feedback without amplification', 'THINNING * value : 0', 'value : 0'],
      [
        'symmetric feedback to the first hidden layer passes by the second',
        'products[0] ? k.matmul(weights, products[0]) : weights',
        'weights',
      ],
    ],
    'networks/broadcast.ts',
  ),
  ...faultsOf(
    'compartments',
    [COMPARTMENTS],
    [
      [
        'leak left out',
        '(v, i, b, a, gl, gb, ga) => v - gl * v +',
        '(v, i, b, a, gl, gb, ga) => v - 0 * gl * v +',
      ],
      ['apical coupling of the wrong sign', 'ga * (a - v)', 'ga * (v - a)'],
      ['the teaching current excites everybody', '(1 - t) * (eI - v)', '(1 - t) * (eE - v)'],
      ['the teaching current divided by the time constant', 'g * (t * (eE - v)', 'gl * g * (t * (eE - v)'],
      [
        'rates without a maximum',
        '(v, most) => most * sigmoid(v), soma, constants',
        '(v, most) => sigmoid(v) + 0 * most, soma, constants',
      ],
      [
        'apical dendrites see the spikes of the same ms',
        'shareOfWindow(k, iteration, window, constants.psp, 1)',
        'shareOfWindow(k, iteration, window, constants.psp, 0)',
      ],
      [
        'means of feedback rates without the delay',
        'add(sum, instant.rates.at(-1)!, inWindow(1))',
        'add(sum, instant.rates.at(-1)!, inWindow(0))',
      ],
      [
        'averages from the start of the watched time',
        '(i + late >= length && i + late < size + length ? 1 / size : 0)',
        '(i + late >= 0 * length ? 1 / size : 0 * i)',
      ],
      [
        'spikes of the input in place of those below',
        'k.matmul(spikes[l]!, weights, { sparse: true })',
        'k.matmul(k.map((x) => x + 0.5, spikes[l]!), weights, { sparse: true })',
      ],
      [
        'steady output of the wrong conductances',
        '(gb * (i + b) + g * (t * eE + (1 - t) * eI)) / (gl + gb + g)',
        '(gb * (i + b) + g * (t * eE + (1 - t) * eI)) / (gl + gb)',
      ],
    ],
    'networks/presentation.ts',
  ),
  ...faultsOf(
    'compartments',
    [COMPARTMENTS],
    [
      [
        'every minibatch at rest',
        'name === undefined ? k.constant(0, rows, size)',
        'name !== undefined ? k.constant(0, rows, size)',
      ],
    ],
    'networks/compartmental.ts',
  ),
  ...faultsOf(
    'compartments',
    ['test/networks/psp.test.ts', COMPARTMENTS],
    [
      ['the first tap at 0 ms', 'const t = j + 1;', 'const t = j;'],
      [
        'means over one tap too few',
        'Math.min(size + length - i - late, length)',
        'Math.min(size + length - i - late, length - 1)',
      ],
    ],
    'networks/psp.ts',
  ),
  ...faultsOf(
    'compartments',
    ['test/kernels/cpu-device.test.ts'],
    [
      [
        'every iteration draws the same numbers',
        'moment.counter = outside * bound + i;',
        'moment.counter = outside * bound;',
      ],
    ],
    'kernels/cpu/commands.ts',
  ),
  ...faultsOf(
    'compartments',
    ['test/kernels/devices.test.ts'],
    [
      [
        'temporaries from before a repeat are given up within',
        'if (first.get(t)! < start) last.set',
        'if (first.get(t)! < 0) last.set',
      ],
    ],
    'kernels/cpu/memory.ts',
  ),
];
