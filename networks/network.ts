import type { Kernels, Tensor } from '../kernels/index.ts';
import type { ActivationName } from './activation.ts';
import type { InitialWeights } from './initial.ts';
import type { Loss } from './loss.ts';
import type { Mask, StructureSettings } from './structure.ts';

/** Parts of a neuron that have a potential of their own. A point neuron has a soma and nothing else. */
export type Compartment = 'soma' | 'basal' | 'apical';

/** Neurons of one kind: a layer. */
export interface Population {
  readonly name: string;
  readonly size: number;
  readonly compartments: readonly Compartment[];
  /** Of the soma; null for the input, whose firing rates are given. */
  readonly activation: ActivationName | 'softmax' | null;
}

/** Synapses from neurons of one population to one compartment of the neurons of another: of all to all, where no mask says otherwise. */
export interface Connection {
  readonly name: string;
  readonly from: Population;
  readonly to: Population;
  readonly compartment: Compartment;
  /** Synaptic weights, from.size x to.size: row = presynaptic neuron, so that the current is `rate @ weights`. */
  readonly weights: Tensor;
  /** 1 x to.size; feedback has none, unless it is an inverse that learns. */
  readonly bias: Tensor | null;
  /** Which of the synapses exist; the weights of others are and stay zero. Left out: all. */
  readonly mask?: Mask;
}

/** What a population does while a minibatch is shown; tensors are batch x size. */
export interface Activity {
  /** Potential of the soma; of the input population, its firing rates. */
  readonly potential: Tensor;
  readonly rate: Tensor;
}

/** What every kind of network is built from. */
export interface NetworkSettings extends StructureSettings {
  /** Of the hidden layers. */
  readonly activation: ActivationName;
  readonly loss: Loss;
  /** Of the output layer, with squared error; with cross-entropy it is softmax, with binary cross-entropy sigmoid. */
  readonly outputActivation: ActivationName;
  readonly initial: InitialWeights;
}

/** What the trainer, the optimizer and the diagnostics need of a network, whatever its kind. */
export interface Network {
  /** Input first, output last. */
  readonly populations: readonly Population[];
  /** Every forward connection that learns, input side first. */
  readonly connections: readonly Connection[];
  /** Rate that neurons with a bounded activation cannot exceed; 1 when left out. */
  readonly maximalRate?: number;
  /** The loss of each output for output rates, both batch x outputs; to be summed over outputs. */
  loss(output: Tensor, target: Tensor): Tensor;
  /**
   * Firing rates of every population above the input, lowest first, each batch x size, for images that are shown without a
   * target. Left out: the rule says how its network answers (`Rule.respond`).
   */
  respond?(input: Tensor): readonly Tensor[];
  /** Steps of its dynamics that were traced so far, each of a whole minibatch. Left out: it does not settle. */
  readonly settlingSteps?: number;
}

/**
 * A kind of network: how it is built. A rule names the kind that it trains, and gets what `build` returns. `P` are what the
 * kind has to know of the rule, such as the size of a step of its dynamics.
 */
export interface NetworkKind<N extends Network = Network, P = unknown> {
  /** In lower case with hyphens, e.g. 'layered'. */
  readonly name: string;
  /** One sentence. */
  readonly description: string;
  /**
   * Initial weights are drawn from streams of the seed, so that rules that share a kind start from the same weights.
   * @throws UserError when the settings do not make such a network
   */
  build(kernels: Kernels, seed: number, settings: NetworkSettings, parameters: P): N;
  /** How many connections learn at a rate of their own in a network of these layers; left out: one for each layer above the input. */
  connectionCount?(layers: readonly number[]): number;
}
