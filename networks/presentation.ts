import type { Tensor } from '../kernels/index.ts';
import type { CompartmentalNetwork } from './compartmental.ts';
import { type Instant, millisecond, type Surroundings } from './millisecond.ts';
import type { NeuronState } from './neuron-state.ts';
import { ALL_MEANS, type MeanName, type PhaseMeans, PhaseSums } from './phase-means.ts';
import type { RandomDuration } from './phases.ts';
import { steadyState } from './steady-state.ts';

/** How long a phase lasts, and what is asked of it. */
export interface TimedPhase {
  /** ms; neurons at their steady state need no time. */
  readonly duration: number | RandomDuration;
  /** One-hot classes: the teaching current drives the output neurons towards them. */
  readonly target?: Tensor;
  /** What is averaged; everything when left out. */
  readonly means?: readonly MeanName[];
  /** Averaged ms, in place of the network's window. */
  readonly window?: number;
  /** Records what it likes of each of the last ms, those that the means depend on, e.g. into states for a plot. */
  observe?(instant: Instant, iteration: Tensor): void;
}

/** A minibatch of images in front of a compartmental network. Its methods trace what happens. */
export class Presentation {
  readonly #network: CompartmentalNetwork;
  readonly #surroundings: Surroundings;
  #state: NeuronState | undefined;

  /**
   * @param input pixels from 0 to 1, batch x inputs
   * @param feedback weights to each hidden layer, outputs x size of the layer
   * @param state where the neurons go on from, and what they change; left out: they start at rest
   */
  constructor(
    network: CompartmentalNetwork,
    input: Tensor,
    feedback: readonly Tensor[],
    state?: NeuronState,
  ) {
    this.#network = network;
    const inputRate = network.kernels.map((x, phiMax) => x * phiMax, input, network.constants.maximalRate);
    this.#surroundings = { inputRate, feedback };
    this.#state = state;
  }

  /**
   * Shows the images for a time, and averages over the end of it.
   * @throws Error when the phase is too short for its means
   */
  phase({
    duration,
    target,
    means = ALL_MEANS,
    window = this.#network.options.window,
    observe,
  }: TimedPhase): PhaseMeans {
    const surroundings = { ...this.#surroundings, target };
    if (this.#network.options.neurons === 'rate') return steadyState(this.#network, surroundings, means);
    const { kernels: k } = this.#network;
    const sums = new PhaseSums(this.#network, this.#neurons, means, window);
    const before = msBefore(duration, sums.ms);
    const run = () => millisecond(this.#network, this.#neurons, surroundings, observe !== undefined);
    if (before !== 0) k.repeat(before, () => void run());
    k.repeat(sums.ms, (iteration) => {
      const instant = run();
      sums.add(instant, iteration);
      observe?.(instant, iteration);
    });
    return sums.means(surroundings.feedback);
  }

  get #neurons(): NeuronState {
    this.#state ??= this.#network.neuronState(this.#surroundings.inputRate.rows);
    return this.#state;
  }

  /** One millisecond, with every potential. */
  step(target?: Tensor): Instant {
    return millisecond(this.#network, this.#neurons, { ...this.#surroundings, target }, true);
  }
}

/** The ms of a phase before its last ones. */
function msBefore(duration: TimedPhase['duration'], last: number) {
  const shortest = typeof duration === 'number' ? duration : duration.shortest;
  if (shortest < last) throw new Error(`a phase of ${shortest} ms has means that take ${last} ms`);
  return typeof duration === 'number' ? duration - last : duration.without(last);
}
