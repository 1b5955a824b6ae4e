import type { Kernels, RandomStream, Tensor } from '../kernels/index.ts';
import { type FeedbackPath, feedbackPath } from './feedback.ts';
import { dendriticWeights } from './initial.ts';
import type { Network } from './network.ts';

/** How feedback weights of output neurons to hidden layers are made, see BroadcastFeedback. */
export const BROADCASTS = ['random', 'sparse', 'symmetric', 'noisy-symmetric'] as const;
/** One of BROADCASTS. */
export type BroadcastKind = (typeof BROADCASTS)[number];

/** Share of the feedback weights that `sparse` sets to zero, and how many times as large it makes the others. */
const ZEROS = 0.8;
const AMPLIFICATION = 5;
/** Deviation of the noise on symmetric weights. The paper calls 0.05 the variance; in its code it is the deviation. */
const NOISE = 0.05;

/**
 * Weights from the output layer to the apical dendrites of every hidden layer, each of them outputs x size of the layer
 * (Guerguiev, Lillicrap & Richards 2017, "Multiple hidden layers" and Fig. 8).
 */
export class BroadcastFeedback {
  /** Weights that never change; null for those that follow the forward weights. */
  readonly fixed: readonly FeedbackPath[] | null;
  readonly #k: Kernels;
  readonly #network: Pick<Network, 'populations' | 'connections'>;
  readonly #kind: BroadcastKind;

  /**
   * @param width of the distribution of random weights, as in dendriticWeights
   * @param random the streams 'feedback to hidden 1', ... and, for the zeros, 'kept feedback to hidden 1', ...
   */
  constructor(
    k: Kernels,
    network: Pick<Network, 'populations' | 'connections'>,
    kind: BroadcastKind,
    width: number,
    random: (name: string) => RandomStream,
  ) {
    this.#k = k;
    this.#network = network;
    this.#kind = kind;
    const output = network.populations.at(-1)!;
    const draw = (name: string, size: number): Float32Array => {
      const values = dendriticWeights(random(`feedback to ${name}`), size, output.size * size, width);
      return kind === 'sparse' ? thinOut(values, random(`kept feedback to ${name}`)) : values;
    };
    this.fixed = kind.endsWith('symmetric')
      ? null
      : network.populations
          .slice(1, -1)
          .map((to) => feedbackPath(k, network, output, to, draw(to.name, to.size)));
  }

  /** The weights as they are in a step; noise is drawn anew by each call. */
  weights(): readonly Tensor[] {
    if (this.fixed) return this.fixed.map(({ connection }) => connection.weights);
    const k = this.#k;
    const products: Tensor[] = [];
    // Y = W_Lᵀ W_L-1ᵀ ...: every matrix with its own noise, which the layers further down share, as in the authors' code.
    for (const { weights } of this.#network.connections.slice(1).reverse()) {
      const above = products[0];
      const w = this.#kind === 'noisy-symmetric' ? this.#withNoise(weights) : weights;
      products.unshift(above ? k.matmul(above, w, { transposeB: true }) : k.transpose(w));
    }
    return products;
  }

  #withNoise(weights: Tensor): Tensor {
    const noise = this.#k.normal('noise on the feedback', weights.rows, weights.columns, 0, NOISE);
    return this.#k.mapInto(noise, (w, z) => w + z, weights, noise);
  }
}

/** Sets exactly ZEROS of the values, rounded down, to zero and amplifies the others, as in the authors' code. */
function thinOut(values: Float32Array, random: RandomStream): Float32Array {
  const order = random.shuffle(Uint32Array.from(values.keys()));
  const zeros = Math.floor(ZEROS * values.length);
  for (const [place, i] of order.entries()) values[i] = place < zeros ? 0 : AMPLIFICATION * values[i]!;
  return values;
}
