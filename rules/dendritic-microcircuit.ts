import { sigmoid, type Tensor } from '../kernels/index.ts';
import {
  type Activity,
  checkMicrocircuit,
  type FeedbackPath,
  type MicrocircuitNetwork,
  microcircuitNetwork,
  type TaughtLayer,
} from '../networks/index.ts';
import { type Direction, outerProduct } from './direction.ts';
import {
  defineRule,
  type Minibatch,
  type Observation,
  type Rule,
  type RuleContext,
  type RuleOutput,
} from './rule.ts';

const OPTIONS = {
  interneurons: {
    default: 'self-predicting',
    choices: ['self-predicting', 'random'],
    description:
      'How interneurons start: in the state in which they cancel all feedback of a network that is not taught, or with random weights.',
  },
  feedbackScale: {
    default: 1,
    min: 0,
    search: { logUniform: [0.1, 2] },
    description: 'Top-down weights are drawn once from U[-feedbackScale, feedbackScale].',
  },
  interneuronRate: {
    default: 5,
    min: 0,
    search: { logUniform: [1, 20] },
    description:
      'ρ, learning rate of the synapses onto interneurons, as a multiple of that of the connection from the same layer upwards.',
  },
  apicalConductance: {
    default: 0.471,
    min: 0,
    description: 'g_A, from the apical dendrite to the soma; the leak is 0.1, and the basal conductance 1.',
  },
  teachingConductance: {
    default: 0.12,
    above: 0,
    description: 'g_som, of the current that teaches output neurons and interneurons.',
  },
} as const;

export const dendriticMicrocircuit = defineRule({
  name: 'dendritic-microcircuit',
  title: 'Dendritic cortical microcircuit',
  family: 'dendritic microcircuits',
  source: 'Sacramento, Costa, Bengio & Senn 2018, NeurIPS 31, arXiv:1810.11393',
  summary:
    'Interneurons cancel the feedback that they can predict; what is left in the apical dendrites moves the soma away from what its basal dendrite predicts.',
  equations: `
    upwards:    v_B = W_up r + b,   û = g_B v_B / (g_l + g_B + g_A),   r = φ(û),   û_I = g_D (W_IP r + b_I) / (g_l + g_D)
    output:     u = (1 − λ) û + λ u_target
    downwards:  u_I = (1 − λ_I) û_I + λ_I u_above,   v_A = W_down φ(u_above) + W_PI φ(u_I),   u = û + λ_A v_A
    ΔW_up = η (φ(u) − φ(û)) r_belowᵀ   (eq. 7)
    ΔW_IP = η ρ (φ(u_I) − φ(û_I)) rᵀ   (eq. 8)
    λ = g_som / (g_l + g_B + g_som),   λ_I = g_som / (g_l + g_D + g_som),   λ_A = g_A / (g_l + g_B + g_A)`,
  notes:
    'This is the form with steady potentials in two sweeps that the paper has for MNIST (section 3.4); W_down and W_PI are fixed there, ' +
    'and here. Targets are the rates 0.1 and 0.8. The supplement of the paper could not be read: conductances are those of a later ' +
    'implementation (phll/Neuro-Backprop), learning rates and initial weights were chosen here. The gradient beside the directions is that of ' +
    "backpropagation from the rule's own output error.",
  plausibility: {
    weightTransport: 'none',
    phases: ['upward sweep', 'downward sweep from the taught output'],
    feedbackPathway: 'layerwise',
    storedActivity: 'none: soma and dendrites hold both factors',
    locality: ['presynaptic rate', 'postsynaptic potential', 'apical potential'],
  },
  network: microcircuitNetwork,
  networkParameters: ({ feedbackScale, interneurons, apicalConductance, teachingConductance }) => ({
    constants: {
      leak: 0.1,
      basal: 1,
      dendritic: 1,
      apical: apicalConductance,
      teaching: teachingConductance,
    },
    feedbackScale,
    interneurons,
  }),
  trial: { examples: 8000 },
  options: OPTIONS,
  recipes: [
    {
      name: 'sacramento-2018',
      source: 'Sacramento et al. 2018, section 3.4, with learning rates that were chosen here',
      figure: '1.96 % test error on MNIST, 784-500-500-10 (Fig. 3B)',
      settings: (layers) => ({
        activation: 'sigmoid',
        loss: 'squared-error',
        outputActivation: 'sigmoid',
        initial: 'glorot-uniform',
        optimizer: 'sgd',
        schedule: 'constant',
        batch: 10,
        learningRate: learningRates(layers),
      }),
    },
  ],
  checkOptions: (_options, settings) => checkMicrocircuit(settings),
  build: (context) => new DendriticMicrocircuit(context),
});

/**
 * Chosen here. Interneurons have to follow the layer above faster than it changes: what they miss looks like an error. How fast they can be
 * falls with the number of neurons that they listen to, since these change them together; hence the rates of the upper connections.
 */
const learningRates = (layers: readonly number[]): number[] =>
  layers.slice(0, -1).map((n, l) => (l === layers.length - 2 ? 25 / n : l === 0 ? 20 : 10 / n));

/** What the two sweeps leave in the neurons. */
interface Sweeps {
  /** Upwards, input first. */
  readonly activity: readonly Activity[];
  /** Downwards, lowest hidden layer first. */
  readonly hidden: readonly TaughtLayer[];
  /** φ(û) − φ(u) of every layer above the input, lowest first: how much less its soma fires than its basal dendrite predicts. */
  readonly errors: readonly Tensor[];
}

class DendriticMicrocircuit implements Rule {
  readonly feedback: readonly FeedbackPath[];
  readonly #network: MicrocircuitNetwork;
  readonly #interneuronRate: number;

  constructor({ network, options }: RuleContext<typeof OPTIONS, MicrocircuitNetwork>) {
    this.#network = network;
    this.#interneuronRate = options.interneuronRate;
    this.feedback = network.circuits.map(({ feedback }) => feedback);
  }

  learn({ input, target }: Minibatch): RuleOutput {
    const sweeps = this.#sweeps(input, target);
    return { output: sweeps.activity.at(-1)!.rate, directions: this.#directions(sweeps) };
  }

  observe({ input, target }: Minibatch): Observation {
    const sweeps = this.#sweeps(input, target);
    return {
      directions: this.#directions(sweeps),
      gradient: this.#gradient(sweeps),
      firingRates: sweeps.activity.slice(1).map(({ rate }) => rate),
    };
  }

  #sweeps(input: Tensor, target: Tensor): Sweeps {
    const network = this.#network;
    const activity = network.predict(input);
    const output = activity.at(-1)!;
    const somata = [network.teachOutput(output.potential, target)];
    const hidden: TaughtLayer[] = [];
    for (let l = network.circuits.length; l > 0; l--) {
      hidden.unshift(network.teachHidden(l, activity[l]!, somata[0]!));
      somata.unshift(hidden[0]!.soma);
    }
    return { activity, hidden, errors: somata.map((soma, l) => this.#error(activity[l + 1]!.rate, soma)) };
  }

  /** φ(û) − φ(u). */
  #error(predictedRate: Tensor, soma: Tensor): Tensor {
    return this.#network.kernels.map((r, u) => r - sigmoid(u), predictedRate, soma);
  }

  #directions({ activity, hidden, errors }: Sweeps): Direction[] {
    const { connections, circuits } = this.#network;
    // eq. 7
    const upward = connections.map((connection, l) =>
      outerProduct(connection, activity[l]!.rate, errors[l]!, 1 / errors[l]!.rows),
    );
    // eq. 8
    const lateral = hidden.map(({ interneuronPrediction, interneuronSoma }, h) => {
      const error = this.#error(this.#network.rate(interneuronPrediction), interneuronSoma);
      return {
        ...outerProduct(circuits[h]!.excitation, activity[h + 1]!.rate, error, 1 / error.rows),
        relativeRate: this.#interneuronRate,
      };
    });
    return [...upward, ...lateral];
  }

  /** Backpropagation of the rule's own output error through the upward sweep, û = a (W r + b). */
  #gradient({ activity, errors }: Sweeps): Direction[] {
    const { connections, kernels: k } = this.#network;
    const deltas = [errors.at(-1)!];
    for (let l = connections.length - 1; l > 0; l--) {
      const descended = k.matmul(deltas[0]!, connections[l]!.weights, { transposeB: true });
      const a = this.#network.attenuation(l + 1);
      deltas.unshift(k.map((e, r, a) => a * e * r * (1 - r), descended, activity[l]!.rate, a));
    }
    return connections.map((connection, l) =>
      outerProduct(
        connection,
        activity[l]!.rate,
        deltas[l]!,
        this.#network.attenuation(l + 1) / deltas[l]!.rows,
      ),
    );
  }
}
