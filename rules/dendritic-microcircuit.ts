import { sigmoid, type Tensor } from '../kernels/index.ts';
import {
  type Activity,
  checkMicrocircuit,
  type FeedbackPath,
  type MicrocircuitNetwork,
  type MicrocircuitOptions,
  MicrocircuitSimulation,
  microcircuitNetwork,
  type TaughtLayer,
} from '../networks/index.ts';
import { type Direction, outerProduct } from './direction.ts';
import { MeanPlasticity, type MicrocircuitDirections } from './microcircuit-plasticity.ts';
import type { OptionValues } from './options.ts';
import {
  defineRule,
  type Minibatch,
  type Observation,
  type Rule,
  type RuleContext,
  type RuleOutput,
} from './rule.ts';

const OPTIONS = {
  dynamics: {
    default: 'steady',
    choices: ['steady', 'full', 'latent-equilibrium'],
    description:
      'Steady potentials in two sweeps; somata in time (eq. 1 and 2); or the same with rates and plasticity from prospective potentials u + τ du/dt (Haider et al. 2021), which settle in a few steps.',
  },
  timeStep: {
    default: 0.1,
    above: 0,
    description: 'Size of an Euler step of the dynamics full and latent-equilibrium, ms.',
  },
  untaughtTime: {
    default: 10,
    above: 0,
    description:
      'How long an image is shown without its target, from rest on, ms; predictions are the rates at the end. Not of steady.',
  },
  taughtTime: {
    default: 10,
    above: 0,
    description:
      'How long the image is shown with its target after that, ms; weights change by the mean over this time. Not of steady.',
  },
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
  inhibitionRate: {
    default: 0,
    min: 0,
    description:
      'Learning rate of the synapses from interneurons onto apical dendrites (eq. 9), as a multiple of that of the connection from the same layer upwards; 0: they stay, as in the paper for MNIST.',
  },
  feedbackRate: {
    default: 0,
    min: 0,
    description:
      'Learning rate of the top-down synapses (eq. 10), as a multiple of the same; 0: they stay, as in the paper for MNIST.',
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

/** The network that the options ask for. */
const networkOptions = (options: OptionValues<typeof OPTIONS>): MicrocircuitOptions => ({
  constants: {
    leak: 0.1,
    basal: 1,
    dendritic: 1,
    apical: options.apicalConductance,
    teaching: options.teachingConductance,
  },
  time:
    options.dynamics === 'steady'
      ? null
      : {
          dynamics: options.dynamics,
          step: options.timeStep,
          untaught: options.untaughtTime,
          taught: options.taughtTime,
        },
  feedbackScale: options.feedbackScale,
  interneurons: options.interneurons,
});

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
    where asked for:   ΔW_PI = −η ρ_PI v_A φ(u_I)ᵀ   (eq. 9, v_rest = 0),   ΔW_down = η ρ_down (φ(u) − φ(W_down φ(u_above))) φ(u_above)ᵀ   (eq. 10)
    λ = g_som / (g_l + g_B + g_som),   λ_I = g_som / (g_l + g_D + g_som),   λ_A = g_A / (g_l + g_B + g_A)
    in time: du/dt = −g_l u + g_B (v_B − u) + g_A (v_A − u)   (eq. 1; outputs: g_som (u_target − u) in place of g_A (v_A − u))
             du_I/dt = −g_l u_I + g_D (v_I − u_I) + g_som (u_above − u_I)   (eq. 2)
    latent equilibrium: u + τ du/dt in place of u in all rates, in ΔW and in u_above,   τ = 1 / (sum of the conductances)`,
  notes:
    'With dynamics=steady this is the form with steady potentials in two sweeps that the paper has for MNIST (section 3.4). In time (full) dendrites follow ' +
    'the rates at once and somata move by Euler steps, all from the rates of the step before, without the noise of the paper; every image starts at rest. ' +
    'In the paper plasticity is always on, through a low-pass filter of 30 ms; here weights change once for each minibatch, by the mean of ' +
    'eq. 7 to 10 over the phase with the target. Lengths of phases and steps were chosen here; conductances are per ms. With latent-equilibrium ' +
    '(Haider et al. 2021, NeurIPS 34) the derivative in the prospective potential is that of the same step, so that the dynamics take a step for each layer, whatever its ' +
    'size: untaughtTime=1 and taughtTime=1 will do. On the embedded digits (784-50-10, five epochs, three seeds: npx dendrite run microcircuit-dynamics) test errors are ' +
    '6.33 % with steady, 6.78 % with full, 6.52 % with full and taughtTime=30, where the onset of the taught phase has less of a share in the mean, 6.35 % with latent-equilibrium, ' +
    'and 6.48 % with latent-equilibrium and phases of 1 ms. ' +
    'W_down and W_PI are fixed in the paper for MNIST, and here unless inhibitionRate (eq. 9) and feedbackRate (eq. 10) are above 0: with interneurons=random, eq. 8 and 9 learn the self-predicting state. Targets are the rates 0.1 and 0.8. The supplement of the paper could not be read: ' +
    'conductances are those of a later implementation (phll/Neuro-Backprop), learning rates and initial weights were chosen here. The gradient beside the directions ' +
    "is that of backpropagation from the rule's own output error.",
  plausibility: {
    weightTransport: 'none',
    phases: ['upward sweep', 'downward sweep from the taught output'],
    feedbackPathway: 'layerwise',
    storedActivity: 'none: soma and dendrites hold both factors',
    locality: ['presynaptic rate', 'postsynaptic potential', 'apical potential'],
  },
  network: microcircuitNetwork,
  networkParameters: networkOptions,
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
  checkOptions: (options, settings) => checkMicrocircuit(settings, networkOptions(options)),
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
  /** u of every layer above the input, lowest first. */
  readonly somata: readonly Tensor[];
  /** φ(û) − φ(u) of the same: how much less its soma fires than its basal dendrite predicts. */
  readonly errors: readonly Tensor[];
}

/** Synapses that are not those upwards. */
type Lateral = Exclude<keyof MicrocircuitDirections, 'upward'>;

/** What a minibatch leaves for learning. */
interface Taught extends MicrocircuitDirections {
  /** Without a teacher, input first. */
  readonly rates: readonly Tensor[];
  /** φ(û) − φ(u) of the output neurons, batch x outputs. */
  readonly outputError: Tensor;
}

class DendriticMicrocircuit implements Rule {
  readonly feedback: readonly FeedbackPath[];
  readonly settle?: NonNullable<Rule['settle']>;
  readonly #network: MicrocircuitNetwork;
  /** Learning rates in those of the connections upwards. */
  readonly #rates: { readonly [part in Lateral]: number };

  constructor({ network, options }: RuleContext<typeof OPTIONS, MicrocircuitNetwork>) {
    this.#network = network;
    this.#rates = {
      lateral: options.interneuronRate,
      inhibition: options.inhibitionRate,
      feedback: options.feedbackRate,
    };
    this.feedback = network.circuits.map(({ feedback }) => feedback);
    if (network.time)
      this.settle = (input) => {
        const simulation = this.#untaught(input);
        return { firingRates: simulation.rates().slice(1), residuals: simulation.residuals() };
      };
  }

  learn(batch: Minibatch): RuleOutput {
    const taught = this.#teach(batch);
    return { output: taught.rates.at(-1)!, directions: this.#directions(taught) };
  }

  observe(batch: Minibatch): Observation {
    const taught = this.#teach(batch);
    return {
      directions: this.#directions(taught),
      gradient: this.#gradient(taught),
      firingRates: taught.rates.slice(1),
    };
  }

  respond(input: Tensor): Tensor[] {
    if (this.#network.time) return this.#untaught(input).rates().slice(1);
    return ratesOf(this.#network.predict(input)).slice(1);
  }

  #teach({ input, target }: Minibatch): Taught {
    return this.#network.time ? this.#inTime(input, target) : this.#steady(input, target);
  }

  #directions(taught: Taught): Direction[] {
    const at = (part: Lateral) =>
      taught[part].map((direction) => ({ ...direction, relativeRate: this.#rates[part] }));
    return [...taught.upward, ...at('lateral'), ...at('inhibition'), ...at('feedback')];
  }

  /** The neurons after the phase without a teacher. */
  #untaught(input: Tensor): MicrocircuitSimulation {
    const simulation = new MicrocircuitSimulation(this.#network, input);
    simulation.phase(this.#network.time!.untaught);
    return simulation;
  }

  #inTime(input: Tensor, target: Tensor): Taught {
    const { taught } = this.#network.time!;
    const simulation = this.#untaught(input);
    const rates = simulation.rates();
    const apical = { inhibition: this.#rates.inhibition > 0, feedback: this.#rates.feedback > 0 };
    const plasticity = new MeanPlasticity(this.#network, input, simulation.stepsOf(taught), apical);
    simulation.phase(taught, { target, observe: (instant) => plasticity.add(instant) });
    return { rates, outputError: plasticity.outputError(), ...plasticity.directions() };
  }

  #steady(input: Tensor, target: Tensor): Taught {
    const sweeps = this.#sweeps(input, target);
    return {
      rates: ratesOf(sweeps.activity),
      outputError: sweeps.errors.at(-1)!,
      upward: this.#upward(sweeps),
      lateral: this.#lateral(sweeps),
      inhibition: this.#rates.inhibition > 0 ? this.#inhibition(sweeps) : [],
      feedback: this.#rates.feedback > 0 ? this.#topDown(sweeps) : [],
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
    const errors = somata.map((soma, l) => this.#error(activity[l + 1]!.rate, soma));
    return { activity, hidden, somata, errors };
  }

  /** φ(û) − φ(u). */
  #error(predictedRate: Tensor, soma: Tensor): Tensor {
    return this.#network.kernels.map((r, u) => r - sigmoid(u), predictedRate, soma);
  }

  /** eq. 7 */
  #upward({ activity, errors }: Sweeps): Direction[] {
    return this.#network.connections.map((connection, l) =>
      outerProduct(connection, activity[l]!.rate, errors[l]!, 1 / errors[l]!.rows),
    );
  }

  /** eq. 8 */
  #lateral({ activity, hidden }: Sweeps): Direction[] {
    const { circuits } = this.#network;
    return hidden.map(({ interneuronPrediction, interneuronSoma }, h) => {
      const error = this.#error(this.#network.rate(interneuronPrediction), interneuronSoma);
      return outerProduct(circuits[h]!.excitation, activity[h + 1]!.rate, error, 1 / error.rows);
    });
  }

  /** eq. 9 */
  #inhibition({ hidden }: Sweeps): Direction[] {
    return hidden.map(({ apical, interneuronSoma }, h) =>
      outerProduct(
        this.#network.circuits[h]!.inhibition,
        this.#network.rate(interneuronSoma),
        apical,
        1 / apical.rows,
      ),
    );
  }

  /** eq. 10 */
  #topDown({ somata }: Sweeps): Direction[] {
    return this.#network.circuits.map(({ feedback }, h) => {
      const above = this.#network.rate(somata[h + 1]!);
      const error = this.#network.topDownError(h + 1, above, somata[h]!);
      return outerProduct(feedback.connection, above, error, 1 / error.rows);
    });
  }

  /** Backpropagation of the rule's own output error through the network that is not taught, û = a (W r + b). */
  #gradient({ rates, outputError }: Taught): Direction[] {
    const { connections, kernels: k } = this.#network;
    const deltas = [outputError];
    for (let l = connections.length - 1; l > 0; l--) {
      const descended = k.matmul(deltas[0]!, connections[l]!.weights, { transposeB: true });
      const a = this.#network.attenuation(l + 1);
      deltas.unshift(k.map((e, r, a) => a * e * r * (1 - r), descended, rates[l]!, a));
    }
    return connections.map((connection, l) =>
      outerProduct(connection, rates[l]!, deltas[l]!, this.#network.attenuation(l + 1) / deltas[l]!.rows),
    );
  }
}

const ratesOf = (activity: readonly Activity[]): Tensor[] => activity.map(({ rate }) => rate);
