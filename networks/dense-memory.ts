import { type Kernels, type Tensor, UserError } from '../kernels/index.ts';
import { initialSynapses } from './layers.ts';
import type { Connection, Network, NetworkKind, NetworkSettings, Population } from './network.ts';
import { numbers } from './numbers.ts';
import { raised } from './raised.ts';

/** What a dense memory has to know of its rule. */
export interface DenseMemoryOptions {
  /** n: overlaps with a memory count by their n-th power; a whole number of at least 2. */
  readonly power: number;
  /** m: the loss is the 2 m-th power of the difference to the target; a whole number above 0. */
  readonly exponent: number;
  /** T in shares of the number of pixels: overlaps are divided by T before they are raised to the power. */
  readonly temperature: number;
}

/** What a minibatch does to the memories; every class unit is at -1. */
export interface Overlaps {
  /** Pixels from -1 to 1, batch x inputs. */
  readonly pixels: Tensor;
  /** Of each memory, batch x memories. */
  readonly potential: Tensor;
  /** f(potential / T), batch x memories. */
  readonly rate: Tensor;
  /** The (n - 1)-th power of the rate, batch x memories. */
  readonly slope: Tensor;
  /** Sum over memories of the n-th power of the rate, batch x 1. */
  readonly sum: Tensor;
}

/** What changes where one class unit is at 1. */
export interface Hypothesis {
  /** 1 for this class and 0 for the others, 1 x classes. */
  readonly at: Tensor;
  /** The (n - 1)-th power of the rates of the memories, batch x memories. */
  readonly slope: Tensor;
  /** By how much the sum over memories of the n-th powers grows, batch x 1: what the output takes the tanh of. */
  readonly potential: Tensor;
}

/**
 * A dense associative memory that completes an image by its class (Krotov & Hopfield 2016, arXiv:1606.01164, eq. 9). A memory has a
 * weight for each pixel, and one for each class unit. A class answers tanh of how much lower the energy would be with its unit at 1, all
 * others being at -1:
 *
 *     c_a = tanh(sum over memories of [F((h + 2 xi_a) / T) - F(h / T)]),  F(x) = f(x)^n
 *
 * where h is the overlap of a memory with the image and with class units that are all at -1. The product of the image with the memories is
 * thus the same for all classes. Powers are formed of overlaps over T: 540^20 is more than float32 holds.
 */
export class DenseMemoryNetwork implements Network {
  readonly populations: readonly Population[];
  readonly connections: readonly Connection[];
  /** Weights of the memories for pixels, inputs x memories. */
  readonly pixels: Connection;
  /** Weights of the memories for class units, memories x classes. */
  readonly classes: Connection;
  /** 0, 1, 2, ... of the classes, in a row. */
  readonly classNumbers: Tensor;
  /** T, in units of an overlap. */
  readonly temperature: number;
  readonly #power: number;
  readonly #kernels: Kernels;
  readonly #exponent: number;
  readonly #isRectified: boolean;

  /** @throws UserError when the settings are those of another network: see `checkDenseMemory` */
  constructor(
    kernels: Kernels,
    seed: number,
    settings: NetworkSettings,
    { power, exponent, temperature }: DenseMemoryOptions,
  ) {
    checkDenseMemory(settings);
    const [inputs, memories, size] = settings.layers as [number, number, number];
    const { activation } = settings;
    const input: Population = { name: 'input', size: inputs, compartments: [], activation: null };
    const hidden: Population = { name: 'hidden 1', size: memories, compartments: ['soma'], activation };
    const output: Population = { name: 'output', size, compartments: ['soma'], activation: 'tanh' };
    const connect = (from: Population, to: Population, l: number): Connection => ({
      name: `${from.name} to ${to.name}`,
      from,
      to,
      compartment: 'soma',
      weights: kernels.state(
        `weights ${l + 1}`,
        from.size,
        to.size,
        initialSynapses(seed, settings, l).weights,
      ),
      bias: null,
    });
    this.#kernels = kernels;
    this.populations = [input, hidden, output];
    this.pixels = connect(input, hidden, 0);
    this.classes = connect(hidden, output, 1);
    this.connections = [this.pixels, this.classes];
    this.#power = power;
    this.temperature = temperature * inputs;
    this.#exponent = exponent;
    this.#isRectified = activation === 'relu';
    this.classNumbers = numbers(kernels, 'output', size);
  }

  /** (c - t)^2m of targets t that are 0 or 1 and stand for -1 and 1 (eq. 14). */
  loss(output: Tensor, target: Tensor): Tensor {
    const k = this.#kernels;
    return raised(
      k,
      k.map((c, t) => c - (2 * t - 1), output, target),
      2 * this.#exponent,
    );
  }

  /** Of the memories f(h / T), of the classes c. */
  respond(input: Tensor): Tensor[] {
    const overlaps = this.overlaps(input);
    return [overlaps.rate, this.answer(overlaps)];
  }

  /**
   * How well the memories fit images, which all classes share.
   * @param input batch x inputs, from 0 to 1
   */
  overlaps(input: Tensor): Overlaps {
    const k = this.#kernels;
    const pixels = k.map((x) => 2 * x - 1, input);
    const potential = k.matmul(pixels, this.pixels.weights);
    const down = k.sum(k.transpose(this.classes.weights), { over: 'rows' });
    k.mapInto(potential, (h, down) => h - down, potential, down);
    return { pixels, potential, ...this.#powers(potential, k.constant(0, 1, 1)) };
  }

  /**
   * Answers of the classes, batch x classes.
   * @param each traces what else is to be done for one class after the other. Tensors that it changes have to exist before
   */
  answer({ potential, sum }: Overlaps, each?: (hypothesis: Hypothesis) => void): Tensor {
    const k = this.#kernels;
    const { size } = this.classes.to;
    const weights = k.transpose(this.classes.weights);
    const output = k.constant(0, potential.rows, size);
    k.repeat(size, (number) => {
      const at = k.map((own, n) => (own === n ? 1 : 0), this.classNumbers, number);
      const own = k.matmul(at, weights, { sparse: true });
      const up = this.#powers(potential, own);
      const difference = k.map((up, down) => up - down, up.sum, sum);
      k.mapInto(output, (c, a, z) => c + a * Math.tanh(z), output, at, difference);
      each?.({ at, slope: up.slope, potential: difference });
    });
    return output;
  }

  /**
   * @param potential batch x memories
   * @param own weights for the class unit that is at 1
   */
  #powers(potential: Tensor, own: Tensor): Pick<Overlaps, 'rate' | 'slope' | 'sum'> {
    const k = this.#kernels;
    const rate = this.#isRectified
      ? k.map((h, xi, t) => Math.max(h + 2 * xi, 0) / t, potential, own, this.temperature)
      : k.map((h, xi, t) => (h + 2 * xi) / t, potential, own, this.temperature);
    const slope = raised(k, rate, this.#power - 1);
    const sum = k.sum(
      k.map((x, p) => x * p, rate, slope),
      { over: 'columns' },
    );
    return { rate, slope, sum };
  }
}

/**
 * Whether there are dense memories for these settings.
 * @throws UserError when there is not one hidden layer, or rates, outputs or loss are others
 */
export function checkDenseMemory({ layers, activation, outputActivation, loss }: NetworkSettings): void {
  if (layers.length !== 3)
    throw new UserError(
      `layers: a dense memory has one layer of memories between pixels and classes, e.g. 784,500,10, not ${layers.join(',')}`,
    );
  if (activation !== 'relu' && activation !== 'linear')
    throw new UserError(
      `activation: overlaps with a dense memory are rectified (relu) or not (linear), not ${activation}`,
    );
  if (loss !== 'squared-error' || outputActivation !== 'tanh')
    throw new UserError(
      `loss: a dense memory has tanh outputs (output-activation tanh) and a power of the squared error (loss squared-error), not ${outputActivation} and ${loss}`,
    );
}

/** Dense associative memories that classify. */
export const denseMemoryNetwork: NetworkKind<DenseMemoryNetwork, DenseMemoryOptions> = {
  name: 'dense-memory',
  description: 'Memories of pixels and classes, whose overlaps with an image and a class count by a power.',
  build: (kernels, seed, settings, options) => new DenseMemoryNetwork(kernels, seed, settings, options),
};
