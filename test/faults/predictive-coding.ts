import { type Fault, faultsOf } from './fault.ts';

export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'predictive-coding',
    ['predictive-coding', 'locality'],
    [
      ['hidden layers ascend F', 'x + g * (d - e)', 'x - g * (d - e)'],
      ['a layer is pushed away from its prediction', 'x + g * (d - e)', 'x + g * (d + e)'],
      ['missing derivative', 'this.#network.throughActivation($l, arriving, state)', 'arriving'],
      ['sign of the output error', '-e / v', 'e / v'],
      ['outputs of variance 1', '-e / v', '-e + 0 * v'],
      ['variance left out of the scale', '{ target, scale: outputVariance }', '{ target, scale: 1 }'],
      ['sign of the update', '-s * e', 's * e'],
      ['sum over the batch, not mean', '1 / post.rows', '1'],
      ['one step too few', 't < iterations', 't < iterations - 1', '#strict'],
      [
        'errors of the forward pass teach',
        'this.#directions(state, this.#errors(state, clamped), clamped)',
        'this.#directions(state, this.#errors(clamped.forward, clamped), clamped)',
        '#strict',
      ],
      [
        'with fixed predictions only the last hidden layer has errors',
        'i < descending.length ? $moved : error',
        'i === descending.length - 1 ? $moved : error',
      ],
      ['zero divergence at another rate', 'this.#relax(state, errors, 1)', 'this.#relax(state, errors, 0.9)'],
      [
        'zero divergence teaches a layer before the error is there',
        'directions.unshift(this.#direction(l, state, errors, clamped));',
        'directions.unshift(this.#direction(l, state, this.#errors(clamped.forward, clamped), clamped));',
      ],
      ['nudged to the target itself', 'y + b * (t - y)', '0 * b * y + t'],
      [
        'update not divided by beta',
        'outputVariance / this.#beta(info)',
        'outputVariance + 0 * this.#beta(info)',
      ],
      ['negative nudging pulls', "nudging === 'negative' || $drawn", '$drawn'],
      ['the random sign is drawn once', 'signs.wordAt(step)', 'signs.wordAt(0 * step)'],
      ['incremental weights stay', 'descend($$given);', ';'],
      ['the input predicts with the weights of before', 'i === 0 && !moving', 'i === 0'],
      [
        'incremental errors come down through the weights of before',
        'this.#relax(state, errors, inferenceRate, moving)',
        'this.#relax(state, errors, inferenceRate)',
      ],
      [
        'incremental learns the last step alone',
        'products[l].push(...direction.products);',
        'products[l] = [...direction.products];',
      ],
    ],
  ),
];
