import { type Kernels, RandomStream, type Tensor, UserError } from '../kernels/index.ts';
import { ACTIVATIONS } from './activation.ts';
import { INITIAL_BIASES, INITIAL_WEIGHTS } from './initial.ts';
import { crossEntropy, type Readout, squaredError } from './loss.ts';
import type { Activity, Connection, Network, NetworkKind, NetworkSettings, Population } from './network.ts';

/** A feed-forward network of fully connected layers of point neurons. */
export class LayeredNetwork implements Network {
  readonly populations: readonly Population[];
  /** In the order of the forward pass: `connections[l]` leads into `populations[l + 1]`. */
  readonly connections: readonly Connection[];
  readonly readout: Readout;
  readonly #kernels: Kernels;

  /**
   * Weights are drawn from the streams 'weights 1', 'weights 2', ... of the seed, so they are the same for every rule.
   * @throws UserError when the sizes do not make a network
   */
  constructor(kernels: Kernels, seed: number, options: NetworkSettings) {
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

  respond(input: Tensor): Tensor[] {
    return this.forward(input)
      .slice(1)
      .map(({ rate }) => rate);
  }

  loss(output: Tensor, target: Tensor): Tensor {
    return this.readout.loss(this.#kernels, output, target);
  }

  /** Firing rates of a population from the potentials of its somata. */
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

/** Feed-forward point neurons: one pass from the input to the output. */
export const layeredNetwork: NetworkKind<LayeredNetwork, void> = {
  name: 'layered',
  description: 'Fully connected layers of point neurons, computed in one pass from the input to the output.',
  build: (kernels, seed, settings) => new LayeredNetwork(kernels, seed, settings),
};

function checkLayers(layers: readonly number[]): void {
  if (layers.length < 2)
    throw new UserError(
      `layer sizes '${layers.join(',')}' need at least an input and an output, e.g. 784,500,10`,
    );
  const wrong = layers.find((size) => !Number.isInteger(size) || size < 1);
  if (wrong !== undefined)
    throw new UserError(`layer sizes '${layers.join(',')}': ${wrong} is not a whole number above 0`);
}
