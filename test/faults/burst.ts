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
        'options.recurrentRate / ($own ?? $first)',
        'options.recurrentRate',
      ],
      [
        'recurrent rate of the connection below',
        '$learningRate[l] ?? $first',
        '$learningRate[Math.max(0, l - 1)] ?? $first',
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
    'burst-dependent-plasticity',
    ['burst-dependent-plasticity'],
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
