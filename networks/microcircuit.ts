import { type Kernels, RandomStream, sigmoid, type Tensor, UserError } from '../kernels/index.ts';
import { ACTIVATIONS } from './activation.ts';
import { type FeedbackPath, feedbackPath } from './feedback.ts';
import { drawDendriticLayers, hasSigmoidRates, initialSynapses } from './layers.ts';
import { squaredError } from './loss.ts';
import type { Activity, Connection, Network, NetworkKind, NetworkSettings, Population } from './network.ts';

/** Conductances of the neurons of a microcircuit, 1/ms for a capacitance of 1; only their ratios matter for steady potentials. */
export interface MicrocircuitConstants {
  /** g_lk, the leak of every soma. */
  readonly leak: number;
  /** g_B, from the basal dendrite of a pyramidal neuron to its soma. */
  readonly basal: number;
  /** g_A, from the apical dendrite of a hidden pyramidal neuron to its soma. */
  readonly apical: number;
  /** g_D, from the dendrite of an interneuron to its soma. */
  readonly dendritic: number;
  /** g_som, of the current that teaches output neurons the target, and interneurons the neuron above that they follow. */
  readonly teaching: number;
}

/** How a microcircuit goes on in time. */
export interface MicrocircuitTime {
  /** `full`: neurons fire by their somatic potentials; `latent-equilibrium`: by prospective ones (Haider et al. 2021). */
  readonly dynamics: 'full' | 'latent-equilibrium';
  /** Size of an Euler step, ms. */
  readonly step: number;
  /** How long images are shown without a target, from rest on, and how long with one after that, ms. */
  readonly untaught: number;
  readonly taught: number;
}

/** What a microcircuit has to know of its rule. */
export interface MicrocircuitOptions {
  readonly constants: MicrocircuitConstants;
  /** Null: potentials are steady ones, at once. */
  readonly time: MicrocircuitTime | null;
  /** Top-down weights are drawn from U[-feedbackScale, feedbackScale]. */
  readonly feedbackScale: number;
  /** `self-predicting`: they cancel the feedback of a network that is not taught; `random`: nothing prepares them for it. */
  readonly interneurons: 'self-predicting' | 'random';
}

/** The interneurons beside a hidden layer, one for each neuron of the layer above, and what meets in its apical dendrites. */
export interface LateralCircuit {
  readonly interneurons: Population;
  /** W^IP, from the pyramidal neurons of the layer to the dendrites of the interneurons. */
  readonly excitation: Connection;
  /** W^PI, from the interneurons to the apical dendrites of the pyramidal neurons of the layer; without biases. */
  readonly inhibition: Connection;
  /** W^PP,td, from the pyramidal neurons of the layer above to the same apical dendrites. */
  readonly feedback: FeedbackPath;
}

/** A hidden layer while the layer above is taught; batch x size. */
export interface TaughtLayer {
  /** v_A, of the pyramidal neurons. */
  readonly apical: Tensor;
  /** u_P, of the pyramidal neurons. */
  readonly soma: Tensor;
  /** What the dendrites of the interneurons alone would make of their somata. */
  readonly interneuronPrediction: Tensor;
  /** u_I, of the interneurons. */
  readonly interneuronSoma: Tensor;
}

/** Rates for targets 0 and 1, so that the potential that teaches them is finite (section 3.4). */
const RATE_OFF = 0.1;
const RATE_ON = 0.8;

/**
 * Dendritic microcircuits (Sacramento, Costa, Bengio & Senn 2018): layers of pyramidal neurons with a basal and, in hidden layers, an
 * apical dendrite. Beside each hidden layer are interneurons that follow the layer above and cancel what it sends down; what they
 * cannot predict is left in the apical dendrites as an error.
 *
 * Potentials are steady ones in two sweeps (section 3.4): upwards without a teacher, then downwards from the taught output, where
 * basal dendrites keep the potentials of the upward sweep. A MicrocircuitSimulation has them in time.
 */
export class MicrocircuitNetwork implements Network {
  /** Pyramidal neurons, input first. */
  readonly populations: readonly Population[];
  /** W^PP,up, into basal dendrites, input side first. */
  readonly connections: readonly Connection[];
  /** Of each hidden layer, lowest first. */
  readonly circuits: readonly LateralCircuit[];
  readonly kernels: Kernels;
  readonly constants: MicrocircuitConstants;
  /** Null: potentials are steady ones, at once. */
  readonly time: MicrocircuitTime | null;

  /** @throws UserError when settings or options ask for neurons that there are not */
  constructor(kernels: Kernels, seed: number, settings: NetworkSettings, options: MicrocircuitOptions) {
    checkMicrocircuit(settings, options);
    const { populations, connections } = drawDendriticLayers(kernels, seed, settings);
    this.kernels = kernels;
    this.constants = options.constants;
    this.time = options.time;
    this.populations = populations;
    this.connections = connections;
    this.circuits = this.populations
      .slice(1, -1)
      .map((_, h) => this.#drawCircuit(h + 1, seed, settings, options));
  }

  /** @param l number of the hidden layer, from 1 */
  #drawCircuit(
    l: number,
    seed: number,
    settings: NetworkSettings,
    { feedbackScale, interneurons: start }: MicrocircuitOptions,
  ): LateralCircuit {
    const k = this.kernels;
    const [layer, above] = [this.populations[l]!, this.populations[l + 1]!];
    const interneurons: Population = {
      name: `interneurons ${l}`,
      size: above.size,
      compartments: ['basal', 'soma'],
      activation: 'sigmoid',
    };
    const draw = (name: string, limit: number, count: number) =>
      new RandomStream(seed, `${name} ${l}`).uniform(count, -limit, limit);
    const size = layer.size * above.size;
    const down = draw('feedback to hidden', feedbackScale, size);
    const selfPredicting = start === 'self-predicting';
    const ownUp = initialSynapses(seed, settings, l);
    // Section 2: in the self-predicting state interneurons have the potentials of the layer above, and cancel its feedback.
    const ratio = this.attenuation(l + 1) / this.interneuronAttenuation;
    const up = selfPredicting
      ? ownUp.weights.map((w) => ratio * w)
      : draw('weights to interneurons', Math.sqrt(6 / (layer.size + above.size)), size);
    const biases = selfPredicting ? ownUp.biases?.map((b) => ratio * b) : undefined;
    const back = selfPredicting ? down.map((w) => -w) : draw('weights of interneurons', feedbackScale, size);
    return {
      interneurons,
      excitation: {
        name: `${layer.name} to ${interneurons.name}`,
        from: layer,
        to: interneurons,
        compartment: 'basal',
        weights: k.state(`weights to interneurons ${l}`, layer.size, above.size, up),
        bias: k.state(`bias of interneurons ${l}`, 1, above.size, biases),
      },
      inhibition: {
        name: `${interneurons.name} to ${layer.name}`,
        from: interneurons,
        to: layer,
        compartment: 'apical',
        weights: k.state(`weights of interneurons ${l}`, above.size, layer.size, back),
        bias: null,
      },
      feedback: feedbackPath(k, this, above, layer, down),
    };
  }

  /** What a basal potential of 1 is worth in a soma of layer `l`, 1 for the first above the input (eq. 7). Outputs have no apical dendrite. */
  attenuation(l: number): number {
    const { leak, basal, apical } = this.constants;
    return basal / (leak + basal + (l < this.populations.length - 1 ? apical : 0));
  }

  /** The same of interneurons (eq. 8). */
  get interneuronAttenuation(): number {
    const { leak, dendritic } = this.constants;
    return dendritic / (leak + dendritic);
  }

  /** Rates of neurons at a potential, φ(u). */
  rate(potential: Tensor): Tensor {
    return this.kernels.map(ACTIVATIONS.sigmoid.rate, potential);
  }

  /** What a dendrite makes of the soma by itself: the attenuated potential of the dendrite. */
  #predicted({ weights, bias }: Connection, presynaptic: Tensor, attenuation: number): Tensor {
    const current = this.kernels.matmul(presynaptic, weights);
    return this.kernels.mapInto(current, (i, b, a) => a * (i + b), current, bias!, attenuation);
  }

  /**
   * The upward sweep, without a teacher: apical potentials are at rest.
   * @returns of each population, input first; potentials are those that basal dendrites predict
   */
  predict(input: Tensor): Activity[] {
    const activity: Activity[] = [{ potential: input, rate: input }];
    for (const [l, connection] of this.connections.entries()) {
      const potential = this.#predicted(connection, activity.at(-1)!.rate, this.attenuation(l + 1));
      activity.push({ potential, rate: this.rate(potential) });
    }
    return activity;
  }

  /** u_target, at which output neurons fire as targets from 0 to 1 say. */
  targetPotential(target: Tensor): Tensor {
    return this.kernels.map(
      (t, off, span) => {
        const rate = off + span * t;
        return Math.log(rate / (1 - rate));
      },
      target,
      RATE_OFF,
      RATE_ON - RATE_OFF,
    );
  }

  /** Steady potentials of output neurons between what basal dendrites predict and the target's: a share λ of the latter. */
  teachOutput(predicted: Tensor, target: Tensor): Tensor {
    const { leak, basal, teaching } = this.constants;
    return this.kernels.map(
      (v, u, share) => (1 - share) * v + share * u,
      predicted,
      this.targetPotential(target),
      teaching / (leak + basal + teaching),
    );
  }

  /**
   * v_A of a hidden layer (eq. 4).
   * @param l number of the hidden layer, from 1
   * @param above rates of the layer above
   * @param interneurons rates of the interneurons beside the layer
   */
  apicalPotential(l: number, above: Tensor, interneurons: Tensor): Tensor {
    const { inhibition, feedback } = this.circuits[l - 1]!;
    const apical = this.kernels.matmul(above, feedback.connection.weights);
    return this.kernels.matmul(interneurons, inhibition.weights, { into: apical, accumulate: true });
  }

  /**
   * φ(W_down r_above) − φ(u), by how much what comes from above alone would have pyramidal neurons fire more than they do (eq. 10).
   * @param l number of the hidden layer, from 1
   * @param above rates of the layer above
   * @param soma u, of the layer
   */
  topDownError(l: number, above: Tensor, soma: Tensor): Tensor {
    const { weights } = this.circuits[l - 1]!.feedback.connection;
    const current = this.kernels.matmul(above, weights);
    return this.kernels.mapInto(current, (v, u) => sigmoid(v) - sigmoid(u), current, soma);
  }

  /**
   * The downward sweep at one hidden layer.
   * @param l number of the hidden layer, from 1
   * @param layer in the upward sweep
   * @param above potentials of the somata of the layer above, taught
   */
  teachHidden(l: number, layer: Activity, above: Tensor): TaughtLayer {
    const k = this.kernels;
    const { leak, basal, apical: g_A, dendritic, teaching } = this.constants;
    const { excitation } = this.circuits[l - 1]!;
    const interneuronPrediction = this.#predicted(excitation, layer.rate, this.interneuronAttenuation);
    const interneuronSoma = k.map(
      (v, u, share) => (1 - share) * v + share * u,
      interneuronPrediction,
      above,
      teaching / (leak + dendritic + teaching),
    );
    const apical = this.apicalPotential(l, this.rate(above), this.rate(interneuronSoma));
    const soma = k.map((v, a, share) => v + share * a, layer.potential, apical, g_A / (leak + basal + g_A));
    return { apical, soma, interneuronPrediction, interneuronSoma };
  }

  /** 1/2 (y - t)^2 of each output, for targets 0 and 1 at the rates that teach them. */
  loss(output: Tensor, target: Tensor): Tensor {
    const rates = this.kernels.map((t, off, span) => off + span * t, target, RATE_OFF, RATE_ON - RATE_OFF);
    return squaredError('sigmoid').loss(this.kernels, output, rates);
  }
}

/** Pyramidal neurons with interneurons that cancel the feedback. */
export const microcircuitNetwork: NetworkKind<MicrocircuitNetwork, MicrocircuitOptions> = {
  name: 'microcircuit',
  description:
    'Layers of pyramidal neurons with a basal dendrite, an apical dendrite and a soma, and interneurons that learn to cancel the feedback, at their steady potentials.',
  build: (kernels, seed, settings, options) => new MicrocircuitNetwork(kernels, seed, settings, options),
};

/**
 * Whether there are microcircuits for these settings and options.
 * @throws UserError when there are none
 */
export function checkMicrocircuit(settings: NetworkSettings, { constants, time }: MicrocircuitOptions): void {
  if (!hasSigmoidRates(settings))
    throw new UserError(
      "microcircuits, which the rule 'dendritic-microcircuit' trains, have sigmoid rates: leave out the settings activation, loss and outputActivation",
    );
  if (time) checkTime(constants, time);
}

/** Euler steps grow without bound where a step times the conductances of a soma is 2 or more. */
function checkTime(
  { leak, basal, apical, dendritic, teaching }: MicrocircuitConstants,
  { step, untaught, taught }: MicrocircuitTime,
): void {
  const longest = 2 / (leak + Math.max(basal + apical, basal + teaching, dendritic + teaching));
  if (step >= longest)
    throw new UserError(
      `timeStep=${step} makes the potentials of microcircuits with these conductances unstable: choose less than ${longest.toFixed(2)} ms`,
    );
  for (const [option, ms] of [
    ['untaughtTime', untaught],
    ['taughtTime', taught],
  ] as const)
    if (ms < step)
      throw new UserError(`${option}=${ms} is shorter than a step of ${step} ms: choose a longer phase`);
}
