import type { Kernels, RandomStream, Tensor } from '../kernels/index.ts';
import { dendriticWeights } from './initial.ts';
import type { LayeredNetwork } from './layered.ts';

export type BroadcastKind = 'random' | 'sparse' | 'symmetric' | 'noisy-symmetric';

/** One in so many feedback weights is kept by `sparse`, and made so many times as large. */
const THINNING = 5;
/** Deviation of the noise on symmetric weights. The paper calls 0.05 the variance; in its code it is the deviation. */
const NOISE = 0.05;

/**
 * Weights from the output layer to the apical dendrites of every hidden layer (Guerguiev, Lillicrap & Richards 2017,
 * "Multiple hidden layers" and Fig. 8), each of them size of the layer x outputs.
 */
export class BroadcastFeedback {
  /** Weights that never change; null for those that follow the forward weights. */
  readonly fixed: readonly Tensor[] | null;
  readonly #k: Kernels;
  readonly #network: LayeredNetwork;
  readonly #kind: BroadcastKind;

  /** @param width of the distribution of random weights, as in dendriticWeights */
  constructor(
    k: Kernels,
    network: LayeredNetwork,
    kind: BroadcastKind,
    width: number,
    random: (name: string) => RandomStream,
  ) {
    this.#k = k;
    this.#network = network;
    this.#kind = kind;
    const hidden = network.populations.slice(1, -1);
    const outputs = network.populations.at(-1)!.size;
    this.fixed = kind.endsWith('symmetric')
      ? null
      : hidden.map(({ name, size }) => {
          const values = dendriticWeights(random(`feedback to ${name}`), size, size * outputs, width);
          if (kind === 'sparse') thinOut(values, random(`kept feedback to ${name}`));
          return k.state(`feedback to ${name}`, size, outputs, values);
        });
  }

  /** The weights as they are in a step; noise is drawn anew by each call. */
  weights(): readonly Tensor[] {
    if (this.fixed) return this.fixed;
    const k = this.#k;
    const products: Tensor[] = [];
    for (const { weights } of this.#network.connections.slice(1).reverse())
      products.unshift(products[0] ? k.matmul(weights, products[0]) : weights);
    if (this.#kind === 'symmetric') return products;
    return products.map((w) =>
      k.map((x, z) => x + z, w, k.normal('noise on the feedback', w.rows, w.columns, 0, NOISE)),
    );
  }
}

function thinOut(values: Float32Array, random: RandomStream): void {
  for (const [i, value] of values.entries())
    values[i] = random.integer(THINNING) === 0 ? THINNING * value : 0;
}
