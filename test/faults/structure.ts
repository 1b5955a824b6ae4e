import { type Fault, faultsOf } from './fault.ts';

const NETWORK = ['test/networks/structure.test.ts'];
const RULES = ['structure'];

/** Of networks that lack some of their synapses. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'structure',
    NETWORK,
    [
      ['somata hear dendrites of others', 'Math.floor(d / each)', 'd % somata', 'ownDendrites'],
      [
        'as many random synapses as neurons below would have',
        'scattered(random, from, dendrites, synapses * dendrites)',
        'scattered(random, from, dendrites, synapses * from)',
      ],
      ['a field begins with a ring', 'radius === 1 ? square(grid, centre, 1) : $ring', '$ring'],
      [
        'global dendrites lie anywhere',
        "structure === 'dendrites-local'",
        "structure !== 'dendrites-random'",
      ],
      ['the same synapses for every seed', 'new RandomStream(seed, $name)', 'new RandomStream(1, $name)'],
      ['streams that cross', 'Number(i >= from / 2)', 'Number(i < from / 2)'],
      ['streams of a quarter', 'Number(i >= from / 2)', 'Number(i >= from / 4)'],
      ['sparse networks have dendrites of their own', "structure === 'sparse' ? $a : $b", '$b'],
    ],
    'networks/structure.ts',
  ),
  ...faultsOf(
    'structure',
    NETWORK,
    [['weights start where there is no synapse', 'weights[i]! *= exists', 'weights[i]! *= 1']],
    'networks/layers.ts',
  ),
  ...faultsOf(
    'structure',
    RULES,
    [['feedback reaches the dendrites of others', 'forward.length === 1 ? $mask : undefined', 'undefined']],
    'networks/feedback.ts',
  ),
  ...faultsOf(
    'structure',
    RULES,
    [['plain descent makes synapses', 'maskWeights(this.#k, weights, direction.connection.mask);', ';']],
    'rules/optimizer.ts',
  ),
  ...faultsOf(
    'structure',
    RULES,
    [['a direction makes synapses', 'maskWeights($$args);', ';']],
    'rules/direction.ts',
  ),
  ...faultsOf(
    'structure',
    RULES,
    [['weights that move make synapses', 'maskWeights($$args);', ';']],
    'rules/moving-synapses.ts',
  ),
  ...faultsOf(
    'structure',
    RULES,
    [['mirrors make synapses', 'maskWeights($$args);', ';']],
    'rules/weight-mirror.ts',
  ),
  ...faultsOf(
    'structure',
    RULES,
    [['noise makes synapses', 'maskWeights($$args);', ';']],
    'rules/weight-perturbation.ts',
  ),
];
