import { type Fault, faultsOf } from './fault.ts';

const NETWORK = 'networks/two-compartment.ts';
const NUDGED = '(gLD * v + g * (t * eE + (1 - t) * eI)) / (gLD + g)';

/** Of neurons with a dendrite and a soma, and of the dendrites that predict. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'dendritic-prediction',
    ['dendritic-prediction'],
    [
      ['sign of the update', '(y - s) * beta * (1 - y)', '(s - y) * beta * (1 - y)'],
      ['the slope of the soma, not of the dendrite', '(y - s) * beta * (1 - y)', '(y - s) * beta * (1 - s)'],
      ['no slope', '(y - s) * beta * (1 - y)', '(y - s) * beta'],
      [
        'the slope itself, not divided by the rate',
        '(y - s) * beta * (1 - y)',
        '(y - s) * beta * y * (1 - y)',
      ],
      ['slope of another steepness', '(y - s) * beta * (1 - y)', '(y - s) * (beta + 1) * (1 - y)'],
      [
        'the soma is not nudged',
        'network.outputRate(network.nudged(potential, $target, $g))',
        'network.outputRate(potential)',
      ],
      ['sum over the batch, not mean', '1 / error.rows', '1'],
      ['the lowest connection learns', 'network.connections.at(-1)!', 'network.connections[0]!'],
    ],
  ),
  ...faultsOf(
    'dendritic-prediction',
    ['test/networks/two-compartment.test.ts', 'dendritic-prediction'],
    [
      ['the teacher does not leak', NUDGED, '(gLD * v + g * (t * eE + (1 - t) * eI)) / (gLD + 0 * g)'],
      [
        'inhibition of the class, excitation of the others',
        NUDGED,
        '(gLD * v + g * (t * eI + (1 - t) * eE)) / (gLD + g)',
      ],
      ['the others are not inhibited', NUDGED, '(gLD * v + g * (t * eE + 0 * eI)) / (gLD + g)'],
      ['the soma has no leak', 'leak + dendritic', 'dendritic + 0 * leak', 'nudged'],
      [
        'the dendrite is not attenuated',
        'dendritic / (leak + dendritic)',
        '1 + 0 * (leak + dendritic)',
        '#somata',
      ],
      ['threshold without k', 'theta + Math.log(k) / beta', 'theta + 0 * Math.log(k)'],
      ['threshold with k the wrong way round', 'theta + Math.log(k) / beta', 'theta - Math.log(k) / beta'],
      ['steepness left out', 'sigmoid(slope * (u - threshold))', 'sigmoid(u - threshold + 0 * slope)'],
      [
        'hidden neurons have compartments too',
        'to === this.populations.at(-1)',
        'to !== this.populations[0]',
      ],
      [
        'connections to outputs end at somata',
        "{ ...$last, to: output, compartment: 'basal' }",
        "{ ...$last, to: output, compartment: 'soma' }",
      ],
      [
        'any output may fire',
        "loss !== 'squared-error' || outputActivation !== 'sigmoid'",
        "loss !== 'squared-error' && outputActivation !== 'sigmoid'",
      ],
    ],
    NETWORK,
  ),
];
