import type { Tensor } from '../kernels/index.ts';
import { type Activity, type Connection, INITIAL_WEIGHTS, layeredNetwork } from '../networks/index.ts';
import { type Direction, outerProduct, type Product } from './direction.ts';
import { readoutRates } from './readout-rates.ts';
import { defineRule, type Minibatch, type Recipe, type Rule, type RuleContext } from './rule.ts';
import { EyeMovement, otherRows, sideOf } from './views.ts';

const OPTIONS = {
  shift: {
    default: 2,
    min: 0,
    integer: true,
    search: { choices: [1, 2, 3] },
    description: 'The most pixels by which an image moves during a fixation, in each direction.',
  },
  sampling: {
    default: 'alternating',
    choices: ['alternating', 'synchronous'],
    description:
      'What follows an image: a fixation or a saccade, either with probability 1/2 (CLAPP), or both, from which the layers learn together (CLAPP-s).',
  },
} as const;

const RECIPES: readonly Recipe[] = [
  {
    name: 'few-epochs',
    source: 'chosen here, for runs of a few epochs; not published',
    settings: (layers) => ({
      activation: 'relu',
      initial: 'he-normal',
      optimizer: 'adam',
      learningRate: readoutRates(layers, 0.0001, 0.01),
      schedule: 'linear',
      batch: 50,
    }),
  },
];

/** What follows the first image: y is 1 for a fixation, -1 for a saccade to another image; batch x 1. */
interface Glance {
  readonly image: Tensor;
  readonly y: Tensor;
}

export const clapp = defineRule({
  name: 'clapp',
  title: 'Contrastive local and predictive plasticity',
  family: 'local self-supervision',
  source: 'Illing, Ventura, Bellec & Gerstner 2021, NeurIPS 34, arXiv:2010.08262',
  summary:
    'Each layer learns by itself to predict its activity while the eye rests on an image, and not to after a saccade to another one; a read-out on top is taught.',
  equations: `
    c: rates for an image,   z: rates for the next one:   y = 1, the same image moved by a few pixels;   y = −1, another image
    L_l = max(0, 1 − y u),   u = zᵀ P c
    γ = y where y u < 1, else 0: one number for the layer
    ΔP = η γ z cᵀ
    ΔW_l = η (h_nextᵀ [γ (P c) ∘ f′(v_next)] + hᵀ [γ (Pᵀ z) ∘ f′(v)]),   h: rates below
    read-out: y = softmax(h_{L−1} W_L),   ΔW_L = −η h_{L−1}ᵀ (y − t)`,
  notes:
    'What the eye does is known to the layers as one number that is broadcast. In the paper a fixation shows patches of the same image, one after ' +
    'the other, to a convolutional network; here it is a small movement, the same for all images of a minibatch, and a saccade goes to ' +
    'another image of the minibatch. One step ahead is predicted, in the paper up to five. Retrodiction takes the transposed ' +
    'weights of the prediction, as the code of the authors does by default (EPFL-LCN/pub-illing2021-neurips); it can learn ' +
    'weights of its own there. The read-out learns in the same run and teaches nothing below: `--task probe:hidden-1` scores the ' +
    'features alone. Published accuracies are of other images. What runs came to is in docs/measurements.md, under Without labels.',
  plausibility: {
    weightTransport: 'none',
    phases: ['first image', 'next image'],
    feedbackPathway: 'none',
    storedActivity: 'rates of the first image',
    locality: ['presynaptic rate', 'postsynaptic potential', 'apical potential', 'surprise of its layer'],
  },
  network: layeredNetwork,
  trial: { hidden: [48, 24], examples: 8000 },
  options: OPTIONS,
  recipes: RECIPES,
  checkOptions({ shift }, { layers }) {
    if (shift > 0) sideOf(layers[0]!, 'clapp');
  },
  build: (context) => new Clapp(context),
});

class Clapp implements Rule {
  readonly #context: RuleContext<typeof OPTIONS>;
  readonly #eye: EyeMovement;
  /** P of each hidden layer, lowest first: from a neuron that fired to the apical dendrites of those that fire next. */
  readonly #predictions: readonly Connection[];

  constructor(context: RuleContext<typeof OPTIONS>) {
    const { network, kernels: k, options } = context;
    this.#context = context;
    this.#eye = new EyeMovement(k, network.populations[0]!.size, options.shift);
    this.#predictions = network.populations.slice(1, -1).map((layer): Connection => {
      const name = `prediction in ${layer.name}`;
      const values = INITIAL_WEIGHTS['torch-linear'](context.random(name), layer.size, layer.size);
      const weights = k.state(name, layer.size, layer.size, values);
      return { name, from: layer, to: layer, compartment: 'apical', weights, bias: null };
    });
  }

  learn({ input, target }: Minibatch) {
    const { network } = this.#context;
    const first = network.forward(input);
    const next = this.#glances(input).map(({ image, y }) => ({ activity: network.forward(image), y }));
    const hidden = this.#predictions.flatMap((_, l) => this.#predict(l, first, next));
    const { rate: output } = first.at(-1)!;
    const readout = outerProduct(
      network.connections.at(-1)!,
      first.at(-2)!.rate,
      network.outputError(first, target),
      1 / input.rows,
    );
    return { output, directions: [...hidden, readout] };
  }

  #glances(input: Tensor): Glance[] {
    const { kernels: k, options } = this.#context;
    const fixation = this.#eye.move(input);
    const saccade = otherRows(k, fixation);
    if (options.sampling === 'synchronous')
      return [
        { image: fixation, y: k.constant(1, input.rows, 1) },
        { image: saccade, y: k.constant(-1, input.rows, 1) },
      ];
    const y = k.map((rests) => 2 * rests - 1, k.bernoulli('fixation', k.constant(0.5, input.rows, 1)));
    return [{ image: k.map((same, other, y) => (y > 0 ? same : other), fixation, saccade, y), y }];
  }

  /** What hidden layer `l` (0 is the first) learns, and its predictions. */
  #predict(
    l: number,
    first: readonly Activity[],
    next: readonly { readonly activity: readonly Activity[]; readonly y: Tensor }[],
  ): Direction[] {
    const { kernels: k, network } = this.#context;
    const prediction = this.#predictions[l]!;
    const context = first[l + 1]!.rate;
    const scale = 1 / context.rows;
    const predicted = k.matmul(context, prediction.weights);
    const learned = next.map(({ activity, y }): [forward: Product[], lateral: Product] => {
      const { rate } = activity[l + 1]!;
      const agreement = k.sum(
        k.map((z, p) => z * p, rate, predicted),
        { over: 'columns' },
      );
      // -γ, because a direction is subtracted
      const gate = k.map((u, y) => (y * u < 1 ? -y : 0), agreement, y);
      const gated = (t: Tensor): Tensor => k.map((x, gate) => gate * x, t, gate);
      const post = (error: Tensor, of: readonly Activity[]): Tensor =>
        network.throughActivation(l + 1, gated(error), of);
      const retrodicted = k.matmul(rate, prediction.weights, { transposeB: true });
      return [
        [
          { pre: activity[l]!.rate, post: post(predicted, activity), scale },
          { pre: first[l]!.rate, post: post(retrodicted, first), scale },
        ],
        { pre: context, post: gated(rate), scale },
      ];
    });
    return [
      { connection: network.connections[l]!, products: learned.flatMap(([forward]) => forward) },
      { connection: prediction, products: learned.map(([, lateral]) => lateral) },
    ];
  }
}
