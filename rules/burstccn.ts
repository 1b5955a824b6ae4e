import { type Kernels, sigmoid, type Tensor } from '../kernels/index.ts';
import {
  type Connection,
  type FeedbackPath,
  feedbackPath,
  type LayeredNetwork,
  layeredNetwork,
} from '../networks/index.ts';
import { checkEventRates, ratioOfRates, taughtOutputBursts } from './burst-rates.ts';
import { type Direction, outerProduct } from './direction.ts';
import { errorDirections } from './layer-errors.ts';
import type { OptimizerOptions } from './optimizer.ts';
import { defineRule, type Minibatch, type Rule, type RuleContext, type RuleOutput } from './rule.ts';

/** p_b, the burst probability of a neuron whose apical dendrite is at rest: σ(0). */
const BASELINE = 0.5;

const OPTIONS = {
  feedbackScale: {
    default: 1,
    min: 0,
    search: { logUniform: [0.1, 2] },
    description: 'Feedback weights Y are drawn from N(0, feedbackScale^2).',
  },
  inhibition: {
    default: 'cancelling',
    choices: ['cancelling', 'random'],
    description:
      'How the feedback weights Q, which interneurons turn into inhibition, start: at p_b Y, where they cancel the feedback of a network that is not taught, or with random weights of that size.',
  },
  inhibitionRate: {
    default: 0,
    min: 0,
    description:
      'Learning rate ρ of Q, whatever those of the forward connections; with 0 they stay as they start.',
  },
} as const;

export const burstccn = defineRule({
  name: 'burstccn',
  title: 'Bursting cortico-cortical network',
  family: 'burst-dependent plasticity',
  source: 'Greedy, Zhu, Pemberton, Mellor & Ponte Costa 2022, NeurIPS 35, arXiv:2206.11769',
  summary:
    'Apical dendrites get bursts from above less the events that predict them, and synapses grow where that makes bursts more probable than at rest.',
  equations: `
    event rates:       e_l = σ(e_{l−1} W_l + b_l)
    output:            p = p_b ((t − e_L) ∘ (1 − e_L) + 1)
    burst rates:       b = p ∘ e
    apical dendrites:  u = b_{l+1} Y − e_{l+1} Q
    hidden:            p = σ(4 u ∘ (1 − e)),   p_b = σ(0) = 1/2
    ΔW_l = η e_{l−1}ᵀ ((p − p_b) ∘ e)
    ΔQ = ρ e_{l+1}ᵀ u
    hence for Q = p_b Y, Y = Wᵀ and weak teaching ΔW_l is p_b times that of backprop`,
  notes:
    "The equations are those of the discrete-time model in the authors' code for MNIST (neuralml/BurstCCN, layers_burstccn.py); the paper " +
    'itself could not be read. Synapses with short-term plasticity, which tell bursts from events, and interneurons are not simulated: Y gets burst rates, and Q event rates. ' +
    'Initial weights are drawn with 3.6 times the deviation there.',
  plausibility: {
    weightTransport: 'none',
    phases: ['events upwards and bursts downwards at once'],
    feedbackPathway: 'layerwise',
    storedActivity: 'none: a neuron has its event rate and its apical potential at once',
    locality: ['presynaptic rate', 'postsynaptic rate', 'apical potential'],
  },
  network: layeredNetwork,
  // Sigmoid outputs and squared errors learn slowly at first.
  trial: { layers: [784, 100, 10], examples: 8000 },
  options: OPTIONS,
  recipes: [
    {
      name: 'greedy-2022',
      source:
        "Greedy et al. 2022, train_model.py in the authors' code, with learning rates that were chosen here for ten epochs",
      figure:
        '1.84 ± 0.01 % (standard error of 5 runs) test error on MNIST, 784-500-500-500-10, with fixed random feedback',
      settings: (layers) => ({
        batch: 32,
        activation: 'sigmoid',
        loss: 'squared-error',
        outputActivation: 'sigmoid',
        initial: 'glorot-normal',
        optimizer: 'sgd',
        // Chosen here; in the code all are 0.1, for 250 epochs.
        learningRate: [...layers.slice(2).map(() => 5), 0.8],
      }),
    },
  ],
  checkOptions: (_options, settings) => checkEventRates('burstccn', settings),
  build: (context) => new BurstCCN(context),
});

class BurstCCN implements Rule {
  /** Y; path l - 1 leads from layer l + 1 down to layer l. */
  readonly feedback: readonly FeedbackPath[];
  readonly #k: Kernels;
  readonly #network: LayeredNetwork;
  readonly #optimizer: OptimizerOptions;
  readonly #inhibitionRate: number;
  /** Q, beside Y. */
  readonly #inhibition: readonly Connection[];

  constructor(context: RuleContext<typeof OPTIONS>) {
    const { network, kernels: k, optimizer, options } = context;
    this.#k = k;
    this.#network = network;
    this.#optimizer = optimizer;
    this.#inhibitionRate = options.inhibitionRate;
    const draws = network.connections.slice(1).map((connection) => drawDescending(context, connection));
    this.feedback = draws.map(({ excitation }) => excitation);
    this.#inhibition = draws.map(({ inhibition }) => inhibition);
  }

  learn({ input, target }: Minibatch): RuleOutput {
    const k = this.#k;
    const activity = this.#network.forward(input);
    const rates = activity.map(({ rate }) => rate);
    const output = rates.at(-1)!;
    const bursts = [taughtOutputBursts(k, output, target, BASELINE)];
    const inhibition: Direction[] = [];
    for (let l = this.feedback.length; l > 0; l--) {
      const u = this.#apical(l, bursts[0]!, rates[l + 1]!);
      bursts.unshift(k.map((u, e) => sigmoid(4 * u * (1 - e)) * e, u, rates[l]!));
      if (this.#inhibitionRate > 0) inhibition.push(this.#inhibitionDirection(l, u, rates[l + 1]!));
    }
    // Directions are descended: p_b e - b.
    const errors = bursts.map((b, i) => k.map((b, e, p) => p * e - b, b, rates[i + 1]!, BASELINE));
    return {
      output,
      directions: [...errorDirections(this.#network, activity, errors), ...inhibition],
    };
  }

  /** u of hidden layer `l`, of what the layer above sends. */
  #apical(l: number, bursts: Tensor, events: Tensor): Tensor {
    const k = this.#k;
    const u = k.matmul(bursts, this.feedback[l - 1]!.connection.weights);
    return k.matmul(events, this.#inhibition[l - 1]!.weights, { into: u, accumulate: true, scale: -1 });
  }

  /** Towards apical potentials at rest. */
  #inhibitionDirection(l: number, u: Tensor, events: Tensor): Direction {
    const excess = this.#k.map((u) => -u, u);
    return {
      ...outerProduct(this.#inhibition[l - 1]!, events, excess, 1 / u.rows),
      relativeRate: ratioOfRates(this.#inhibitionRate, this.#optimizer, l),
    };
  }
}

/** Y and Q of a layer, beside the forward connection that they lead back along. */
function drawDescending(context: RuleContext<typeof OPTIONS>, { from, to }: Connection) {
  const { kernels: k, network, options } = context;
  const name = `inhibition from ${to.name} to ${from.name}`;
  const draw = (stream: string, deviation: number) =>
    context.random(stream).normal(from.size * to.size, 0, deviation);
  const Y = draw(`feedback to ${from.name}`, options.feedbackScale);
  const excitation = feedbackPath(k, network, to, from, Y);
  const { mask } = excitation.connection;
  const Q =
    options.inhibition === 'cancelling'
      ? Y.map((y) => BASELINE * y)
      : draw(`inhibition of ${from.name}`, BASELINE * options.feedbackScale);
  // Q joins the same neurons as Y.
  const weights = k.state(name, to.size, from.size, mask ? Q.map((q, i) => q * mask.values[i]!) : Q);
  const inhibition: Connection = { ...excitation.connection, name, weights };
  return { excitation, inhibition };
}
