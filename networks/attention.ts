import { type Kernels, RandomStream, type Tensor, UserError } from '../kernels/index.ts';
import { INITIAL_WEIGHTS } from './initial.ts';
import { crossEntropy } from './loss.ts';
import type { Activity, Connection, Network, NetworkKind, NetworkSettings, Population } from './network.ts';
import { softmaxBackward } from './softmax-backward.ts';

/** How a query is answered from keys and values. */
export const ATTENTIONS = ['astrocyte', 'undivided', 'softmax'] as const;

/** What an attention network has to know of its rule. */
export interface AttentionOptions {
  /** Tokens that are written, L; one more is the query. */
  readonly pairs: number;
  readonly attention: (typeof ATTENTIONS)[number];
  /** m, hidden neurons of the astrocyte block. */
  readonly features: number;
}

/** What the block did with a minibatch; tokens of an example lie one below the other. */
export interface Attended {
  /** The query token (batch x width), and the tokens that are written (batch L x width). */
  readonly asked: Tensor;
  readonly written: Tensor;
  /** q and k, divided by d^(1/4), and v: batch x d, batch L x d, batch L x d. */
  readonly query: Tensor;
  readonly keys: Tensor;
  readonly values: Tensor;
  /** How much of each value is read, batch L x 1. */
  readonly shares: Tensor;
  /** r, by which the astrocyte divides, batch x 1; 1 where it does not; null with softmax. */
  readonly response: Tensor | null;
  /** What is read, batch x d. */
  readonly read: Tensor;
  /** Of the softmax outputs, batch x classes. */
  readonly output: Activity;
  /** Brings an error in what is read down to query, keys and values. */
  descend(error: Tensor): BlockErrors;
}

/** Errors of each example, in the shapes of `Attended`. */
export interface BlockErrors {
  readonly query: Tensor;
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** An answer of the block. */
type Reading = Pick<Attended, 'shares' | 'response' | 'read' | 'descend'>;

/** Projections of tokens, d of each. */
type Projected = Pick<Attended, 'query' | 'keys' | 'values'>;

/**
 * One head of attention that reads a sequence of tokens with the last one, and a softmax readout. With φ(x) = m^(−1/2) exp(Ω x − |x|²/2) the block of
 * Kozachkov, Kastanenka & Krotov 2023 has a writing phase, in which for each token
 *
 *   H ← H + v φ(k)ᵀ   (Hebbian synapses),    a ← a + φ(k)   (an astrocyte that follows the hidden neurons),
 *
 * and a reading phase, in which the astrocyte divides: out = H φ(q) / r, r = φ(q) · a. As φ(q) · φ(k) has the mean exp(q · k) over Ω ~ N(0, 1)
 * (Choromanski et al. 2021, arXiv:2009.14794, Lemma 1), that is attention with a softmax of q · k as m grows. `undivided` leaves r out, `softmax` is the exact one.
 */
export class AttentionNetwork implements Network {
  /** Tokens, what is read, and outputs. */
  readonly populations: readonly Population[];
  /** W_q, W_k, W_v, without biases, then the readout. */
  readonly connections: readonly [Connection, Connection, Connection, Connection];
  readonly #kernels: Kernels;
  readonly #options: AttentionOptions;
  readonly #width: number;
  /** Ω transposed, d x m; null with softmax. */
  readonly #projection: Tensor | null;

  /** @throws UserError when the settings make no such network */
  constructor(kernels: Kernels, seed: number, settings: NetworkSettings, options: AttentionOptions) {
    checkAttention(settings, options);
    const [inputs, size, classes] = settings.layers as [number, number, number];
    this.#kernels = kernels;
    this.#options = options;
    this.#width = inputs / (options.pairs + 1);
    const population = (name: string, size: number, activation: Population['activation']): Population => ({
      ...{ name, size, compartments: name === 'input' ? [] : ['soma'], activation },
    });
    const token = population('token', this.#width, null);
    const read = population('hidden 1', size, 'linear');
    const output = population('output', classes, 'softmax');
    this.populations = [population('input', inputs, null), read, output];
    const connect = (number: number, from: Population, to: Population, bias: boolean): Connection => ({
      ...{ name: `${from.name} to ${to.name}`, from, to, compartment: 'soma' },
      weights: kernels.state(
        `weights ${number}`,
        from.size,
        to.size,
        INITIAL_WEIGHTS[settings.initial](new RandomStream(seed, `weights ${number}`), from.size, to.size),
      ),
      bias: bias ? kernels.state(`bias ${number}`, 1, to.size) : null,
    });
    const [queries, keys, values] = ['queries', 'keys', 'values'].map((name) =>
      population(name, size, 'linear'),
    ) as [Population, Population, Population];
    this.connections = [
      connect(1, token, queries, false),
      connect(2, token, keys, false),
      connect(3, token, values, false),
      connect(4, read, output, true),
    ];
    this.#projection =
      options.attention === 'softmax' ? null : drawProjection(kernels, seed, size, options.features);
  }

  loss(output: Tensor, target: Tensor): Tensor {
    return crossEntropy.loss(this.#kernels, output, target);
  }

  respond(input: Tensor): Tensor[] {
    const { read, output } = this.attend(input);
    return [read, output.rate];
  }

  /**
   * Writes all pairs and reads at the query.
   * @param input batch x (L + 1) tokens
   */
  attend(input: Tensor): Attended {
    const k = this.#kernels;
    const [{ weights: toQuery }, { weights: toKeys }, { weights: toValues }, readout] = this.connections;
    const [pairs, width] = [this.#options.pairs, this.#width];
    const asked = k.columns(input, pairs * width, width);
    const written = k.reshape(k.columns(input, 0, pairs * width), input.rows * pairs, width);
    const scale = toQuery.columns ** -0.25;
    const projected = {
      query: k.matmul(asked, toQuery, { scale }),
      keys: k.matmul(written, toKeys, { scale }),
      values: k.matmul(written, toValues),
    };
    const reading = this.answer(projected);
    const current = k.matmul(reading.read, readout.weights);
    const potential = k.mapInto(current, (i, b) => i + b, current, readout.bias!);
    return {
      ...{ asked, written, ...projected, ...reading },
      output: { potential, rate: crossEntropy.rate(k, potential) },
    };
  }

  /** What the block reads. */
  answer(projected: Projected): Reading {
    return this.#projection === null
      ? this.#softmax(projected)
      : this.#astrocyte(projected, this.#projection);
  }

  /** φ(x) of each row, rows x m. */
  #features(x: Tensor, projection: Tensor): Tensor {
    const k = this.#kernels;
    const square = k.sum(
      k.map((x) => x * x, x),
      { over: 'columns' },
    );
    return k.map(
      (u, square, scale) => scale * Math.exp(u - 0.5 * square),
      k.matmul(x, projection),
      square,
      projection.columns ** -0.5,
    );
  }

  /** An error in φ(x) brought down to x: (e ∘ φ) Ω − x Σ e ∘ φ. */
  #throughFeatures(error: Tensor, features: Tensor, x: Tensor, projection: Tensor): Tensor {
    const k = this.#kernels;
    const weighted = k.map((e, f) => e * f, error, features);
    const down = k.matmul(weighted, projection, { transposeB: true });
    return k.mapInto(down, (d, x, total) => d - x * total, down, x, k.sum(weighted, { over: 'columns' }));
  }

  #astrocyte({ query, keys, values }: Projected, projection: Tensor): Reading {
    const k = this.#kernels;
    const batch = query.rows;
    const each = { groups: batch };
    const divides = this.#options.attention === 'astrocyte';
    const [asked, written] = [this.#features(query, projection), this.#features(keys, projection)];
    // Writing: H is batch m x d, a batch x m. Sums over the tokens of an example, in their order.
    const synapses = k.matmul(written, values, { ...each, transposeA: true });
    const ones = k.constant(1, keys.rows, 1);
    const astrocyte = k.matmul(ones, written, { ...each, transposeA: true });
    // Reading.
    const unit = k.constant(1, batch, 1);
    const response = divides
      ? k.sum(
          k.map((f, a) => f * a, asked, astrocyte),
          { over: 'columns' },
        )
      : unit;
    const product = k.matmul(asked, synapses, each);
    const read = k.map((h, r) => h / r, product, response);
    const overlaps = k.matmul(written, asked, { ...each, transposeB: true });
    const responses = k.matmul(ones, response, each);
    return {
      read,
      response,
      shares: k.map((o, r) => o / r, overlaps, responses),
      descend: (error) => {
        // d(H φ(q)) and dr, from out = H φ(q) / r
        const dProduct = k.map((e, r) => e / r, error, response);
        const dResponse = divides
          ? k.map(
              (sum, r) => -sum / r,
              k.sum(
                k.map((e, out) => e * out, error, read),
                { over: 'columns' },
              ),
              response,
            )
          : k.constant(0, batch, 1);
        const dAsked = k.matmul(dProduct, synapses, { ...each, transposeB: true });
        k.mapInto(dAsked, (d, dr, a) => d + dr * a, dAsked, dResponse, astrocyte);
        const dSynapses = k.matmul(asked, dProduct, { ...each, transposeA: true });
        const dWritten = k.matmul(values, dSynapses, { ...each, transposeB: true });
        const dAstrocyte = k.map((dr, f) => dr * f, dResponse, asked);
        k.matmul(ones, dAstrocyte, { ...each, into: dWritten, accumulate: true });
        return {
          query: this.#throughFeatures(dAsked, asked, query, projection),
          keys: this.#throughFeatures(dWritten, written, keys, projection),
          values: k.matmul(written, dSynapses, each),
        };
      },
    };
  }

  #softmax({ query, keys, values }: Projected): Reading {
    const k = this.#kernels;
    const each = { groups: query.rows };
    const shares = k.softmax(k.matmul(query, keys, { ...each, transposeB: true }));
    return {
      read: k.matmul(shares, values, each),
      response: null,
      shares: k.reshape(shares, keys.rows, 1),
      descend: (error) => {
        const dShares = k.matmul(error, values, { ...each, transposeB: true });
        const dLogits = softmaxBackward(k, shares, dShares);
        return {
          query: k.matmul(dLogits, keys, each),
          keys: k.matmul(dLogits, query, { ...each, transposeA: true }),
          values: k.matmul(shares, error, { ...each, transposeA: true }),
        };
      },
    };
  }
}

/** Ω of a seed, transposed: d x m, N(0, 1). */
const drawProjection = (kernels: Kernels, seed: number, size: number, features: number): Tensor =>
  kernels.state(
    'random features',
    size,
    features,
    new RandomStream(seed, 'random features').normal(size * features, 0, 1),
  );

/** @throws UserError when layers or loss do not go with a head of attention */
export function checkAttention(
  { layers, loss }: Pick<NetworkSettings, 'layers' | 'loss'>,
  { pairs }: Pick<AttentionOptions, 'pairs'>,
): void {
  if (layers.length !== 3 || layers[0]! % (pairs + 1) !== 0)
    throw new UserError(
      `layers: a head of attention has inputs of ${pairs + 1} tokens (the option pairs and a query), what is read, and outputs, e.g. ${32 * (pairs + 1)},16,16, not ${layers.join(',')}`,
    );
  if (loss !== 'cross-entropy')
    throw new UserError(
      `loss: the readout of a head of attention has the loss cross-entropy, not ${loss}; choose it`,
    );
}

/** A head of attention with a readout. */
export const attentionNetwork: NetworkKind<AttentionNetwork, AttentionOptions> = {
  name: 'attention',
  description:
    'Tokens that are written to fast synapses and read by the last one, by neurons with an astrocyte or by softmax attention, and a softmax readout.',
  build: (kernels, seed, settings, options) => new AttentionNetwork(kernels, seed, settings, options),
  connectionCount: () => 4,
};
