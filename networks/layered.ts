import type { Kernels, Tensor } from '../kernels/index.ts';
import { ACTIVATIONS } from './activation.ts';
import { drawLayers } from './layers.ts';
import { type Readout, readoutOf } from './loss.ts';
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
  constructor(kernels: Kernels, seed: number, settings: NetworkSettings) {
    const { populations, connections } = drawLayers(kernels, seed, settings);
    this.#kernels = kernels;
    this.populations = populations;
    this.connections = connections;
    this.readout = readoutOf(settings.loss, settings.outputActivation);
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
