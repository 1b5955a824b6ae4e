import { sigmoid, type Tensor } from '../kernels/index.ts';
import {
  checkForwardForward,
  type ForwardForwardNetwork,
  forwardForwardNetwork,
  type HiddenActivity,
  type LabelledImages,
} from '../networks/index.ts';
import { type Direction, outerProduct } from './direction.ts';
import type { OptionValues } from './options.ts';
import {
  defineRule,
  type Minibatch,
  type Observation,
  type Recipe,
  type Rule,
  type RuleContext,
} from './rule.ts';

const OPTIONS = {
  answer: {
    default: 'goodness',
    choices: ['goodness', 'readout'],
    description:
      'What names the class of an image: the label under which the hidden layers, all but the first, have the largest goodness in sum, or one pass with the linear read-out.',
  },
  goodness: {
    default: 'sum',
    choices: ['sum', 'mean'],
    description: 'Goodness of a layer: the sum of its squared rates, or their mean.',
  },
  theta: {
    default: 1,
    above: 0,
    search: { logUniform: [0.3, 3] },
    description:
      'Threshold of goodness for each neuron: goodness is compared with theta times the number of neurons where it is a sum, with theta where it is a mean.',
  },
  normalisation: {
    default: 'rms',
    choices: ['rms', 'length'],
    description:
      'What the activity of a layer, and the image, are divided by before the next layer receives them: root mean square or length.',
  },
  fullGradient: {
    default: true,
    description:
      'The derivative of a ReLU counts as 1 for silent neurons too. The gradient of goodness is 0 there all the same, so that peer normalisation alone reaches them.',
  },
  peerNormalisation: {
    default: 0.03,
    min: 0,
    description:
      'Weight λ of the loss that draws the mean activity of each neuron to that of its layer; 0 for none.',
  },
  negatives: {
    default: 'uniform',
    choices: ['uniform', 'hard'],
    description:
      'Where wrong labels come from: all equally likely, or in proportion to the prediction of the read-out.',
  },
} as const;

/** How much of the running mean of activity is left after a minibatch, and what it starts from (authors' code). */
const MEAN_DECAY = 0.9;
const FIRST_MEAN = 0.5;

/** The hidden layers learn at one rate, the connections of the read-out at another: one from each hidden layer but the first. */
const rates = (layers: readonly number[], hidden: number, readout: number): number[] => {
  const count = layers.length - 2;
  return [...Array(count).fill(hidden), ...Array(Math.max(count - 1, 1)).fill(readout)];
};

const RECIPES: readonly Recipe[] = [
  {
    name: 'few-epochs',
    source: 'chosen here, for runs of a few epochs; not published',
    settings: (layers) => ({
      activation: 'relu',
      initial: 'lecun-normal',
      optimizer: 'adam',
      learningRate: rates(layers, 0.003, 0.003),
      schedule: 'linear',
      batch: 20,
    }),
  },
  {
    name: 'hinton-2022',
    source:
      'Hinton 2022, section 3.3, with the settings of loeweX/Forward-Forward, which follows the Matlab code of the author',
    figure:
      '1.36 % test error on MNIST, 784-2000-2000-2000-2000, 60 epochs; 1.47 % in the Matlab code, and 1.45 % in loeweX/Forward-Forward with 784-1000-1000-1000, 100 epochs',
    settings: (layers) => ({
      activation: 'relu',
      initial: 'lecun-normal',
      optimizer: 'momentum',
      momentum: 0.9,
      learningRate: rates(layers, 0.001, 0.01),
      weightDecay: 3e-4,
      schedule: 'linear',
      batch: 100,
    }),
  },
];

export const forwardForward = defineRule({
  name: 'forward-forward',
  title: 'Forward-forward',
  family: 'layer-wise losses',
  source: 'Hinton 2022, arXiv:2212.13345',
  summary:
    'Each layer learns by itself to be active for images with their right label and quiet for those with a wrong one; no signal comes from above.',
  equations: `
    h_0 = x with a one-hot label in its first pixels,   ĥ_l = h_l / rms(h_l)
    h_l = f(ĥ_{l−1} W_l),   G_l = Σ_j h_{l,j}²,   p_l = σ(G_l − θ)
    positive pass, the label is right:   δ_l = −(1 − p_l) 2 h_l ∘ f′(v_l)
    negative pass, the label is wrong:   δ_l = p_l 2 h_l ∘ f′(v_l)
    ΔW_l = −η ĥ_{l−1}ᵀ δ_l, the mean over both passes
    read-out, the label is neutral (1 / classes):   y = softmax(Σ_{l>1} ĥ_l R_l),   ΔR_l = −η ĥ_lᵀ (y − t)
    peer normalisation:   + λ mean_j (m_j − mean m)²,   m ← 0.9 m + 0.1 (mean of h_l over the positive pass)`,
  notes:
    'The read-out and the goodness of a label leave the first hidden layer out, as in the paper; a network with one hidden layer uses that. ' +
    'The read-out learns whichever gives the answer, and training loss and training error are its own: the goodness of all labels ' +
    'would take a pass for each. That goodness becomes rates by a softmax, whatever the loss. The paper draws wrong labels from ' +
    'the prediction of the read-out (negatives=hard); in loeweX/Forward-Forward they are uniform, which is the default here. The recipe ' +
    'hinton-2022 differs from that code in this: initial deviations are 1 / sqrt(neurons below), there 1 / sqrt(neurons of the layer); the ' +
    'read-out of the last hidden layer starts from random weights and has biases, there from zeros and without; its weights decay ' +
    'by 3e-4, there by 3e-3; the learning rate falls from the first step on, there in the second half of the run. With peer ' +
    'normalisation a synapse sees the mean activity of its layer too.',
  plausibility: {
    weightTransport: 'none',
    phases: ['pass with a neutral label', 'pass with the right label', 'pass with a wrong label'],
    feedbackPathway: 'none',
    storedActivity: 'none',
    locality: ['presynaptic rate', 'postsynaptic rate', 'goodness of its layer'],
  },
  network: forwardForwardNetwork,
  networkParameters: ({ normalisation }) => ({ normalisation }),
  needsClasses: true,
  trial: { examples: 16000 },
  options: OPTIONS,
  recipes: RECIPES,
  checkOptions: (_options, settings) => checkForwardForward(settings),
  build: (context) => new ForwardForward(context),
});

class ForwardForward implements Rule {
  readonly #context: RuleContext<typeof OPTIONS, ForwardForwardNetwork>;
  readonly #options: OptionValues<typeof OPTIONS>;
  /** Running mean activity of each hidden layer, 1 x size; none without peer normalisation. */
  readonly #means: readonly Tensor[];

  constructor(context: RuleContext<typeof OPTIONS, ForwardForwardNetwork>) {
    const { network, kernels: k, options } = context;
    this.#context = context;
    this.#options = options;
    this.#means =
      options.peerNormalisation === 0
        ? []
        : network.hidden.map(({ to: { name, size } }) =>
            k.state(`mean activity of ${name}`, 1, size, new Float32Array(size).fill(FIRST_MEAN)),
          );
  }

  learn(batch: Minibatch) {
    const { output, directions, means } = this.#look(batch);
    for (const [l, mean] of means.entries()) this.#context.kernels.mapInto(this.#means[l]!, (m) => m, mean);
    return { output, directions };
  }

  observe(batch: Minibatch): Observation {
    const { output, directions, neutral } = this.#look(batch);
    return { directions, firingRates: [...neutral.map(({ rate }) => rate), output] };
  }

  respond(input: Tensor): Tensor[] {
    const { network } = this.#context;
    const images = network.images(input);
    const neutral = network.forward(images, network.neutralLabel());
    const output =
      this.#options.answer === 'readout'
        ? network.readOut(network.readoutInputs(neutral)).rate
        : this.#context.kernels.softmax(this.#goodnessOfLabels(images));
    return [...neutral.map(({ rate }) => rate), output];
  }

  /** Everything that a minibatch teaches; nothing is written. */
  #look({ input, target }: Minibatch) {
    const { network, kernels: k } = this.#context;
    const images = network.images(input);
    const neutral = network.forward(images, network.neutralLabel());
    const readoutInputs = network.readoutInputs(neutral);
    const output = network.readOut(readoutInputs);
    const outputError = network.readout.error(k, output.potential, output.rate, target);
    const positive = network.forward(images, target);
    const negative = network.forward(images, this.#wrongLabels(target, output.rate));
    const means = this.#means.map((mean, l) => this.#nextMean(mean, positive[l]!.rate));
    const hidden = network.hidden.map((connection, l): Direction => {
      // The loss of a layer is a mean over the images of both passes.
      const scale = 1 / (2 * input.rows);
      return {
        connection,
        products: [
          { pre: positive[l]!.received, post: this.#error(l, positive[l]!, 1, means[l]), scale },
          { pre: negative[l]!.received, post: this.#error(l, negative[l]!, 0), scale },
        ],
      };
    });
    const readout = readoutInputs.map(({ connection, received }) =>
      outerProduct(connection, received, outputError, 1 / input.rows),
    );
    return { neutral, output: output.rate, directions: [...hidden, ...readout], means };
  }

  /**
   * Derivative of the loss of hidden layer `l` (0 is the first) by its potentials, batch x size.
   * @param label 1 in the positive pass, 0 in the negative one
   * @param mean running mean activity, in the pass that peer normalisation looks at
   */
  #error(l: number, layer: HiddenActivity, label: 0 | 1, mean?: Tensor): Tensor {
    const { network, kernels: k } = this.#context;
    const { theta, fullGradient, peerNormalisation } = this.#options;
    const [size, share] = [layer.rate.columns, this.#share(layer.rate)];
    // d/dG of the cross-entropy of p = σ(G − θ) is p − label
    const surprise = k.map(
      (squares, share, threshold, label) => sigmoid(share * squares - threshold) - label,
      network.squares(layer.rate),
      share,
      theta * size * share,
      label,
    );
    const inRate = k.map((h, p, slope) => slope * p * h, layer.rate, surprise, 2 * share);
    if (mean) {
      // The mean over 2 batch images is taken later, this loss has no mean over images: hence 2 batch (1 − decay) / batch.
      const strength = (2 * peerNormalisation * 2 * (1 - MEAN_DECAY)) / size;
      const center = k.sum(mean, { over: 'all', scale: 1 / size });
      k.mapInto(
        inRate,
        (e, m, center, strength) => e + strength * (m - center),
        inRate,
        mean,
        center,
        strength,
      );
    }
    const passes = fullGradient && network.hidden[l]!.to.activation === 'relu';
    return passes ? inRate : network.throughActivation(l, inRate, layer);
  }

  /** What a squared rate adds to the goodness of its layer. */
  #share = (rate: Tensor): number => (this.#options.goodness === 'mean' ? 1 / rate.columns : 1);

  #nextMean(mean: Tensor, rate: Tensor): Tensor {
    const k = this.#context.kernels;
    const now = k.sum(rate, { over: 'rows', scale: 1 / rate.rows });
    return k.map((m, now, decay) => decay * m + (1 - decay) * now, mean, now, MEAN_DECAY);
  }

  /** For each example a label that is not its own, one-hot, batch x classes. */
  #wrongLabels(target: Tensor, prediction: Tensor): Tensor {
    const { network, kernels: k } = this.#context;
    const u = k.uniform('wrong label', target.rows, target.columns, 0, 1);
    const rank =
      this.#options.negatives === 'uniform'
        ? k.map((u, t) => (t > 0 ? -1 : u), u, target)
        : // The first of exponential clocks of rates p, that is the largest log(u) / p, is class c with probability p_c.
          k.map(
            (u, t, p) => (t > 0 ? -1e38 : Math.log(Math.max(u, 1e-9)) / Math.max(p, 1e-30)),
            u,
            target,
            prediction,
          );
    return k.map((chosen, c) => (chosen === c ? 1 : 0), k.argmax(rank), network.classNumbers());
  }

  /** The goodness of each label, in sum over the hidden layers that judge; batch x classes. */
  #goodnessOfLabels(images: LabelledImages): Tensor {
    const { network, kernels: k } = this.#context;
    const classes = network.populations.at(-1)!.size;
    const numbers = network.classNumbers();
    const total = k.constant(0, images.pixels.rows, classes);
    k.repeat(classes, (c) => {
      const label = k.map((number, c) => (number === c ? 1 : 0), numbers, c);
      for (const { rate } of network.judges(network.forward(images, label)))
        k.matmul(network.squares(rate), label, { scale: this.#share(rate), into: total, accumulate: true });
    });
    return total;
  }
}
