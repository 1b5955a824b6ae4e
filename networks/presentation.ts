import { type Kernels, sigmoid, type Tensor, type Times } from '../kernels/index.ts';
import type { CompartmentalNetwork, Memory } from './compartmental.ts';
import { shareOfWindow } from './psp.ts';

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
      else this.#moveOutput(l, currents[l]!, target);
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
    if (coupling === 0) {
      this.#moveFree(l, current);
      return;
    }
    const { soma } = this.#memory.cells[l]!;
    this.#k.mapInto(
      soma,
      (v, i, b, a, gl, gb, ga) => v - gl * v + gb * (i + b - v) + ga * (a - v),
      soma,
      current,
      connections[l]!.bias!,
      apical!,
      leak,
      basal,
      coupling,
    );
  }

  /** A soma that feels its basal dendrite alone. */
  #moveFree(l: number, current: Tensor): void {
    const { connections, constants } = this.#network;
    const { leak, basal } = constants;
    const { soma } = this.#memory.cells[l]!;
    const bias = connections[l]!.bias!;
    this.#k.mapInto(
      soma,
      (v, i, b, gl, gb) => v - gl * v + gb * (i + b - v),
      soma,
      current,
      bias,
      leak,
      basal,
    );
  }

  /** Eq. 4 and 18 to 20 by explicit Euler. */
  #moveOutput(l: number, current: Tensor, target: Tensor | undefined): void {
    const { connections, constants } = this.#network;
    const { leak, basal, teaching, excitation, inhibition } = constants;
    if (!target) {
      this.#moveFree(l, current);
      return;
    }
    const { soma } = this.#memory.cells[l]!;
    this.#k.mapInto(
      soma,
      (v, i, b, t, gl, gb, g, eE, eI) =>
        v - gl * v + gb * (i + b - v) + g * (t * (eE - v) + (1 - t) * (eI - v)),
      soma,
      current,
      connections[l]!.bias!,
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
