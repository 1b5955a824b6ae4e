import { type Kernels, type Tensor, UserError } from '../kernels/index.ts';
import { squaredError } from './loss.ts';
import type { Connection, Network, NetworkKind, NetworkSettings, Population } from './network.ts';
import { numbers } from './numbers.ts';

/** What an associative network has to know of its rule. */
export interface AssociativeOptions {
  /** Memory neurons, one for each pattern that is stored; null: there are none, and the outputs are joined to each other. */
  readonly memories: number | null;
}

/** One neuron, whose turn it is. */
export interface NeuronAtHand {
  /** Its potential, batch x 1. */
  readonly field: Tensor;
  /** Traces what follows from a change of its state. @param change batch x 1: 2, 0 or -2 */
  changed(change: Tensor): void;
}

/** What a memory has recalled. */
export interface Recall {
  /** Of the outputs, batch x size: pixels of 0 and 1. */
  readonly firingRates: readonly [Tensor];
  /** By how much their states still change, batch x size. */
  readonly residuals: readonly [Tensor];
}

/**
 * A memory for patterns: as many outputs as inputs, and one connection that holds what is stored. It leads from each output to the
 * others, or to the outputs from memory neurons, of which each stands for one pattern (Krotov & Hopfield 2021, arXiv:2008.06996).
 */
export class AssociativeNetwork implements Network {
  readonly populations: readonly Population[];
  readonly connections: readonly Connection[];
  /** What holds the patterns, from.size x outputs. The weights start from zero, whatever the seed. */
  readonly memory: Connection;
  readonly #kernels: Kernels;
  readonly #size: number;
  /** 0, 1, 2, ... in a row: of outputs, and of presynaptic neurons. */
  readonly #numbers: Tensor;
  readonly #addresses: Tensor;

  /** @throws UserError when there are not two layers of one size */
  constructor(
    kernels: Kernels,
    { layers }: Pick<NetworkSettings, 'layers'>,
    { memories }: AssociativeOptions,
  ) {
    checkAssociative(layers);
    const size = layers[0]!;
    const output: Population = { name: 'output', size, compartments: ['soma'], activation: null };
    const from: Population =
      memories === null
        ? output
        : { name: 'memories', size: memories, compartments: ['soma'], activation: null };
    this.#kernels = kernels;
    this.#size = size;
    this.populations = [{ name: 'input', size, compartments: [], activation: null }, output];
    this.memory = {
      name: `${from.name} to output`,
      from,
      to: output,
      compartment: 'soma',
      weights: kernels.state('weights 1', from.size, size),
      bias: memories === null ? kernels.state('bias 1', 1, size) : null,
    };
    this.connections = [this.memory];
    this.#numbers = numbers(kernels, 'outputs', size);
    this.#addresses = memories === null ? this.#numbers : numbers(kernels, 'memories', memories);
  }

  loss(output: Tensor, target: Tensor): Tensor {
    return squaredError('linear').loss(this.#kernels, output, target);
  }

  /** 1 for the memory neuron of a number (1 x 1), 0 for the others; 1 x memories. */
  address(number: Tensor): Tensor {
    return this.#kernels.map((own, n) => (own === n ? 1 : 0), this.#addresses, number);
  }

  /** -1 for each pixel that is darker than half, 1 for the others. */
  signs(pixels: Tensor): Tensor {
    return this.#kernels.map((x) => (x > 0.5 ? 1 : -1), pixels);
  }

  /** The signs of potentials, all at once; a state stays where its potential is zero. @param states which change */
  takeSigns(states: Tensor, potentials: Tensor): void {
    this.#kernels.mapInto(states, (s, h) => (h > 0 ? 1 : h < 0 ? -1 : s), states, potentials);
  }

  /** A square matrix of the outputs without its diagonal. */
  withoutDiagonal(matrix: Tensor): Tensor {
    const k = this.#kernels;
    const rows = k.transpose(this.#numbers);
    return k.map((w, column, row) => (column === row ? 0 : w), matrix, this.#numbers, rows);
  }

  /**
   * Recalls from a cue.
   * @param input batch x size of pixels
   * @param update traces so many updates of all states, which it changes
   * @param updates of all states, at least 1
   */
  recall(input: Tensor, updates: number, update: (states: Tensor, times: number) => void): Recall {
    const k = this.#kernels;
    const states = this.signs(input);
    if (updates > 1) update(states, updates - 1);
    const before = k.map((s) => s, states);
    update(states, 1);
    return {
      firingRates: [k.map((s) => (s > 0 ? 1 : 0), states)],
      residuals: [k.map((s, b) => s - b, states, before)],
    };
  }

  /**
   * Updates all neurons one after the other, in their order, so many times: each takes the sign of its potential, and keeps its state where
   * that is zero.
   * @param states batch x size of -1 and 1, which change
   * @param turn traces the turn of a neuron. It gets 1 for this neuron and 0 for the others (1 x size), and its state (batch x 1)
   */
  sweep(states: Tensor, sweeps: number, turn: (at: Tensor, own: Tensor) => NeuronAtHand): void {
    const k = this.#kernels;
    k.repeat(sweeps, () =>
      k.repeat(this.#size, (number) => {
        const at = k.map((own, n) => (own === n ? 1 : 0), this.#numbers, number);
        const own = k.sum(
          k.map((s, a) => s * a, states, at),
          { over: 'columns' },
        );
        const neuron = turn(at, own);
        const change = k.map((h, s) => (h > 0 ? 1 - s : h < 0 ? -1 - s : 0), neuron.field, own);
        k.mapInto(states, (s, a, c) => s + a * c, states, at, change);
        neuron.changed(change);
      }),
    );
  }
}

/** @throws UserError when there are not two layers of one size */
export function checkAssociative(layers: readonly number[]): void {
  if (layers.length !== 2 || layers[0] !== layers[1])
    throw new UserError(
      `layers: a memory for patterns (--task retrieval) has as many outputs as inputs and nothing between, e.g. 64,64, not ${layers.join(',')}`,
    );
}

/** Memories for patterns. */
export const associativeNetwork: NetworkKind<AssociativeNetwork, AssociativeOptions> = {
  name: 'associative',
  description:
    'A memory for patterns: outputs that are joined to each other, or to a neuron for each pattern.',
  build: (kernels, _seed, settings, options) => new AssociativeNetwork(kernels, settings, options),
};
