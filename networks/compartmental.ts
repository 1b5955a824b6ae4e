import type { Kernels, Tensor } from '../kernels/index.ts';
import type { Connection, LayeredNetwork, Population } from './layered.ts';
import { Presentation } from './presentation.ts';
import { type PspKernel, pspTaps } from './psp.ts';

/**
 * Constants of neurons with compartments. Potentials are relative to rest, the membrane capacitance is 1, and one step
 * of the simulation is 1 ms: the taps of the synapses are counted in steps, so the step is no parameter.
 */
export interface NeuronConstants {
  /** Conductance of the leak, 1/ms; its reciprocal is the membrane's time constant. */
  readonly leak: number;
  /** From the basal dendrite to the soma, 1/ms. */
  readonly basal: number;
  /** From the apical dendrite to the soma, 1/ms; 0 keeps the two apart. */
  readonly apical: number;
  /** Rate at which a neuron cannot fire faster, spikes/ms. */
  readonly maximalRate: number;
  /** Reversal potential of the teaching current of the target's neuron, and of the others'. */
  readonly excitation: number;
  readonly inhibition: number;
  /** Conductance of the teaching current, 1/ms. */
  readonly teaching: number;
  readonly psp: PspKernel;
}

/** Guerguiev, Lillicrap & Richards 2017, Table 1; taps and teaching current as in their code. */
export const GUERGUIEV_2017: NeuronConstants = {
  leak: 0.1,
  basal: 0.6,
  apical: 0,
  maximalRate: 0.2,
  excitation: 8,
  inhibition: -8,
  teaching: 1,
  psp: { rise: 3, decay: 10, taps: 10 },
};

export interface CompartmentalOptions {
  readonly constants: NeuronConstants;
  /** `spiking`: simulated in time; `rate`: every potential at once at its steady state, and no spikes. */
  readonly neurons: 'spiking' | 'rate';
  /** What output neurons send to apical dendrites: postsynaptic potentials of their spikes, or their rates. */
  readonly feedback: 'spikes' | 'rates';
  /** A phase is averaged over its last ms: so many. */
  readonly window: number;
}

/** The potential of the soma and what is on its way to it, for one layer; batch x size. */
interface Cell {
  readonly soma: Tensor;
  /** Currents that past spikes will cause in the next milliseconds, (taps - 1) batch x size. */
  readonly pending: Tensor;
}

/** Everything that lasts from one millisecond to the next. */
export interface Memory {
  /** One for each connection: that of the layer it leads to. */
  readonly cells: readonly Cell[];
  /** What reaches the apical dendrites in the next millisecond, batch x outputs, and what is on its way. */
  readonly signal: Tensor;
  readonly pendingSignal: Tensor;
}

/**
 * Layers of neurons with a basal dendrite, an apical dendrite (hidden neurons only) and a soma, in steps of 1 ms
 * (Guerguiev, Lillicrap & Richards 2017). It has the connections of a layered network, which now end at basal dendrites;
 * the output layer projects to the apical dendrites of every hidden layer.
 *
 * In every ms, for each layer from below:
 *
 * - basal: V_b = W s + b, with the postsynaptic potentials s of the layer below (eq. 13);
 * - apical: V_a = Y s, with those of the output layer up to the ms before (eq. 13);
 * - soma: dV/dt = -g_l V + g_b (V_b - V) + g_a (V_a - V) (eq. 1), in output neurons + g_E (E_E - V) + g_I (E_I - V) while a
 *   target is given (eq. 18 to 20; g_E = 1 for the target's neuron, g_I = 1 for the others);
 * - rate: phi = phi_max sigma(V) (eq. 17), and Poisson spikes of that mean.
 */
export class CompartmentalNetwork {
  readonly kind = 'compartmental';
  readonly populations: readonly Population[];
  readonly connections: readonly Connection[];
  readonly constants: NeuronConstants;
  readonly options: CompartmentalOptions;
  readonly kernels: Kernels;
  /** 1 x taps. */
  readonly psp: Tensor;

  constructor(kernels: Kernels, { populations, connections }: LayeredNetwork, options: CompartmentalOptions) {
    this.kernels = kernels;
    this.options = options;
    this.constants = options.constants;
    const last = populations.length - 1;
    this.populations = populations.map((population, p) => ({
      ...population,
      compartments: p === 0 ? [] : p < last ? ['basal', 'apical', 'soma'] : ['basal', 'soma'],
      activation: p === 0 ? null : 'sigmoid',
    }));
    this.connections = connections.map((connection, l) => ({
      ...connection,
      from: this.populations[l]!,
      to: this.populations[l + 1]!,
      compartment: 'basal',
    }));
    const taps = pspTaps(this.constants.psp);
    this.psp = kernels.state('taps of a postsynaptic potential', 1, taps.length, taps);
  }

  /** Steady potential of the soma of a hidden neuron for a basal potential of 1: k_b of eq. 34. */
  get hiddenGain(): number {
    const { leak, basal, apical } = this.constants;
    return basal / (leak + basal + apical);
  }

  /** The same of an output neuron, which has no apical dendrite: k_d of eq. 27. */
  get outputGain(): number {
    const { leak, basal } = this.constants;
    return basal / (leak + basal);
  }

  /**
   * What neurons keep from one millisecond to the next, all zero at first.
   * @param batch images at once
   * @param name of the states that keep it for the next minibatch; none: every minibatch finds the neurons at rest
   */
  memory(batch: number, name?: string): Memory {
    const k = this.kernels;
    const ahead = (this.constants.psp.taps - 1) * batch;
    const make = (what: string, rows: number, { size }: Population): Tensor =>
      name === undefined ? k.constant(0, rows, size) : k.state(`${name}: ${what}`, rows, size);
    const output = this.populations.at(-1)!;
    return {
      cells: this.connections.map(({ to }) => ({
        soma: make(`soma of ${to.name}`, batch, to),
        pending: make(`synapses of ${to.name}`, ahead, to),
      })),
      signal: make('feedback', batch, output),
      pendingSignal: make('feedback on its way', ahead, output),
    };
  }

  /**
   * Shows images to the neurons.
   * @param input pixels from 0 to 1, batch x inputs
   * @param feedback weights to each hidden layer, size of the layer x outputs
   * @param memory where the neurons go on from, and what they change
   */
  present(input: Tensor, feedback: readonly Tensor[], memory = this.memory(input.rows)): Presentation {
    return new Presentation(this, input, feedback, memory);
  }
}
