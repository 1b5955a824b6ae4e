import { type Kernels, RandomStream, type Tensor, UserError } from '../kernels/index.ts';
import { ACTIVATIONS, type ActivationName } from './activation.ts';
import { INITIAL_BIASES, INITIAL_WEIGHTS, type InitialWeights } from './initial.ts';
import { crossEntropy, type Readout, squaredError } from './loss.ts';

/** Parts of a neuron that have a potential of their own. A point neuron has a soma and nothing else. */
export type Compartment = 'soma' | 'basal' | 'apical';

/** Neurons of one kind: a layer. */
export interface Population {
  readonly name: string;
  readonly size: number;
  readonly compartments: readonly Compartment[];
  /** Of the soma; null for the input, whose rates are given. */
  readonly activation: ActivationName | 'softmax' | null;
}

/** Synapses from every neuron of one population to one compartment of every neuron of another. */
export interface Connection {
  readonly name: string;
  readonly from: Population;
  readonly to: Population;
  readonly compartment: Compartment;
  /** Synaptic weights, from.size x to.size: row = presynaptic neuron, so that the current is `rate @ weights`. */
  readonly weights: Tensor;
  /** 1 x to.size; feedback has none. */
  readonly bias: Tensor | null;
}

/** What a population does while a minibatch is shown; tensors are batch x size. */
export interface Activity {
  /** Potential of the soma; of the input population, its rates. */
  readonly potential: Tensor;
  readonly rate: Tensor;
}

export interface LayeredOptions {
  /** Numbers of neurons from input to output, e.g. [784, 500, 10]. */
  layers: readonly number[];
  /** Of the hidden layers. */
  activation: ActivationName;
  loss: 'cross-entropy' | 'squared-error';
  /** Of the output layer; with cross-entropy it is always softmax. */
  outputActivation: ActivationName;
  initial: InitialWeights;
}

/** A feed-forward network of fully connected layers of point neurons. */
export class LayeredNetwork {
  readonly kind = 'layered';
  readonly populations: readonly Population[];
  /** In the order of the forward pass: `connections[l]` leads into `populations[l + 1]`. */
  readonly connections: readonly Connection[];
  readonly readout: Readout;
  readonly #kernels: Kernels;

  /**
   * Weights are drawn from the streams 'weights 1', 'weights 2', ... of the seed, so they are the same for every rule.
   * @throws UserError when the sizes do not make a network
   */
  constructor(kernels: Kernels, seed: number, options: LayeredOptions) {
    const { layers, activation, loss, outputActivation, initial } = options;
    checkLayers(layers);
    const last = layers.length - 1;
    this.#kernels = kernels;
    this.readout = loss === 'cross-entropy' ? crossEntropy : squaredError(outputActivation);
    this.populations = layers.map((size, l) => ({
      name: l === 0 ? 'input' : l === last ? 'output' : `hidden ${l}`,
      size,
      compartments: l === 0 ? [] : ['soma'],
      activation:
        l === 0 ? null : l < last ? activation : loss === 'cross-entropy' ? 'softmax' : outputActivation,
    }));
    this.connections = layers.slice(1).map((size, l) => {
      const from = this.populations[l]!;
      const values = INITIAL_WEIGHTS[initial](new RandomStream(seed, `weights ${l + 1}`), from.size, size);
      const biases = INITIAL_BIASES[initial]?.(new RandomStream(seed, `biases ${l + 1}`), size);
      return {
        name: `${from.name} to ${this.populations[l + 1]!.name}`,
        from,
        to: this.populations[l + 1]!,
        compartment: 'soma',
        weights: kernels.state(`weights ${l + 1}`, from.size, size, values),
        bias: kernels.state(`bias ${l + 1}`, 1, size, biases),
      };
    });
  }

  /** The activity of every population, input first. `input` is batch x layers[0]. */
  forward(input: Tensor): Activity[] {
    const k = this.#kernels;
    const activity: Activity[] = [{ potential: input, rate: input }];
    for (const connection of this.connections) {
      const current = k.matmul(activity.at(-1)!.rate, connection.weights);
      const potential = connection.bias
        ? k.mapInto(current, (i, b) => i + b, current, connection.bias)
        : current;
      activity.push({ potential, rate: this.rate(connection.to, potential) });
    }
    return activity;
  }

  /** Rates of a population from the potentials of its somata. */
  rate(population: Population, potential: Tensor): Tensor {
    const { activation } = population;
    if (population === this.populations.at(-1)) return this.readout.rate(this.#kernels, potential);
    return activation === null || activation === 'softmax'
      ? potential
      : this.#kernels.map(ACTIVATIONS[activation].rate, potential);
  }

  /** Derivative of the loss by the potential of each output soma, one row an example: y - t for cross-entropy. */
  outputError(activity: readonly Activity[], target: Tensor): Tensor {
    const { potential, rate } = activity.at(-1)!;
    return this.readout.error(this.#kernels, potential, rate, target);
  }

  /** An error in the rates of hidden layer `layer` (1 is the first), turned into one in its potentials: e f'(v). */
  throughActivation(layer: number, error: Tensor, activity: readonly Activity[]): Tensor {
    const { activation } = this.populations[layer]!;
    const { potential, rate } = activity[layer]!;
    if (activation === null || activation === 'softmax')
      throw new Error(`layer ${layer} is not a hidden layer`);
    return this.#kernels.map(ACTIVATIONS[activation].backward, error, potential, rate);
  }
}

function checkLayers(layers: readonly number[]): void {
  if (layers.length < 2)
    throw new UserError(
      `layer sizes '${layers.join(',')}' need at least an input and an output, e.g. 784,500,10`,
    );
  const wrong = layers.find((size) => !Number.isInteger(size) || size < 1);
  if (wrong !== undefined)
    throw new UserError(`layer sizes '${layers.join(',')}': ${wrong} is not a whole number above 0`);
}
