import { type Fault, faultsOf } from './fault.ts';

export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'burst-dependent-plasticity',
    ['burst-dependent-plasticity', 'locality'],
    [
      ['sign of the update', 'b - bt', 'bt - b'],
      ['bursts below without the teacher are those with it', 'burst(u)', 'burst(less(f_t))'],
      ['baseline of output bursts left out', '(e, p0) => p0 * e', '(e, p0) => (p0 + 1 - p0) * e'],
      ['feedback is not attenuated by events', '(f, e) => f * (1 - e)', '(f, e) => f * (1 - 0 * e)'],
      ['recurrent inhibition is excitation', 'f * (1 - e) - r', 'f * (1 - e) + r'],
      ['recurrent inhibition does not attenuate feedback', 'f * (1 - e) - r', 'f * (1 - 0 * e) - r'],
      ['recurrent inhibition of one phase alone', 'burst(less(f_t))', 'burst(attenuated(f_t))'],
      ['recurrent synapses learn to excite', '-u', 'u'],
      [
        'recurrent synapses send events',
        '$k.matmul(sent, $synapses.weights)',
        '$k.matmul(rate, $synapses.weights)',
      ],
      [
        'recurrent synapses learn from events',
        'outerProduct($synapses, sent, $missed, $scale)',
        'outerProduct($synapses, rate, $missed, $scale)',
      ],
      [
        'recurrent synapses learn at the rate of the forward connection',
        'ratioOfRates(this.#options.recurrentRate, this.#optimizer, l)',
        'this.#options.recurrentRate',
      ],
      [
        'learned feedback learns the wrong way round',
        'outerProduct($connection, errors[i + 1]!, $rate, 1 / $rows)',
        'outerProduct($connection, $rate, errors[i + 1]!, 1 / $rows)',
      ],
      ['fixed feedback learns', "this.#options.feedback === 'fixed'", "this.#options.feedback === 'learned'"],
      [
        'width of recurrent weights',
        '$stream.uniform($count, -RECURRENT_RANGE, RECURRENT_RANGE)',
        '$stream.uniform($count, 0, RECURRENT_RANGE / 2)',
      ],
      [
        'deviation of the feedback',
        '$stream.normal($count, 0, options.feedbackScale)',
        '$stream.normal($count, 0, options.feedbackScale ** 2)',
      ],
    ],
  ),
  ...faultsOf(
    'burstccn',
    ['burstccn', 'locality'],
    [
      ['sign of the update', 'p * e - b', 'b - p * e'],
      ['burst rates less event rates', 'p * e - b', 'e - b + 0 * p'],
      [
        'events excite apical dendrites',
        '{ into: u, accumulate: true, scale: -1 }',
        '{ into: u, accumulate: true, scale: 1 }',
      ],
      ['Y gets events too', '$k.matmul(bursts, $weights)', '$k.matmul(events, $weights)'],
      ['Q gets bursts too', '$k.matmul(events, $weights, $into)', '$k.matmul(bursts, $weights, $into)'],
      ['feedback is not attenuated by events', '4 * u * (1 - e)', '4 * u * (1 - 0 * e)'],
      ['slope of the plain sigmoid', '4 * u * (1 - e)', 'u * (1 - e)'],
      ['burst probabilities in place of burst rates', 'sigmoid($u) * e', 'sigmoid($u) * (e / e)'],
      [
        'events of the layer itself predict',
        'this.#apical(l, bursts[0]!, rates[l + 1]!)',
        'this.#apical(l, bursts[0]!, k.map((e) => 0.5 + 0 * e, rates[l + 1]!))',
      ],
      ['Q learns to excite', '-u', 'u'],
      ['Q learns twice the sum over the batch', '1 / u.rows', '2'],
      [
        'Q learns at the rate of the forward connection',
        'ratioOfRates(this.#inhibitionRate, this.#optimizer, l)',
        'this.#inhibitionRate',
      ],
      ['Q learns without a rate', 'this.#inhibitionRate > 0', 'this.#inhibitionRate >= 0'],
      ['Q cancels twice the feedback', 'BASELINE * y', 'y'],
      ['random Q is as large as Y', 'BASELINE * options.feedbackScale', 'options.feedbackScale'],
      ['Q joins neurons that Y does not', 'mask ? $masked : Q', 'Q'],
      ['deviation of Y', 'draw($stream, options.feedbackScale)', 'draw($stream, options.feedbackScale ** 2)'],
    ],
  ),
  ...faultsOf(
    'burst-dependent-plasticity',
    ['burst-dependent-plasticity', 'burstccn'],
    [
      ['output bursts lack the slope', '(t - e) * (1 - e) + 1', '(t - e) + 1'],
      ['the teacher removes the baseline', '(t - e) * (1 - e) + 1', '(t - e) * (1 - e)'],
      [
        'any neuron may burst',
        '!hasSigmoidRates(settings)',
        'hasSigmoidRates(settings) && !hasSigmoidRates(settings)',
      ],
    ],
    'rules/burst-rates.ts',
  ),
];
