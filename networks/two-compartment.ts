import { type Kernels, sigmoid, type Tensor, UserError } from '../kernels/index.ts';
import { ACTIVATIONS, type ActivationName } from './activation.ts';
import { drawLayers } from './layers.ts';
import { squaredError } from './loss.ts';
import type { Activity, Connection, Network, NetworkKind, NetworkSettings, Population } from './network.ts';

/** Constants of two-compartment neurons; potentials have no unit, and of the conductances, 1/ms, only the ratios matter. */
export interface TwoCompartmentConstants {
  /** g_L, the leak of the soma. */
  readonly leak: number;
  /** g_D, from the dendrite to the soma. */
  readonly dendritic: number;
  /** E_E and E_I, reversal potentials of the synapses at the soma. */
  readonly excitation: number;
  readonly inhibition: number;
  /** φ(U) = φ_max / (1 + k exp(β (θ - U))); rates are in units of φ_max here. */
  readonly k: number;
  readonly beta: number;
  readonly theta: number;
}

/** Urbanczik & Senn 2014, as in a later implementation. */
export const URBANCZIK_2014: TwoCompartmentConstants = {
  leak: 0.1,
  dendritic: 2,
  excitation: 14 / 3,
  inhibition: -1 / 3,
  k: 0.5,
  beta: 5,
  theta: 1,
};

/**
 * A layer of output neurons with two compartments (Urbanczik & Senn 2014): a dendrite, where all synapses from below are, and a soma, which a
 * teacher nudges by conductances; both at their steady potentials. Hidden layers, where there are any, are point neurons.
 */
export class TwoCompartmentNetwork implements Network {
  readonly populations: readonly Population[];
  readonly connections: readonly Connection[];
  readonly #k: Kernels;

  /** @throws UserError when the settings ask for output neurons without sigmoid rates */
  constructor(kernels: Kernels, seed: number, settings: NetworkSettings) {
    checkTwoCompartments(settings);
    const { populations, connections } = drawLayers(kernels, seed, settings);
    const output: Population = { ...populations.at(-1)!, compartments: ['basal', 'soma'] };
    this.#k = kernels;
    this.populations = [...populations.slice(0, -1), output];
    this.connections = [
      ...connections.slice(0, -1),
      { ...connections.at(-1)!, to: output, compartment: 'basal' },
    ];
  }

  /**
   * Without a teacher.
   * @returns of each population, input first; potentials of outputs are V* = g_D V / (g_L + g_D), what a dendrite at V makes of its soma
   */
  predict(input: Tensor): Activity[] {
    const k = this.#k;
    const activity: Activity[] = [{ potential: input, rate: input }];
    for (const { weights, bias, to } of this.connections) {
      const current = k.matmul(activity.at(-1)!.rate, weights);
      const potential = k.mapInto(current, (i, b) => i + b, current, bias!);
      activity.push(
        to === this.populations.at(-1)
          ? this.#somata(potential)
          : {
              potential,
              rate: k.map(ACTIVATIONS[to.activation as ActivationName].rate, potential),
            },
      );
    }
    return activity;
  }

  /** Of outputs whose dendrites are at a potential. */
  #somata(dendrite: Tensor): Activity {
    const { leak, dendritic } = URBANCZIK_2014;
    const potential = this.#k.map((v, share) => share * v, dendrite, dendritic / (leak + dendritic));
    return { potential, rate: this.outputRate(potential) };
  }

  /** φ(U) / φ_max of output somata at a potential. */
  outputRate(potential: Tensor): Tensor {
    const { k, beta, theta } = URBANCZIK_2014;
    return this.#k.map(
      (u, slope, threshold) => sigmoid(slope * (u - threshold)),
      potential,
      beta,
      theta + Math.log(k) / beta,
    );
  }

  /**
   * Potentials of somata that a teacher nudges, where the current through all conductances is zero:
   * U = (g_D V + g_E E_E + g_I E_I) / (g_L + g_D + g_E + g_I).
   * @param predicted V*, batch x outputs
   * @param target 1 where the conductance of the teacher is excitation, 0 where it is inhibition, batch x outputs
   * @param teaching g_E + g_I, 1/ms
   */
  nudged(predicted: Tensor, target: Tensor, teaching: number): Tensor {
    const { leak, dendritic, excitation, inhibition } = URBANCZIK_2014;
    return this.#k.map(
      // g_D V = (g_L + g_D) V*
      (v, t, gLD, g, eE, eI) => (gLD * v + g * (t * eE + (1 - t) * eI)) / (gLD + g),
      predicted,
      target,
      leak + dendritic,
      teaching,
      excitation,
      inhibition,
    );
  }

  respond(input: Tensor): Tensor[] {
    return this.predict(input)
      .slice(1)
      .map(({ rate }) => rate);
  }

  /** 1/2 (y - t)^2 of each output, for rates y in units of φ_max. */
  loss(output: Tensor, target: Tensor): Tensor {
    return squaredError('sigmoid').loss(this.#k, output, target);
  }
}

/** Output neurons with a dendrite and a soma. */
export const twoCompartmentNetwork: NetworkKind<TwoCompartmentNetwork, void> = {
  name: 'two-compartment',
  description:
    'Output neurons with a dendrite and a soma, at their steady potentials, whose somata a teacher nudges by conductances; hidden layers of point neurons.',
  build: (kernels, seed, settings) => new TwoCompartmentNetwork(kernels, seed, settings),
};

/**
 * Whether there are two-compartment neurons for these settings.
 * @throws UserError when they ask for output neurons without sigmoid rates
 */
export function checkTwoCompartments({ loss, outputActivation }: NetworkSettings): void {
  if (loss !== 'squared-error' || outputActivation !== 'sigmoid')
    throw new UserError(
      "two-compartment neurons, which the rule 'dendritic-prediction' trains, have sigmoid rates: leave out the settings loss and outputActivation",
    );
}
