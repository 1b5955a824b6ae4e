import { type Kernels, sigmoid, type Tensor } from '../kernels/index.ts';
import {
  type Activity,
  type Connection,
  drawFeedback,
  type FeedbackPath,
  type LayeredNetwork,
  layeredNetwork,
  type Population,
} from '../networks/index.ts';
import { checkEventRates, ratioOfRates, taughtOutputBursts } from './burst-rates.ts';
import { type Direction, outerProduct } from './direction.ts';
import { errorDirections } from './layer-errors.ts';
import type { OptimizerOptions } from './optimizer.ts';
import type { OptionValues } from './options.ts';
import {
  defineRule,
  type Minibatch,
  type Recipe,
  type Rule,
  type RuleContext,
  type RuleOutput,
} from './rule.ts';

/** Half the width of the distribution that recurrent weights start from. */
const RECURRENT_RANGE = 0.01;

const OPTIONS = {
  burstProbability: {
    default: 0.2,
    above: 0,
    max: 0.5,
    description:
      'Burst probability p_0 of output neurons without a teacher; with one it comes to twice as much at most.',
  },
  feedback: {
    default: 'fixed',
    choices: ['fixed', 'learned'],
    description:
      'Feedback weights stay as they are drawn, or change by the same products as the forward weights; with weightDecay both become alike.',
  },
  feedbackScale: {
    default: 1,
    min: 0,
    search: { logUniform: [0.1, 2] },
    description: 'Feedback weights are drawn from N(0, feedbackScale^2).',
  },
  recurrentRate: {
    default: 0.003,
    min: 0,
    search: { logUniform: [0.0003, 0.03] },
    description:
      'Learning rate ρ of the recurrent synapses onto apical dendrites, whatever those of the forward connections; with 0 there are none.',
  },
} as const;

const published = {
  batch: 32,
  activation: 'sigmoid',
  loss: 'squared-error',
  outputActivation: 'sigmoid',
  initial: 'glorot-normal',
} as const;

const RECIPES: readonly Recipe[] = [
  {
    name: 'payeur-2021',
    source:
      "Payeur et al. 2021, train_mnist.py in the authors' code, with learning rates that were chosen here for ten epochs",
    figure:
      'About 1.1 % test error on MNIST with three hidden layers, from a secondary source; 1.75 ± 0.01 % in Greedy et al. 2022, with their settings',
    settings: (layers) => ({ ...published, optimizer: 'sgd', learningRate: learningRates(layers) }),
  },
  {
    name: 'payeur-2021-500-epochs',
    source:
      "The same with the authors' learning rates, for 500 epochs; without their weight decay, 10⁻⁶ of the weights in each step",
    settings: (layers) => ({
      ...published,
      optimizer: 'momentum',
      momentum: 0.8,
      schedule: 'constant',
      learningRate: [...layers.slice(2).map(() => 0.1), 0.01],
      // Theirs is 10⁻⁴ for the sum over 32 images, without momentum, which here makes a rate five times as much.
      options: { recurrentRate: 0.00064 },
    }),
  },
];

/** Chosen here: bursts carry p_0 of the error of the outputs, and a quarter of what is above them from layer to layer below. */
const learningRates = (layers: readonly number[]): number[] =>
  layers.slice(1).map((_, l) => (l === layers.length - 2 ? 2 : 50));

export const burstDependentPlasticity = defineRule({
  name: 'burst-dependent-plasticity',
  title: 'Burst-dependent synaptic plasticity',
  family: 'burst-dependent plasticity',
  source: 'Payeur, Guerguiev, Zenke, Richards & Naud 2021, Nat. Neurosci. 24:1010-1019',
  summary:
    'Feedback to apical dendrites changes how many spikes of a neuron are bursts, and a synapse grows where a teacher makes bursts more probable.',
  equations: `
    event rates:       e_l = σ(e_{l−1} W_l + b_l)
    output:            p = p_0,   p_t = p_0 ((t − e_L) ∘ (1 − e_L) + 1)
    burst rates:       b = p ∘ e,   b_t = p_t ∘ e
    apical dendrites:  f = b_{l+1} Y,   f_t = b_{t,l+1} Y,   r = (σ(f) ∘ e) R
    hidden:            p = σ(f ∘ (1 − e) − r),   p_t = σ(f_t ∘ (1 − e) − r)
    ΔW_l = η e_{l−1}ᵀ (b_t − b)
    ΔR = ρ (σ(f) ∘ e)ᵀ (f ∘ (1 − e) − r), which takes p to 1/2, where σ is steep
    feedback=learned: ΔY = the transpose of ΔW_{l+1}`,
  notes:
    "The equations are those of the rate model of ensembles in the authors' code for MNIST (jordan-g/Burstprop, layers.py); the paper itself " +
    'could not be read. Spikes, short-term plasticity of synapses and interneurons are not simulated. Initial weights are drawn with 3.6 times the deviation ' +
    'there, and images are normalised, which was left out here. Recurrent weights are drawn from U[-0.01, 0.01]. Learned feedback ' +
    'is that of Kolen and Pollack. For weak feedback through Wᵀ, and without recurrent synapses, ΔW is that of backprop times p_0 and, from layer to layer, 1/4.',
  plausibility: {
    weightTransport: 'none',
    phases: ['forward pass', 'bursts without the teacher', 'bursts with the teacher'],
    feedbackPathway: 'layerwise',
    storedActivity: 'burst rates without the teacher',
    locality: ['presynaptic rate', 'postsynaptic rate', 'apical potential'],
  },
  network: layeredNetwork,
  // Recurrent inhibition averages over the neurons of a layer: twelve are not enough.
  trial: { hidden: [100, 50], layers: [784, 100, 10], examples: 8000 },
  options: OPTIONS,
  recipes: RECIPES,
  checkOptions: (_options, settings) => checkEventRates('burst-dependent-plasticity', settings),
  build: (context) => new BurstDependentPlasticity(context),
});

/** Burst rates of a layer, batch x size. */
interface Bursts {
  /** b, without the teacher. */
  readonly free: Tensor;
  /** b_t, with the teacher. */
  readonly taught: Tensor;
}

class BurstDependentPlasticity implements Rule {
  /** Y; path l - 1 leads from layer l + 1 down to layer l. */
  readonly feedback: readonly FeedbackPath[];
  readonly #k: Kernels;
  readonly #network: LayeredNetwork;
  readonly #options: OptionValues<typeof OPTIONS>;
  /** R of each hidden layer, lowest first; empty where there are none. */
  readonly #recurrent: readonly Connection[];
  readonly #optimizer: OptimizerOptions;

  constructor(context: RuleContext<typeof OPTIONS>) {
    const { network, options } = context;
    this.#k = context.kernels;
    this.#network = network;
    this.#options = options;
    this.#optimizer = context.optimizer;
    this.feedback = network.connections
      .slice(1)
      .map(({ from, to }) =>
        drawFeedback(context, to, from, (stream, count) => stream.normal(count, 0, options.feedbackScale)),
      );
    this.#recurrent =
      options.recurrentRate > 0
        ? network.populations.slice(1, -1).map((population) => drawRecurrent(context, population))
        : [];
  }

  learn({ input, target }: Minibatch): RuleOutput {
    const k = this.#k;
    const activity = this.#network.forward(input);
    const { rate } = activity.at(-1)!;
    const p0 = this.#options.burstProbability;
    const bursts: Bursts[] = [
      { free: k.map((e, p0) => p0 * e, rate, p0), taught: taughtOutputBursts(k, rate, target, p0) },
    ];
    const recurrent: Direction[] = [];
    for (let l = this.feedback.length; l > 0; l--) {
      const hidden = this.#hiddenBursts(l, activity[l]!.rate, bursts[0]!);
      bursts.unshift(hidden);
      recurrent.push(...hidden.recurrent);
    }
    // Directions are descended: b - b_t.
    const errors = bursts.map(({ free, taught }) => k.map((b, bt) => b - bt, free, taught));
    return {
      output: rate,
      directions: [
        ...errorDirections(this.#network, activity, errors),
        ...recurrent,
        ...this.#feedbackDirections(activity, errors),
      ],
    };
  }

  /** Burst rates of hidden layer `l`, with how its recurrent synapses learn. */
  #hiddenBursts(
    l: number,
    rate: Tensor,
    above: Bursts,
  ): Bursts & { readonly recurrent: readonly Direction[] } {
    const k = this.#k;
    const { weights } = this.feedback[l - 1]!.connection;
    const [f, f_t] = [k.matmul(above.free, weights), k.matmul(above.taught, weights)];
    const burst = (potential: Tensor) => k.map((u, e) => sigmoid(u) * e, potential, rate);
    const attenuated = (f: Tensor) => k.map((f, e) => f * (1 - e), f, rate);
    const synapses = this.#recurrent[l - 1];
    if (!synapses) return { free: burst(attenuated(f)), taught: burst(attenuated(f_t)), recurrent: [] };
    const sent = burst(f);
    const r = k.matmul(sent, synapses.weights);
    const less = (f: Tensor) => k.map((f, e, r) => f * (1 - e) - r, f, rate, r);
    const u = less(f);
    const missed = k.map((u) => -u, u);
    const direction = outerProduct(synapses, sent, missed, 1 / rate.rows);
    return {
      free: burst(u),
      taught: burst(less(f_t)),
      recurrent: [
        { ...direction, relativeRate: ratioOfRates(this.#options.recurrentRate, this.#optimizer, l) },
      ],
    };
  }

  /** The products of the forward connections that the feedback stands in for, transposed. */
  #feedbackDirections(activity: readonly Activity[], errors: readonly Tensor[]): Direction[] {
    if (this.#options.feedback === 'fixed') return [];
    return this.feedback.map(({ connection }, i) =>
      outerProduct(connection, errors[i + 1]!, activity[i + 1]!.rate, 1 / errors[i + 1]!.rows),
    );
  }
}

/** Recurrent synapses within a hidden layer, onto apical dendrites. */
function drawRecurrent({ kernels, random }: RuleContext<typeof OPTIONS>, population: Population): Connection {
  const { name, size } = population;
  const values = random(`recurrent weights of ${name}`).uniform(
    size * size,
    -RECURRENT_RANGE,
    RECURRENT_RANGE,
  );
  return {
    name: `${name} to ${name}`,
    from: population,
    to: population,
    compartment: 'apical',
    weights: kernels.state(`recurrent weights of ${name}`, size, size, values),
    bias: null,
  };
}
