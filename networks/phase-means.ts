import type { Kernels, Tensor } from '../kernels/index.ts';
import type { CompartmentalNetwork } from './compartmental.ts';
import type { Instant } from './millisecond.ts';
import type { NeuronState } from './neuron-state.ts';
import { meansAtPlateaus } from './plateau-times.ts';
import { shareOfWindow, type Window, weightInWindow } from './psp.ts';

/** Means over the last ms of a phase; tensors are batch x size. */
export interface PhaseMeans {
  /** Postsynaptic potentials that each population causes, per unit of weight (input first; not of the output). */
  readonly psp: readonly Tensor[];
  /** Potentials of the somata, one for each connection: that of the layer it leads to. */
  readonly soma: readonly Tensor[];
  /** Firing rates of the output neurons, spikes/ms. */
  readonly outputRate: Tensor;
  /** Potentials of the apical dendrites of each hidden layer, until their plateau potentials. */
  readonly apical: readonly Tensor[];
}

/** A mean over a phase, by its name in PhaseMeans. */
export type MeanName = keyof PhaseMeans;

export const ALL_MEANS: readonly MeanName[] = ['psp', 'soma', 'outputRate', 'apical'];

/** Adds up the means of one phase of spiking neurons. */
export class PhaseSums {
  readonly #network: CompartmentalNetwork;
  readonly #k: Kernels;
  readonly #state: NeuronState;
  readonly #wanted: readonly MeanName[];
  readonly #window: Window;
  /** Empty where a mean is not asked for. */
  readonly #psp: readonly Tensor[];
  readonly #soma: readonly Tensor[];
  readonly #outputRate: readonly Tensor[];
  /** What the output layer sends down, averaged until 0, 1, ... ms before the end of the phase. */
  readonly #signals: readonly Tensor[];

  /** @param window averaged ms */
  constructor(
    network: CompartmentalNetwork,
    state: NeuronState,
    wanted: readonly MeanName[],
    window: number,
  ) {
    this.#network = network;
    this.#k = network.kernels;
    this.#state = state;
    this.#wanted = wanted;
    this.#window = { before: this.#msBefore(), size: window };
    const { populations, earliestPlateau } = network;
    const output = populations.at(-1)!;
    const ends = new Array<typeof output>(earliestPlateau + 1).fill(output);
    this.#psp = this.#zeros('psp', populations.slice(0, -1));
    this.#soma = this.#zeros('soma', populations.slice(1));
    this.#outputRate = this.#zeros('outputRate', [output]);
    this.#signals = this.#zeros('apical', populations.length > 2 ? ends : []);
  }

  /** Last ms of the phase whose instants are to be added. */
  get ms(): number {
    return this.#window.before + this.#window.size;
  }

  /** @param iteration number of the ms among the last `ms` */
  add(instant: Instant, iteration: Tensor): void {
    const inWindow = (delay: number) => weightInWindow(this.#k, iteration, this.#window, delay);
    this.#addPsps(instant, iteration);
    if (this.#soma.length + this.#outputRate.length > 0) {
      const now = inWindow(0);
      for (const [l, sum] of this.#soma.entries()) this.#add(sum, this.#state.layers[l]!.soma, now);
      for (const sum of this.#outputRate) this.#add(sum, instant.firingRates.at(-1)!, now);
    }
    // The apical dendrites get in each ms what was sent in the ms before.
    for (const [early, sum] of this.#signals.entries())
      if (this.#network.options.feedback === 'rates')
        this.#add(sum, instant.firingRates.at(-1)!, inWindow(early + 1));
      else if (this.#state.pendingPsps) this.#add(sum, this.#state.signal, inWindow(early + 1));
      else this.#add(sum, instant.spikes.at(-1)!, this.#share(iteration, early + 1));
  }

  /** @param feedback weights to each hidden layer, outputs x size */
  means(feedback: readonly Tensor[]): PhaseMeans {
    return onlyAsked(
      {
        psp: this.#psp,
        soma: this.#soma,
        outputRate: this.#outputRate[0],
        apical: this.#signals.length === 0 ? [] : feedback.map((weights, l) => this.#apical(weights, l)),
      },
      this.#wanted,
    );
  }

  /** Apical means of hidden layer l + 1: the mean of V_a is that of the signal through the feedback weights. */
  #apical(weights: Tensor, l: number): Tensor {
    const means = this.#signals.map((signal) => this.#k.matmul(signal, weights));
    return means.length === 1
      ? means[0]!
      : meansAtPlateaus(this.#k, means, `plateau times of ${this.#network.populations[l + 1]!.name}`);
  }

  #msBefore(): number {
    if (!this.#wanted.includes('psp') && !this.#wanted.includes('apical')) return 0;
    const { msBeforeWindow, earliestPlateau } = this.#network;
    return this.#state.pendingPsps ? earliestPlateau + 1 : msBeforeWindow;
  }

  #addPsps({ spikes, psps }: Instant, iteration: Tensor): void {
    if (this.#psp.length === 0) return;
    const isFollowed = this.#state.pendingPsps !== null;
    const weight = isFollowed
      ? weightInWindow(this.#k, iteration, this.#window, 0)
      : this.#share(iteration, 0);
    for (const [p, sum] of this.#psp.entries()) this.#add(sum, (isFollowed ? psps : spikes)[p]!, weight);
  }

  #share(iteration: Tensor, delay: number): Tensor {
    return shareOfWindow(this.#k, iteration, this.#window, this.#network.constants.psp, delay);
  }

  #add(into: Tensor, values: Tensor, weight: Tensor): void {
    this.#k.mapInto(into, (total, x, w) => total + w * x, into, values, weight);
  }

  #zeros(name: MeanName, of: readonly { size: number }[]): Tensor[] {
    if (!this.#wanted.includes(name)) return [];
    return of.map(({ size }) => this.#k.constant(0, this.#state.signal.rows, size));
  }
}

/** A mean that was not asked for is an error where it is used, not a zero. */
export function onlyAsked(
  values: { [name in MeanName]: PhaseMeans[name] | undefined },
  wanted: readonly MeanName[],
): PhaseMeans {
  const get = <K extends MeanName>(name: K): PhaseMeans[K] => {
    if (!wanted.includes(name)) throw new Error(`the mean '${name}' of this phase was not asked for`);
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
