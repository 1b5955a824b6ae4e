import { type Fault, faultsOf } from './fault.ts';

/** Of the rule whose hidden neurons compete, and of its network. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'competing-hidden-units',
    ['competing-hidden-units'],
    [['the largest of a sum', 'number === place ? v : 0', 'number >= place ? v : 0']],
    'rules/largest.ts',
  ),
  ...faultsOf(
    'competing-hidden-units',
    ['competing-hidden-units', 'locality-competition'],
    [
      ['the loser is Hebbian too', 'number === last ? -delta : 0', 'number === last ? delta : 0'],
      ['the winner alone', 'number === last ? -delta : 0', 'number === last ? -0 * delta : 0'],
      ['one place too few', 'place <= rank', 'place < rank'],
      ['the weights as metric of every norm', 'p === 2 ? weights : $powers', 'weights'],
      ['the power of the norm, not one less', 'k.map($sign, weights, p - 1)', 'k.map($sign, weights, p)'],
      ['a metric without the sign of the weights', 'w < 0 ? -1 : 1', 'w < 0 ? 1 : 1'],
      ['a sphere of radius 1', 'radius ** p', '1'],
      ['weights that are not drawn to the sphere', 'd - q * w', 'd - 0 * q * w'],
      ['the decay of all images alike', '(g, q) => g * q', '(g, q) => g + 0 * q'],
      ['away from the image', '-r * d', 'r * d'],
      ['steps that are not relative to the radius', '-r * d', '-d + 0 * r'],
      ['the largest signed change', '(d) => Math.abs(d)', '(d) => d'],
      ['every layer learns from the image', 'activity[l].rate', 'activity[0]!.rate'],
      ['hidden biases learn', '{ $$rest, biases: false }', '{ $$rest, biases: true }'],
      ['a rank for which there are too few neurons', 'rank > smallest', 'rank > smallest + 1'],
    ],
  ),
  ...faultsOf(
    'competing-hidden-units',
    ['test/networks/competitive.test.ts', 'competing-hidden-units'],
    [
      ['rates that are not raised to the power', 'Math.exp(n * Math.log(v))', 'v + 0 * n'],
      [
        'the power of the slope is not one less',
        'Math.exp((n - 1) * Math.log(v))',
        'Math.exp(n * Math.log(v))',
      ],
      ['a slope without its factor', 'e * n * $power', 'e * $power'],
      ['any activation', "activation !== 'relu'", "activation === 'sigmoid'"],
    ],
    'networks/competitive.ts',
  ),
];
