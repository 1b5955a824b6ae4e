import { type Kernels, sigmoid, type Tensor, type Times } from '../kernels/index.ts';
import type { Connection, LayeredNetwork, Population } from './layered.ts';
import { type PspKernel, pspTaps, shareOfWindow } from './psp.ts';

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

/** The neurons in one millisecond. Tensors are batch x size of the population, whose number comes first. */
export interface Instant {
  /** Numbers of spikes; in the populations in order, input first. */
  readonly spikes: readonly Tensor[];
  /** Spikes/ms. */
  readonly rates: readonly Tensor[];
  /** Potential of a compartment; null where the population has none of that name. */
  potential(population: number, compartment: 'basal' | 'apical' | 'soma'): Tensor | null;
}

/** Means over the last ms of a phase; tensors are batch x size. */
export interface PhaseMeans {
  /** Postsynaptic potentials that each population causes, per unit of weight (input first; not of the output). */
  readonly psp: readonly Tensor[];
  /** Potentials of the somata, one for each connection: that of the layer it leads to. */
  readonly soma: readonly Tensor[];
  /** Rates of the output neurons, spikes/ms. */
  readonly outputRate: Tensor;
  /** Potentials of the apical dendrites of each hidden layer. */
  readonly apical: readonly Tensor[];
}

export interface PhaseOptions {
  /** ms; a fixed number, or one that the host draws before each step, then without the ms of `averagedTime`. */
  readonly duration: number | Times;
  /** One-hot classes: the teaching current drives the output neurons towards them. */
  readonly target?: Tensor;
  /** What is averaged; everything when left out. */
  readonly means?: readonly (keyof PhaseMeans)[];
  /** Averaged ms, in place of the network's window. */
  readonly window?: number;
  /** Records what it likes of each of the last `window + taps` ms, e.g. into states for a plot. */
  observe?(instant: Instant, iteration: Tensor): void;
}

const ALL_MEANS: readonly (keyof PhaseMeans)[] = ['psp', 'soma', 'outputRate', 'apical'];

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

/** A minibatch of images in front of the network. Its methods record. */
export class Presentation {
  readonly #network: CompartmentalNetwork;
  readonly #k: Kernels;
  /** Spikes/ms. */
  readonly #inputRate: Tensor;
  readonly #feedback: readonly Tensor[];
  readonly #memory: Memory;

  constructor(network: CompartmentalNetwork, input: Tensor, feedback: readonly Tensor[], memory: Memory) {
    this.#network = network;
    this.#k = network.kernels;
    this.#inputRate = this.#k.map((x, most) => x * most, input, network.constants.maximalRate);
    this.#feedback = feedback;
    this.#memory = memory;
  }

  /** Shows the images for a time, and averages over the end of it. */
  phase(options: PhaseOptions): PhaseMeans {
    const { neurons, window: ownWindow } = this.#network.options;
    if (neurons === 'rate') return this.#steadyPhase(options);
    const k = this.#k;
    const { duration, means = ALL_MEANS, window = ownWindow } = options;
    const watched = window + this.#network.constants.psp.taps;
    const quiet = typeof duration === 'number' ? duration - watched : duration;
    const observed = options.observe !== undefined;
    if (quiet !== 0) k.repeat(quiet, () => void this.step(options.target, observed));
    const sums = this.#startMeans(means);
    k.repeat(watched, (iteration) => {
      const instant = this.step(options.target, observed);
      this.#addTo(sums, instant, iteration, window);
      options.observe?.(instant, iteration);
    });
    return this.#finishMeans(sums, means);
  }

  /**
   * One millisecond.
   * @param observed the apical potentials are looked at, so they have to exist even where no soma feels them
   */
  step(target?: Tensor, observed = false): Instant {
    const k = this.#k;
    const { connections, constants, options, psp } = this.#network;
    const { cells, signal, pendingSignal } = this.#memory;
    const tracksApical = observed || constants.apical > 0;
    const apical = tracksApical ? this.#feedback.map((weights) => this.#descend(signal, weights)) : [];
    const currents: Tensor[] = [];
    const rates = [this.#inputRate];
    const spikes = [k.poisson('spikes of input', this.#inputRate)];
    for (const [l, { to, weights }] of connections.entries()) {
      const { soma, pending } = cells[l]!;
      currents.push(k.convolve(k.matmul(spikes[l]!, weights, { sparse: true }), psp, pending));
      if (l < connections.length - 1) this.#moveHidden(l, currents[l]!, apical[l]);
      else this.#moveOutput(currents[l]!, target);
      rates.push(k.map((v, most) => most * sigmoid(v), soma, constants.maximalRate));
      spikes.push(k.poisson(`spikes of ${to.name}`, rates[l + 1]!));
    }
    if (tracksApical)
      k.mapInto(
        signal,
        (s) => s,
        options.feedback === 'rates' ? rates.at(-1)! : k.convolve(spikes.at(-1)!, psp, pendingSignal),
      );
    return {
      spikes,
      rates,
      potential: (p, compartment) => {
        if (p === 0) return null;
        if (compartment === 'soma') return cells[p - 1]!.soma;
        if (compartment === 'apical') return apical[p - 1] ?? null;
        return k.map((i, b) => i + b, currents[p - 1]!, connections[p - 1]!.bias!);
      },
    };
  }

  /** Feedback that arrives in apical dendrites, V_a = Y s. */
  #descend(signal: Tensor, weights: Tensor): Tensor {
    return this.#k.matmul(signal, weights, { transposeB: true });
  }

  /** Eq. 1 by explicit Euler. */
  #moveHidden(l: number, current: Tensor, apical: Tensor | undefined): void {
    const { connections, constants } = this.#network;
    const { leak, basal, apical: coupling } = constants;
    const { soma } = this.#memory.cells[l]!;
    const bias = connections[l]!.bias!;
    if (coupling === 0)
      this.#k.mapInto(
        soma,
        (v, i, b, gl, gb) => v - gl * v + gb * (i + b - v),
        soma,
        current,
        bias,
        leak,
        basal,
      );
    else
      this.#k.mapInto(
        soma,
        (v, i, b, a, gl, gb, ga) => v - gl * v + gb * (i + b - v) + ga * (a - v),
        soma,
        current,
        bias,
        apical!,
        leak,
        basal,
        coupling,
      );
  }

  /** Eq. 4 and 18 to 20 by explicit Euler. */
  #moveOutput(current: Tensor, target: Tensor | undefined): void {
    const { connections, constants } = this.#network;
    const { leak, basal, teaching, excitation, inhibition } = constants;
    const { soma } = this.#memory.cells.at(-1)!;
    const bias = connections.at(-1)!.bias!;
    if (!target)
      this.#k.mapInto(
        soma,
        (v, i, b, gl, gb) => v - gl * v + gb * (i + b - v),
        soma,
        current,
        bias,
        leak,
        basal,
      );
    else
      this.#k.mapInto(
        soma,
        (v, i, b, t, gl, gb, g, eE, eI) =>
          v - gl * v + gb * (i + b - v) + g * (t * (eE - v) + (1 - t) * (eI - v)),
        soma,
        current,
        bias,
        target,
        leak,
        basal,
        teaching,
        excitation,
        inhibition,
      );
  }

  /** Zeros to add to; apical means come from the mean of what the output layer sends down. */
  #startMeans(means: readonly (keyof PhaseMeans)[]): Sums {
    const k = this.#k;
    const { populations } = this.#network;
    const { rows } = this.#inputRate;
    const zeros = (of: readonly { size: number }[], wanted: boolean): Tensor[] =>
      wanted ? of.map(({ size }) => k.constant(0, rows, size)) : [];
    const output = populations.at(-1)!;
    return {
      psp: zeros(populations.slice(0, -1), means.includes('psp')),
      soma: zeros(populations.slice(1), means.includes('soma')),
      outputRate: zeros([output], means.includes('outputRate')),
      signal: zeros([output], means.includes('apical') && this.#feedback.length > 0),
    };
  }

  #addTo(sums: Sums, instant: Instant, iteration: Tensor, window: number): void {
    const k = this.#k;
    const { constants, options } = this.#network;
    const { taps } = constants.psp;
    const add = (into: Tensor, values: Tensor, weight: Tensor): void => {
      k.mapInto(into, (total, x, w) => total + w * x, into, values, weight);
    };
    const inWindow = (delay: number): Tensor =>
      k.map(
        (i, size, length, late) => (i + late >= length && i + late < size + length ? 1 / size : 0),
        iteration,
        window,
        taps,
        delay,
      );
    if (sums.psp.length > 0) {
      const share = shareOfWindow(k, iteration, window, constants.psp, 0);
      for (const [p, sum] of sums.psp.entries()) add(sum, instant.spikes[p]!, share);
    }
    if (sums.soma.length + sums.outputRate.length > 0) {
      const now = inWindow(0);
      for (const [l, sum] of sums.soma.entries()) add(sum, this.#memory.cells[l]!.soma, now);
      for (const sum of sums.outputRate) add(sum, instant.rates.at(-1)!, now);
    }
    for (const sum of sums.signal)
      if (options.feedback === 'rates') add(sum, instant.rates.at(-1)!, inWindow(1));
      else add(sum, instant.spikes.at(-1)!, shareOfWindow(k, iteration, window, constants.psp, 1));
  }

  #finishMeans({ psp, soma, outputRate, signal }: Sums, means: readonly (keyof PhaseMeans)[]): PhaseMeans {
    const apical = signal.flatMap((mean) => this.#feedback.map((weights) => this.#descend(mean, weights)));
    return onlyAsked({ psp, soma, outputRate: outputRate[0], apical }, means);
  }

  /** The potentials that constant rates lead to, taken at once: the `nonspiking_mode` of the authors' code. */
  #steadyPhase({ target, means = ALL_MEANS }: PhaseOptions): PhaseMeans {
    const k = this.#k;
    const { connections, constants, hiddenGain, outputGain } = this.#network;
    const { leak, basal, teaching, excitation, inhibition, maximalRate } = constants;
    const rates = [this.#inputRate];
    const soma: Tensor[] = [];
    for (const [l, { weights, bias }] of connections.entries()) {
      const drive = k.matmul(rates[l]!, weights);
      const isOutput = l === connections.length - 1;
      soma.push(
        isOutput && target
          ? k.map(
              (i, b, t, gl, gb, g, eE, eI) => (gb * (i + b) + g * (t * eE + (1 - t) * eI)) / (gl + gb + g),
              drive,
              bias!,
              target,
              leak,
              basal,
              teaching,
              excitation,
              inhibition,
            )
          : k.map((i, b, gain) => gain * (i + b), drive, bias!, isOutput ? outputGain : hiddenGain),
      );
      rates.push(k.map((v, most) => most * sigmoid(v), soma[l]!, maximalRate));
    }
    const outputRate = rates.at(-1)!;
    const apical = this.#feedback.map((weights) => this.#descend(outputRate, weights));
    return onlyAsked({ psp: rates.slice(0, -1), soma, outputRate, apical }, means);
  }
}

/** Running sums, empty where a mean is not asked for; `outputRate` and `signal` hold one tensor at most. */
interface Sums {
  readonly psp: readonly Tensor[];
  readonly soma: readonly Tensor[];
  readonly outputRate: readonly Tensor[];
  readonly signal: readonly Tensor[];
}

/** A mean that was not asked for is an error where it is used, not a zero. */
function onlyAsked(
  values: { [name in keyof PhaseMeans]: PhaseMeans[name] | undefined },
  means: readonly (keyof PhaseMeans)[],
): PhaseMeans {
  const get = <K extends keyof PhaseMeans>(name: K): PhaseMeans[K] => {
    if (!means.includes(name)) throw new Error(`the mean '${name}' of this phase was not asked for`);
    return values[name]!;
  };
  return {
    get psp() {
      return get('psp');
    },
    get soma() {
      return get('soma');
    },
    get outputRate() {
      return get('outputRate');
    },
    get apical() {
      return get('apical');
    },
  };
}
