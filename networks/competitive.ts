import { type Kernels, type Tensor, UserError } from '../kernels/index.ts';
import { LayeredNetwork } from './layered.ts';
import type { Activity, NetworkKind, NetworkSettings, Population } from './network.ts';

/** What a competitive network has to know of its rule. */
export interface CompetitiveOptions {
  /** n: the rate of a hidden neuron is the n-th power of its rectified potential. */
  readonly power: number;
}

/**
 * Fully connected layers whose hidden rates are max(v, 0)^n: large powers leave the neurons alone that are excited most (Krotov &
 * Hopfield 2019, as in their dense associative memories).
 */
export class CompetitiveNetwork extends LayeredNetwork {
  readonly #kernels: Kernels;
  readonly #power: number;

  /** @throws UserError when the sizes do not make a network, or its hidden neurons are not rectified */
  constructor(kernels: Kernels, seed: number, settings: NetworkSettings, { power }: CompetitiveOptions) {
    checkCompetitive(settings);
    super(kernels, seed, settings);
    this.#kernels = kernels;
    this.#power = power;
  }

  override rate(population: Population, potential: Tensor): Tensor {
    if (population === this.populations.at(-1)) return super.rate(population, potential);
    return this.#kernels.map((v, n) => (v > 0 ? Math.exp(n * Math.log(v)) : 0), potential, this.#power);
  }

  /** e n v^(n - 1), and 0 of silent neurons. */
  override throughActivation(layer: number, error: Tensor, activity: readonly Activity[]): Tensor {
    return this.#kernels.map(
      (e, v, n) => (v > 0 ? e * n * Math.exp((n - 1) * Math.log(v)) : 0),
      error,
      activity[layer]!.potential,
      this.#power,
    );
  }
}

/**
 * Whether there are competitive networks for these settings.
 * @throws UserError when there is no hidden layer, or hidden neurons are not rectified
 */
export function checkCompetitive({
  layers,
  activation,
}: Pick<NetworkSettings, 'layers' | 'activation'>): void {
  if (layers.length < 3)
    throw new UserError(
      `layer sizes '${layers.join(',')}' have no hidden layer, but units that compete need one, e.g. 784,500,10`,
    );
  if (activation !== 'relu')
    throw new UserError(
      `activation: the hidden neurons of a competitive network are rectified (relu), not ${activation}`,
    );
}

/** Point neurons whose rates are powers of their rectified potentials. */
export const competitiveNetwork: NetworkKind<CompetitiveNetwork, CompetitiveOptions> = {
  name: 'competitive',
  description:
    'Fully connected layers of point neurons, whose hidden rates are powers of rectified potentials.',
  build: (kernels, seed, settings, options) => new CompetitiveNetwork(kernels, seed, settings, options),
};
