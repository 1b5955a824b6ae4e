import type { Tensor } from '../kernels/index.ts';
import {
  type Connection,
  checkDenseMemory,
  type DenseMemoryNetwork,
  denseMemoryNetwork,
  raised,
} from '../networks/index.ts';
import type { Direction } from './direction.ts';
import { largestOfRows } from './largest.ts';
import type { OptionValues } from './options.ts';
import { defineRule, type Minibatch, type Recipe, type Rule, type RuleContext } from './rule.ts';

const OPTIONS = {
  power: {
    default: 20,
    min: 2,
    max: 30,
    integer: true,
    search: { choices: [3, 5, 10, 20] },
    description: 'n, the power by which overlaps with a memory count.',
  },
  exponent: {
    default: 30,
    min: 1,
    max: 31,
    integer: true,
    search: { choices: [1, 5, 30] },
    description:
      'm: the loss is the 2m-th power of the difference to the target; the larger it is, the more the worst examples count alone.',
  },
  temperature: {
    default: 540 / 784,
    above: 0,
    search: { uniform: [0.4, 0.9] },
    description:
      'T, what overlaps are divided by, in shares of the number of pixels, which is the largest overlap that there can be.',
  },
  p: {
    default: 0.6,
    min: 0,
    max: 0.99,
    description: 'p, momentum: how much of the change is left after a minibatch.',
  },
  damping: {
    default: 0.998,
    above: 0,
    max: 1,
    description: 'f: what the learning rate is multiplied by after each epoch.',
  },
} as const;

/** Keeps a memory in which nothing changes from being divided by 0 (authors' notebook). */
const SMALLEST = 1e-30;

const NETWORK = {
  activation: 'relu',
  loss: 'squared-error',
  outputActivation: 'tanh',
  initial: 'dense-memory',
} as const;

const RECIPES: readonly Recipe[] = [
  {
    name: 'few-epochs',
    source: 'chosen here, for runs of a few epochs; not published',
    settings: () => ({
      ...NETWORK,
      optimizer: 'sgd',
      learningRate: [0.04],
      schedule: 'linear',
      batch: 100,
      options: { exponent: 5, temperature: 0.55, damping: 1 },
    }),
  },
  {
    name: 'krotov-hopfield-2016',
    source:
      "the authors' notebook (DimaKrotov/Dense_Associative_Memory), of 784-100-10 and 300 epochs; the paper has 2,000 memories",
    settings: () => ({
      ...NETWORK,
      optimizer: 'sgd',
      learningRate: [0.04],
      schedule: 'constant',
      batch: 1000,
      options: { power: 20, exponent: 30, temperature: 540 / 784, p: 0.6, damping: 0.998 },
    }),
  },
];

export const denseMemoryClassifier = defineRule({
  name: 'dense-memory-classifier',
  title: 'Dense memory classifier',
  family: 'associative memory',
  source: 'Krotov & Hopfield 2016, arXiv:1606.01164',
  summary:
    'Memories of images with their classes: the class whose unit lowers the energy most is the answer, and memories move by the gradient of how far all answers are off.',
  equations: `
    ξ_μ: weights of memory μ for pixels and class units,   v = 2 x − 1: pixels,   t: −1, and 1 for the class
    h_μ = Σ_i ξ_μi v_i − Σ_b ξ_μb: overlap with the image, all class units at −1
    c_a = tanh(Σ_μ [F((h_μ + 2 ξ_μa) / T) − F(h_μ / T)]),   F(x) = f(x)ⁿ                     (eq. 9)
    L = Σ_a (c_a − t_a)^2m                                                                  (eq. 14)
    V_μ ← p V_μ − ∂L/∂ξ_μ over a minibatch                                                  (eq. 13)
    ξ_μ ← clip(ξ_μ + η f^epoch V_μ / max |V_μ|, −1, 1)                                      (eq. 12)`,
  notes:
    'An image is multiplied with the memories once for all classes, to which 2 ξ_μa is added for each. Powers are formed of overlaps over T, and the slope of ' +
    'tanh of exponentials, so that float32 holds them (540²⁰ is 4 · 10⁵⁴); only ∂L/∂ξ of images whose answers are all within about 0.2 of their targets vanishes in float32. ' +
    "As in the authors' notebook ∂L/∂ξ has no constant factors, which max |V_μ| cancels. The temperature of the paper may fall over the first epochs; in the notebook it does not, and here it " +
    'cannot. For an answer T does not count, as it divides all classes alike. Where f is relu (`--activation relu`) negative overlaps do not count, where it is linear they do. With n = 2 and linear f the answer is that of a network with one hidden layer, ' +
    'whose outputs get 2 ξ_μa F′; otherwise that is its first order in the weights for class units. With a memory for each training image and n → ∞ the answer is the class of the nearest image, by the overlap: tests hold the rule to both. ' +
    'The memories are the hidden layer of `--layers`. What runs came to is in docs/claims.md.',
  plausibility: {
    weightTransport: 'exact',
    phases: ['image without a class', 'image with each class in turn'],
    feedbackPathway: 'layerwise',
    storedActivity: 'rates for each class, and the change of the minibatches before',
    locality: [
      'presynaptic rate',
      'postsynaptic potential',
      'error from above',
      'largest change of its neuron',
    ],
  },
  network: denseMemoryNetwork,
  networkParameters: ({ power, exponent, temperature }) => ({ power, exponent, temperature }),
  needsClasses: true,
  trial: { hidden: [24], examples: 24000 },
  options: OPTIONS,
  recipes: RECIPES,
  checkOptions(_, settings) {
    checkDenseMemory(settings);
  },
  build: (context) => new DenseMemoryClassifier(context),
});

/** Minus the gradient of the loss by the weights for pixels and for classes, but for a positive factor. */
interface Descent {
  /** Answers, batch x classes. */
  readonly output: Tensor;
  /** Of the memories without a class, batch x memories. */
  readonly rate: Tensor;
  /** inputs x memories */
  readonly pixels: Tensor;
  /** memories x classes */
  readonly classes: Tensor;
}

class DenseMemoryClassifier implements Rule {
  readonly #context: RuleContext<typeof OPTIONS, DenseMemoryNetwork>;
  readonly #options: OptionValues<typeof OPTIONS>;
  /** V: changes that go on, of the shapes of the weights. */
  readonly #velocities: readonly [pixels: Tensor, classes: Tensor];
  /** 0, 1, 2, ... of the pixels, in a row. */
  readonly #pixelNumbers: Tensor;

  constructor(context: RuleContext<typeof OPTIONS, DenseMemoryNetwork>) {
    const { network, kernels: k, options } = context;
    this.#context = context;
    this.#options = options;
    const velocity = ({ name, from, to }: Connection) => k.state(`velocity of ${name}`, from.size, to.size);
    this.#velocities = [velocity(network.pixels), velocity(network.classes)];
    const { size } = network.pixels.from;
    this.#pixelNumbers = k.state(
      'numbers of input',
      1,
      size,
      Float32Array.from({ length: size }, (_, i) => i),
    );
  }

  learn(batch: Minibatch) {
    const { kernels: k } = this.#context;
    const descent = this.#descend(batch);
    const velocities = this.#moved(descent);
    for (const [c, velocity] of velocities.entries()) k.mapInto(this.#velocities[c]!, (v) => v, velocity);
    return { output: descent.output, directions: this.#directions(velocities, batch) };
  }

  observe(batch: Minibatch) {
    const { kernels: k, network } = this.#context;
    const { exponent, power } = this.#options;
    const descent = this.#descend(batch);
    const scale = (-2 * exponent * power) / (network.temperature * batch.input.rows);
    const gradientOf = (connection: Connection, descent: Tensor) =>
      this.#estimate(
        connection,
        k.map((d, s) => d * s, descent, scale),
      );
    return {
      directions: this.#directions(this.#moved(descent), batch),
      gradient: [gradientOf(network.pixels, descent.pixels), gradientOf(network.classes, descent.classes)],
      firingRates: [descent.rate, descent.output],
    };
  }

  betweenMinibatches() {
    const { kernels: k, network } = this.#context;
    for (const { weights } of network.connections)
      k.mapInto(weights, (w) => Math.min(Math.max(w, -1), 1), weights);
  }

  #descend({ input, target }: Minibatch): Descent {
    const { kernels: k, network } = this.#context;
    const overlaps = network.overlaps(input);
    const { pixels, rate, slope: down } = overlaps;
    // Of each memory for each image, and of each class over the minibatch.
    const felt = k.constant(0, rate.rows, rate.columns);
    const pulled = k.constant(0, target.columns, rate.columns);
    const output = network.answer(overlaps, ({ at, slope: up, potential }) => {
      const aim = k.matmul(target, at, { transposeB: true });
      const error = this.#error(potential, aim);
      k.mapInto(felt, (f, e, up, down) => f + e * (up - down), felt, error, up, down);
      const ofClass = k.matmul(error, up, { transposeA: true });
      k.mapInto(pulled, (all, a, one) => all + a * one, pulled, k.transpose(at), ofClass);
    });
    const sum = k.transpose(k.sum(felt, { over: 'rows' }));
    return {
      output,
      rate,
      pixels: k.matmul(pixels, felt, { transposeA: true }),
      classes: k.map((one, all) => 2 * one - all, k.transpose(pulled), sum),
    };
  }

  /**
   * (t - c)^(2m - 1) (1 - c^2) of one class, batch x 1.
   * @param potential what c is the tanh of
   * @param aim 1 or 0, for t = 1 or -1
   */
  #error(potential: Tensor, aim: Tensor): Tensor {
    const { kernels: k } = this.#context;
    const difference = k.map((t, z) => 2 * t - 1 - Math.tanh(z), aim, potential);
    return k.map(
      (d, z) => {
        // 1 - tanh(z)^2 = 4 q / (1 + q)^2, which is not rounded to 0 where tanh is to 1
        const q = Math.exp(-2 * Math.abs(z));
        return (d * 4 * q) / ((1 + q) * (1 + q));
      },
      raised(k, difference, 2 * this.#options.exponent - 1),
      potential,
    );
  }

  /** V after a minibatch (eq. 13). */
  #moved({ pixels, classes }: Descent): readonly [pixels: Tensor, classes: Tensor] {
    const { kernels: k } = this.#context;
    const move = (v: Tensor, d: Tensor) => k.map((v, d, p) => p * v + d, v, d, this.#options.p);
    return [move(this.#velocities[0], pixels), move(this.#velocities[1], classes)];
  }

  /** Minus V, each memory divided by the largest change in it (eq. 12): a direction is subtracted. */
  #directions([pixels, classes]: readonly [Tensor, Tensor], { input }: Minibatch): Direction[] {
    const { kernels: k, network, examples } = this.#context;
    const { damping } = this.#options;
    const size = (v: Tensor) => k.map((v) => Math.abs(v), v);
    const largest = k.map(
      (a, b, least) => Math.max(Math.max(a, b), least),
      largestOfRows(k, k.transpose(size(pixels)), this.#pixelNumbers),
      largestOfRows(k, size(classes), network.classNumbers),
      SMALLEST,
    );
    const stepsPerEpoch = Math.floor(examples / input.rows);
    const left = k.hostScalar('damping', ({ step }) => damping ** Math.floor(step / stepsPerEpoch));
    const scaled = (v: Tensor, largest: Tensor) =>
      k.map((v, most, left) => (-left * v) / most, v, largest, left);
    return [
      this.#estimate(network.pixels, scaled(pixels, k.transpose(largest))),
      this.#estimate(network.classes, scaled(classes, largest)),
    ];
  }

  #estimate(connection: Connection, weights: Tensor): Direction {
    const bias = this.#context.kernels.constant(0, 1, connection.to.size);
    return { connection, products: [], estimate: { weights, bias }, biases: false };
  }
}
