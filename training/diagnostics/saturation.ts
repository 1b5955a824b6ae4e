import type { JsScalarFunction } from '../../kernels/index.ts';
import type { ActivationName, Population } from '../../networks/index.ts';
import type { Diagnostic } from './diagnostic.ts';

/** 1 for a rate at an end of the range of the activation, else 0; `most` is the largest rate there is. */
const AT_AN_END: Readonly<Record<Exclude<ActivationName, 'linear' | 'leaky-relu'>, JsScalarFunction>> = {
  tanh: (r, most) => (r < -0.95 * most || r > 0.95 * most ? 1 : 0),
  sigmoid: (r, most) => (r < 0.05 * most || r > 0.95 * most ? 1 : 0),
  'hard-sigmoid': (r, most) => (r < 0.05 * most || r > 0.95 * most ? 1 : 0),
  relu: (r, _most) => (r <= 0 ? 1 : 0),
};

export const saturation: Diagnostic = {
  name: 'saturation',
  description:
    'Share (0 to 1) of the neurons of each population whose rate is at an end of its range: within 5 % of a bound (tanh: beyond ±0.95; sigmoid: below 0.05 or above 0.95), or zero for relu.',
  measure(observed) {
    const { firingRates } = observed;
    if (typeof firingRates === 'string') return firingRates;
    const { maximalRate = 1 } = observed.run.network;
    return Object.fromEntries(
      observed.run.network.populations.slice(1).map((population, l) => {
        const atAnEnd = endsOf(population);
        if (typeof atAnEnd === 'string') return [population.name, atAnEnd];
        const shares = observed.run.kernels.map(atAnEnd, firingRates[l]!, maximalRate);
        return [population.name, observed.mean(`saturation of ${population.name}`, shares)];
      }),
    );
  },
};

function endsOf({ activation }: Population): JsScalarFunction | string {
  if (activation === 'softmax') return 'a softmax shares out one rate among its neurons';
  if (activation === null || activation === 'linear' || activation === 'leaky-relu')
    return `${activation ?? 'linear'} neurons have no largest rate`;
  return AT_AN_END[activation];
}
