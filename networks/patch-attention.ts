import { type Kernels, RandomStream, type Tensor, UserError } from '../kernels/index.ts';
import { INITIAL_WEIGHTS } from './initial.ts';
import { LayeredNetwork } from './layered.ts';
import type { Activity, Connection, Network, NetworkKind, NetworkSettings, Population } from './network.ts';
import { softmaxBackward } from './softmax-backward.ts';

/** What attention over patches has to know of its rule. */
export interface PatchAttentionOptions {
  /** Pixels of a side of a patch, as far as two of them lie beside each other. */
  readonly patch: number;
  /** Pixels from one patch to the next, as far as there is a next one. */
  readonly stride: number;
  /** M, number of queries, each of which gives a message. */
  readonly queries: number;
  /** d, length of keys, of values and of messages. */
  readonly size: number;
}

/** Length of a fixed query (Tang & Ha 2021, table of notation: 8 in all experiments). */
const POSITIONS = 8;

/** What attention made of a minibatch of `batch` images of T patches. */
export interface Attention {
  /** Pixels of the patches, batch T x pixels of a patch. */
  readonly patches: Tensor;
  /** batch T x d */
  readonly keys: Tensor;
  readonly values: Tensor;
  /** M x d */
  readonly queries: Tensor;
  /** Shares of the patches in each message, batch M x T. */
  readonly shares: Tensor;
  /** batch x M d */
  readonly messages: Tensor;
}

/**
 * The sensory neuron as a transformer (Tang & Ha 2021, arXiv:2109.02869, eqs. 1-2): every patch of an image sends a key and a value, by
 * weights that all patches share, and none knows where it is. Fixed queries attend to the keys, and what they get of the values are
 * messages, to which the order of the patches makes no difference. Fully connected layers read them out.
 *
 *     m = softmax((Q W_q) (X W_k)ᵀ / sqrt(d)) X W_v,   X: patches, a row each
 */
export class PatchAttentionNetwork implements Network {
  readonly populations: readonly Population[];
  readonly connections: readonly Connection[];
  /** W_k and W_v, pixels of a patch x d, and W_q, 8 x d. */
  readonly keys: Connection;
  readonly values: Connection;
  readonly queries: Connection;
  /** What reads the messages, which are its input. */
  readonly readout: LayeredNetwork;
  /** T, number of patches. */
  readonly patches: number;
  /** Q, M x 8. */
  readonly positions: Tensor;
  /** For each patch, one after the other, the numbers of its pixels: 1 x T pixels. */
  readonly pixels: Tensor;
  /** Bring T x M values of an image in the order of M x T, and back. */
  readonly #byQuery: Tensor;
  readonly #byPatch: Tensor;
  readonly #kernels: Kernels;
  readonly #options: PatchAttentionOptions;

  /** @throws UserError when images are not square */
  constructor(kernels: Kernels, seed: number, settings: NetworkSettings, options: PatchAttentionOptions) {
    const [inputs, ...above] = settings.layers as [number, ...number[]];
    const { queries: M, size: d } = options;
    this.#kernels = kernels;
    this.#options = options;
    this.readout = new LayeredNetwork(kernels, seed, { ...settings, layers: [M * d, ...above] });

    const pixels = patchPixels(inputs, options);
    const row = (name: string, values: readonly number[]): Tensor =>
      kernels.state(name, 1, values.length, Float32Array.from(values));
    const T = pixels.length;
    const places = Array.from({ length: T * M }, (_, i) => i);
    this.patches = T;
    this.pixels = row('pixels of patches', pixels.flat());
    this.#byQuery = row(
      'values by query',
      places.map((i) => (i % T) * M + Math.floor(i / T)),
    );
    this.#byPatch = row(
      'values by patch',
      places.map((i) => (i % M) * T + Math.floor(i / M)),
    );
    this.positions = kernels.state('positions', M, POSITIONS, sinusoids(M));

    const population = (name: string, size: number): Population => ({
      name,
      size,
      compartments: [],
      activation: 'linear',
    });
    const patch = population('patch', pixels[0]!.length);
    const messages = population('messages', M * d);
    const draw = (name: string, from: Population): Connection => ({
      name: `${from.name} to ${name}`,
      from,
      to: population(name, d),
      compartment: 'soma',
      weights: kernels.state(
        `weights of ${name}`,
        from.size,
        d,
        INITIAL_WEIGHTS[settings.initial](new RandomStream(seed, `weights of ${name}`), from.size, d),
      ),
      bias: null,
    });
    this.keys = draw('keys', patch);
    this.values = draw('values', patch);
    this.queries = draw('queries', population('positions', POSITIONS));
    const [first, ...rest] = this.readout.connections as [Connection, ...Connection[]];
    this.connections = [
      this.keys,
      this.values,
      this.queries,
      { ...first, name: `messages to ${first.to.name}`, from: messages },
      ...rest,
    ];
    this.populations = [
      { name: 'input', size: inputs, compartments: [], activation: null },
      messages,
      ...this.readout.populations.slice(1),
    ];
  }

  loss(output: Tensor, target: Tensor): Tensor {
    return this.readout.loss(output, target);
  }

  respond(input: Tensor): Tensor[] {
    return this.forward(input).activity.map(({ rate }) => rate);
  }

  /** @returns what attention does, and the activity of messages and of the layers that read them */
  forward(input: Tensor): { attention: Attention; activity: Activity[] } {
    const attention = this.attend(input);
    return { attention, activity: this.readout.forward(attention.messages) };
  }

  /**
   * Looks at all patches at once.
   * @param input batch x inputs
   */
  attend(input: Tensor): Attention {
    const k = this.#kernels;
    const { queries: M, size: d } = this.#options;
    const [batch, T] = [input.rows, this.patches];
    const patches = k.reshape(k.select(input, this.pixels), batch * T, this.keys.from.size);
    const keys = k.matmul(patches, this.keys.weights);
    const values = k.matmul(patches, this.values.weights);
    const queries = k.matmul(this.positions, this.queries.weights);
    const scores = k.matmul(keys, queries, { transposeB: true, scale: 1 / Math.sqrt(d) });
    const shares = k.softmax(
      k.reshape(k.select(k.reshape(scores, batch, T * M), this.#byQuery), batch * M, T),
    );
    const messages = k.reshape(k.matmul(shares, values, { groups: batch }), batch, M * d);
    return { patches, keys, values, queries, shares, messages };
  }

  /**
   * What errors in the messages are in keys and values (batch T x d) and in queries (M x d, summed over the batch).
   * @param error batch x M d
   */
  descend(
    error: Tensor,
    { keys, values, queries, shares }: Attention,
  ): { keys: Tensor; values: Tensor; queries: Tensor } {
    const k = this.#kernels;
    const { queries: M, size: d } = this.#options;
    const [batch, T] = [error.rows, this.patches];
    const ofMessages = k.reshape(error, batch * M, d);
    const ofShares = k.matmul(ofMessages, values, { transposeB: true, groups: batch });
    const ofScores = softmaxBackward(k, shares, ofShares);
    const byPatch = k.reshape(k.select(k.reshape(ofScores, batch, M * T), this.#byPatch), batch * T, M);
    const scale = 1 / Math.sqrt(d);
    return {
      keys: k.matmul(byPatch, queries, { scale }),
      values: k.matmul(shares, ofMessages, { transposeA: true, groups: batch }),
      queries: k.matmul(byPatch, keys, { transposeA: true, scale }),
    };
  }
}

/**
 * The numbers of the pixels of each patch, row by row.
 * @param inputs pixels of a square image
 * @throws UserError when the image is not square, or a patch is more than half of its side
 */
export function patchPixels(
  inputs: number,
  options: Pick<PatchAttentionOptions, 'patch' | 'stride'>,
): number[][] {
  const side = Math.sqrt(inputs);
  if (!Number.isInteger(side))
    throw new UserError(
      `layers: patches are cut from square images, but ${inputs} inputs make no square; choose another dataset or another rule`,
    );
  const { patch: width } = options;
  // One patch alone would be attended to whatever it is.
  const most = Math.max(1, Math.floor(side / 2));
  if (width > most)
    throw new UserError(
      `the option 'patch' is ${width}, but a patch of an image of ${side} x ${side} pixels has at most ${most} pixels a side, so that there are several: choose a smaller one`,
    );
  const stride = Math.max(1, Math.min(options.stride, side - width));
  const starts = Array.from({ length: Math.floor((side - width) / stride) + 1 }, (_, i) => i * stride);
  const within = Array.from({ length: width }, (_, i) => i);
  return starts.flatMap((top) =>
    starts.map((left) => within.flatMap((y) => within.map((x) => (top + y) * side + left + x))),
  );
}

/** Sines and cosines of wave lengths of their own for each of so many queries, row by row (Vaswani et al. 2017). */
const sinusoids = (count: number): Float32Array =>
  Float32Array.from({ length: count * POSITIONS }, (_, i) => {
    const [position, column] = [Math.floor(i / POSITIONS), i % POSITIONS];
    const phase = position / 10_000 ** ((column - (column % 2)) / POSITIONS);
    return column % 2 === 0 ? Math.sin(phase) : Math.cos(phase);
  });

/** Attention over the patches of an image, in any order, with a read-out. */
export const patchAttentionNetwork: NetworkKind<PatchAttentionNetwork, PatchAttentionOptions> = {
  name: 'patch-attention',
  description:
    'Queries that attend to the patches of an image, whatever their order, and layers that read out what they get.',
  build: (kernels, seed, settings, options) => new PatchAttentionNetwork(kernels, seed, settings, options),
  connectionCount: (layers) => layers.length + 2,
};
