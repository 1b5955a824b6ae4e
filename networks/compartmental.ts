import { type Kernels, type Tensor, UserError } from '../kernels/index.ts';
import { drawDendriticLayers, hasSigmoidRates } from './layers.ts';
import { squaredError } from './loss.ts';
import type { Connection, Network, NetworkKind, NetworkSettings, Population } from './network.ts';
import type { Allocate, NeuronState } from './neuron-state.ts';
import { EARLIEST_PLATEAU } from './plateau-times.ts';
import { type PspKernel, pspTaps } from './psp.ts';

/**
 * Constants of neurons with compartments. Potentials are relative to rest, the membrane capacitance is 1, and one step
 * of the simulation is 1 ms: the taps of the synapses are counted in steps, so the step is no parameter.
 */
export interface NeuronConstants {
  /** g_l, conductance of the leak, 1/ms; its reciprocal is the membrane's time constant. */
  readonly leak: number;
  /** g_b, from the basal dendrite to the soma, 1/ms; g_d in output neurons. */
  readonly basal: number;
  /** g_a, from the apical dendrite to the soma, 1/ms; 0 keeps the two apart. */
  readonly apical: number;
  /** phi_max, the firing rate that a neuron cannot exceed, spikes/ms. */
  readonly maximalRate: number;
  /** E_E and E_I, reversal potentials of the teaching current of the target's neuron, and of the others'. */
  readonly excitation: number;
  readonly inhibition: number;
  /** g_E of the target's neuron and g_I of the others, conductance of the teaching current, 1/ms. */
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

/** What a compartmental network has to know of its rule. */
export interface CompartmentalOptions {
  readonly constants: NeuronConstants;
  /** `spiking`: simulated in time; `rate`: every potential at once at its steady state, and no spikes. */
  readonly neurons: 'spiking' | 'rate';
  /** What output neurons send to apical dendrites: postsynaptic potentials of their spikes, or their firing rates. */
  readonly feedback: 'spikes' | 'rates';
  /** `fixed`: every apical mean ends with the phase; `random`: that of each neuron up to 5 ms earlier. */
  readonly plateauTimes: 'fixed' | 'random';
  /** A phase is averaged over its last ms: so many. */
  readonly window: number;
  /** No phase that is averaged for learning is shorter, ms. */
  readonly shortestPhase: number;
}

/**
 * Layers of neurons with a basal dendrite, an apical dendrite (hidden neurons only) and a soma (Guerguiev, Lillicrap &
 * Richards 2017). Forward connections end at basal dendrites; the output layer projects to the apical dendrites of every
 * hidden layer. What the neurons do is computed by a Presentation.
 */
export class CompartmentalNetwork implements Network {
  readonly populations: readonly Population[];
  readonly connections: readonly Connection[];
  readonly constants: NeuronConstants;
  readonly options: CompartmentalOptions;
  readonly kernels: Kernels;
  /** Taps of a postsynaptic potential, 1 x taps. */
  readonly psp: Tensor;

  /** @throws UserError when settings or options ask for neurons that there are not */
  constructor(kernels: Kernels, seed: number, settings: NetworkSettings, options: CompartmentalOptions) {
    checkNeurons(settings, options);
    const { populations, connections } = drawDendriticLayers(kernels, seed, settings);
    this.kernels = kernels;
    this.options = options;
    this.constants = options.constants;
    this.populations = populations;
    this.connections = connections;
    const taps = pspTaps(this.constants.psp);
    this.psp = kernels.state('taps of a postsynaptic potential', 1, taps.length, taps);
  }

  /** phi_max, spikes/ms. */
  get maximalRate(): number {
    return this.constants.maximalRate;
  }

  /** Steady potential of the soma of a hidden neuron for a basal potential of 1 (eq. 34). */
  get kB(): number {
    const { leak, basal, apical } = this.constants;
    return basal / (leak + basal + apical);
  }

  /** The same of an output neuron, which has no apical dendrite (eq. 27). */
  get kD(): number {
    const { leak, basal } = this.constants;
    return basal / (leak + basal);
  }

  /** So many ms before the window of a phase, spikes still count in its means of postsynaptic and apical potentials. */
  get msBeforeWindow(): number {
    return this.constants.psp.taps + this.earliestPlateau;
  }

  /** The earliest ms of a plateau potential, counted from the end of a phase. */
  get earliestPlateau(): number {
    return this.options.plateauTimes === 'random' ? EARLIEST_PLATEAU : 0;
  }

  /** Whether spikes of one phase still count in the means of the next. */
  get spikesOutlastPhases(): boolean {
    const { window, shortestPhase } = this.options;
    return window + this.msBeforeWindow > shortestPhase;
  }

  /**
   * Neurons at rest, without a spike on its way.
   * @param batch images at once
   * @param allocate makes what lasts; left out: the neurons last as long as a step does
   */
  neuronState(batch: number, allocate?: Allocate): NeuronState {
    const ahead = (this.constants.psp.taps - 1) * batch;
    const make = (what: string, rows: number, { size }: Population): Tensor =>
      allocate ? allocate(what, rows, size) : this.kernels.constant(0, rows, size);
    const output = this.populations.at(-1)!;
    return {
      untilSpike: this.populations.map((population) =>
        make(`until the next spike of ${population.name}`, batch, population),
      ),
      layers: this.connections.map(({ to }) => ({
        soma: make(`soma of ${to.name}`, batch, to),
        pending: make(`synapses of ${to.name}`, ahead, to),
      })),
      signal: make('feedback', batch, output),
      pendingSignal: make('feedback on its way', ahead, output),
      pendingPsps: this.spikesOutlastPhases
        ? this.connections.map(({ from }) => make(`potentials of ${from.name} on their way`, ahead, from))
        : null,
    };
  }

  /** 1/2 (y - t)^2 of each output, for y from 0 to 1: firing rates in units of phi_max. */
  loss(output: Tensor, target: Tensor): Tensor {
    return squaredError('sigmoid').loss(this.kernels, output, target);
  }
}

/** Neurons with a basal dendrite, an apical dendrite and a soma. */
export const compartmentalNetwork: NetworkKind<CompartmentalNetwork, CompartmentalOptions> = {
  name: 'compartmental',
  description:
    'Layers of neurons with a basal dendrite, an apical dendrite and a soma, spiking in steps of 1 ms or at their steady potentials.',
  build: (kernels, seed, settings, options) => new CompartmentalNetwork(kernels, seed, settings, options),
};

/**
 * Whether there are neurons with compartments for these settings and options.
 * @throws UserError when there are none
 */
export function checkNeurons(
  settings: NetworkSettings,
  { neurons, plateauTimes, constants }: CompartmentalOptions,
): void {
  if (!hasSigmoidRates(settings))
    throw new UserError(
      "neurons with compartments, which the rule 'segregated-dendrite' trains, have sigmoid rates: leave out the settings activation, loss and outputActivation",
    );
  // The output would depend on the hidden layer and the hidden layer on the output; the authors' code ignores the latter.
  if (neurons === 'rate' && constants.apical > 0)
    throw new UserError(
      'neurons=rate has no steady potentials of somata that apical dendrites reach: leave out apicalConductance, or choose neurons=spiking',
    );
  if (neurons === 'rate' && plateauTimes === 'random')
    throw new UserError(
      'neurons=rate has no time in which plateau potentials could differ: leave out plateauTimes, or choose neurons=spiking',
    );
  if (neurons === 'spiking') checkStability(constants);
}

/** Euler steps of 1 ms grow without bound where the conductances of a soma add up to 2/ms. */
function checkStability({ leak, basal, apical, teaching }: NeuronConstants): void {
  const most = 2 - leak - basal;
  for (const [option, value] of [
    ['apicalConductance', apical],
    ['teaching', teaching],
  ] as const)
    if (value >= most)
      throw new UserError(
        `${option}=${value} makes spiking neurons unstable in steps of 1 ms: choose less than ${most.toFixed(1)}`,
      );
}
