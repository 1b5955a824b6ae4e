import { type Fault, faultsOf } from './fault.ts';

/** Of rules that store patterns, their network, and the task that asks for them. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'hopfield',
    ['hopfield'],
    [
      ['anti-Hebbian storage', 'k.map((x) => -x, pattern)', 'k.map((x) => x, pattern)'],
      [
        'storkey forgets the potential of one side',
        'row * (h - column) + g * column',
        'row * (h - column) + 0 * g',
      ],
      ['storkey with itself in the potential', '2 * w', '0 * w'],
      ['a projection that is not normalised', 'square > least ? -v / square : 0', 'square > least ? -v : 0'],
      ['a known pattern is stored again', 'square > least', 'square > 0 * least'],
      ['covariances that are not', '(n > 0 ? w / n : 0) - a * b', '(n > 0 ? w / n : 0) + 0 * a * b'],
      [
        'centred states that count from zero',
        'return { $$weights, mean };',
        'return { $$weights, mean: null };',
      ],
      ['potentials that are not brought up to date', 'h + c * w', 'h + 0 * c * w'],
    ],
  ),
  ...faultsOf(
    'associative network',
    ['hopfield', 'dense-associative-memory'],
    [
      ['potentials with the own state', 'column === row ? 0 : w', 'column === row ? w : w'],
      ['a tie is up', 'h > 0 ? 1 - s : h < 0 ? -1 - s : 0', 'h >= 0 ? 1 - s : -1 - s'],
      ['a state turns at every update', 'h > 0 ? 1 - s : h < 0 ? -1 - s : 0', 'h > 0 ? 1 - s : -2 * s'],
      ['rest is reported always', '(s, b) => s - b', '(s, b) => 0 * (s - b)'],
      ['one update too many', 'updates - 1', 'updates'],
      ['pixels of half brightness', 'x > 0.5 ? 1 : -1', 'x > 0 ? -1 : 1'],
    ],
    'networks/associative.ts',
  ),
  ...faultsOf(
    'storing at once',
    ['dense-associative-memory', 'hopfield'],
    [
      ['always the first memory neuron', 'step % from.size', '0 * step'],
      ['patterns are added to what was there', 'old - x', '0 * old - x'],
      ['any optimizer', 'String(given[name]) !== String(value)', "name === 'batch' && given[name] !== value"],
    ],
    'rules/one-shot.ts',
  ),
  ...faultsOf(
    'dense-associative-memory',
    ['dense-associative-memory'],
    [
      ['the neuron itself counts', 'o - x * s', 'o - 0 * x * s'],
      ['overlaps that stay', 'o + c * x', 'o + 0 * c * x'],
      ['the other half of the energy', 'up - down', 'up + 0 * down'],
      ['odd powers are even', 'h * h * x', 'h * h + 0 * x'],
      ['never rectified', 'rectified ? $cut : x', 'x'],
    ],
  ),
  ...faultsOf(
    'modern-hopfield',
    ['modern-hopfield'],
    [
      ['beta of 1', '{ transposeB: true, scale: beta }', '{ transposeB: true }'],
      [
        'the answer is a key',
        'return [k.matmul(attention, weights)];',
        'return [k.matmul(attention, keys)];',
      ],
      ['one step whatever is asked for', 'step === steps', 'step === 1'],
      ['vectors of any length', 'x / Math.sqrt(Math.max(square, 1e-30))', 'x + 0 * square'],
      ['nothing is centred', '(x, m) => x - m', '(x, m) => x - 0 * m'],
      [
        'the mean of the cues',
        'this.#preprocessed(weights, mean)',
        "this.#preprocessed(weights, k.sum(input, { over: 'rows', scale: 1 / input.rows }))",
      ],
    ],
  ),
  ...faultsOf(
    'neuron-astrocyte',
    ['neuron-astrocyte'],
    [
      ['a memory of second order', 'o * o * o', 'o'],
      ['neurons without leak', 'x + dt * (i - x)', 'x + dt * i'],
      ['synapses that do not hear the astrocyte', 'pair + psi - s', 'pair + 0 * psi - s'],
      ['processes that do not hear their synapse', 'spread + g - p', 'spread + 0 * g - p'],
      ['processes that do not hear each other', 'spread + g - p', '0 * spread + g - p'],
      ['a start from zero always', "start === 'zero'", "start !== 'none'"],
      ['calcium that begins with the other sign', 'k.map((x) => -x, pairs)', 'k.map((x) => x, pairs)'],
      ['synapses the wrong way round', 'j * size ** 2 + i * size + j', 'i * size ** 2 + i * size + j'],
    ],
  ),
  ...faultsOf(
    'retrieval',
    ['test/training/retrieval.test.ts'],
    [
      [
        'the first patterns of the dataset',
        'stored[Math.floor((cue * stored.length) / count)]',
        'Math.floor((cue * stored.length) / count)',
      ],
      ['the first of the stored patterns alone', 'Math.floor((cue * stored.length) / count)', 'cue'],
      ['cues of any seed', "new RandomStream(seed, 'cues')", "new RandomStream(0, 'cues')"],
      ['bits that are not inverted', '255 - pixels[place]', 'pixels[place]'],
      [
        'the upper half',
        'pixels.fill(0, Math.ceil(pixels.length / 2))',
        'pixels.fill(0, 0, Math.ceil(pixels.length / 2))',
      ],
      ['a mean of all images', 'meanOf(images, stored)', 'meanOf(images, epochOrder(seed, 0, images.count))'],
      ['half of the pixels is enough', 'm >= least ? 0 : 1', 'm >= 0 * least ? 0 : 1'],
      ['dark pixels alone count', 't > 0.5 ? 1 : -1', '1 + 0 * t'],
    ],
    'training/tasks/retrieval.ts',
  ),
  ...faultsOf(
    'retrieval',
    ['test/training/retrieval.test.ts'],
    [['a memory goes with every task', 'onlyTask !== task.name', "onlyTask === ''"]],
    'training/create-trainer.ts',
  ),
];
