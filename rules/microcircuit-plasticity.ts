import { type Kernels, sigmoid, type Tensor } from '../kernels/index.ts';
import type {
  Connection,
  MicrocircuitInstant,
  MicrocircuitNetwork,
  NeuronsInTime,
} from '../networks/index.ts';
import { type Direction, outerProduct } from './direction.ts';

/** Synapses onto basal dendrites that learn, and what they have been told so far. */
interface PlasticSynapses {
  readonly connection: Connection;
  /** Of the postsynaptic neurons: what a basal potential of 1 is worth in their somata. */
  readonly attenuation: number;
  presynaptic(instant: MicrocircuitInstant): Tensor;
  postsynaptic(instant: MicrocircuitInstant): NeuronsInTime;
  /** φ(v̂) − φ(u) added up, batch x to.size. */
  readonly errors: Tensor;
  /** The product of presynaptic rates and errors added up, from.size x to.size; null where the rates are those of the input, which stay. */
  readonly products: Tensor | null;
}

/**
 * Eq. 7 and 8 of Sacramento et al. 2018 as means over the instants of a phase:
 *
 *     ΔW_up ∝ (φ(u) − φ(v̂_B)) r_belowᵀ,   v̂_B = g_B v_B / (g_l + g_B + g_A)      (eq. 7)
 *     ΔW_IP ∝ (φ(u_I) − φ(v̂_I)) rᵀ,       v̂_I = g_D v_I / (g_l + g_D)            (eq. 8)
 */
export class MeanPlasticity {
  readonly #k: Kernels;
  readonly #input: Tensor;
  /** The share of an example and an instant in the mean. */
  readonly #share: number;
  readonly #upward: readonly PlasticSynapses[];
  readonly #lateral: readonly PlasticSynapses[];

  /**
   * @param input rates, batch x inputs
   * @param instants that will be added
   */
  constructor(network: MicrocircuitNetwork, input: Tensor, instants: number) {
    const { connections, circuits } = network;
    this.#k = network.kernels;
    this.#input = input;
    this.#share = 1 / (input.rows * instants);
    this.#upward = connections.map((connection, l) => ({
      ...this.#zeros(connection, l === 0),
      attenuation: network.attenuation(l + 1),
      presynaptic: ({ rates }) => rates[l]!,
      postsynaptic: ({ pyramidal }) => pyramidal[l]!,
    }));
    this.#lateral = circuits.map(({ excitation }, h) => ({
      ...this.#zeros(excitation, false),
      attenuation: network.interneuronAttenuation,
      presynaptic: ({ rates }) => rates[h + 1]!,
      postsynaptic: ({ interneurons }) => interneurons[h]!,
    }));
  }

  #zeros(connection: Connection, isFromInput: boolean) {
    const { from, to } = connection;
    return {
      connection,
      errors: this.#k.constant(0, this.#input.rows, to.size),
      products: isFromInput ? null : this.#k.constant(0, from.size, to.size),
    };
  }

  add(instant: MicrocircuitInstant): void {
    const k = this.#k;
    for (const { presynaptic, postsynaptic, attenuation, errors, products } of this.#all) {
      const { basal, seen } = postsynaptic(instant);
      const error = k.map((v, u, a) => sigmoid(a * v) - sigmoid(u), basal, seen, attenuation);
      k.mapInto(errors, (sum, e) => sum + e, errors, error);
      if (products)
        k.matmul(presynaptic(instant), error, { transposeA: true, into: products, accumulate: true });
    }
  }

  get #all(): readonly PlasticSynapses[] {
    return [...this.#upward, ...this.#lateral];
  }

  /** φ(v̂) − φ(u) of the output neurons, mean over the instants, batch x outputs. */
  outputError(): Tensor {
    return this.#k.map((e, s) => e * s, this.#upward.at(-1)!.errors, this.#share * this.#input.rows);
  }

  /** Of the connections upwards, and of those onto interneurons. */
  directions(): { upward: Direction[]; lateral: Direction[] } {
    const directionOf = (synapses: PlasticSynapses) => this.#direction(synapses);
    return { upward: this.#upward.map(directionOf), lateral: this.#lateral.map(directionOf) };
  }

  #direction({ connection, errors, products }: PlasticSynapses): Direction {
    const k = this.#k;
    if (!products) return outerProduct(connection, this.#input, errors, this.#share);
    const weights = k.map((sum, s) => sum * s, products, this.#share);
    return {
      connection,
      products: [],
      estimate: { weights, bias: k.sum(errors, { over: 'rows', scale: this.#share }) },
    };
  }
}
