import { type Kernels, sigmoid, type Tensor } from '../kernels/index.ts';
import type {
  Connection,
  MicrocircuitInstant,
  MicrocircuitNetwork,
  NeuronsInTime,
} from '../networks/index.ts';
import { type Direction, outerProduct } from './direction.ts';

/** Synapses that learn, and what they have been told so far. */
interface PlasticSynapses {
  readonly connection: Connection;
  presynaptic(instant: MicrocircuitInstant): Tensor;
  /** Traces what the postsynaptic neurons are told: they learn to make it zero; batch x to.size. */
  error(instant: MicrocircuitInstant): Tensor;
  /** The errors added up, batch x to.size. */
  readonly errors: Tensor;
  /** The product of presynaptic rates and errors added up, from.size x to.size; null where the rates are those of the input, which stay. */
  readonly products: Tensor | null;
}

/** Which synapses onto apical dendrites learn, too. */
export interface ApicalPlasticity {
  /** Eq. 9. */
  readonly inhibition: boolean;
  /** Eq. 10. */
  readonly feedback: boolean;
}

/** What is learned in a phase: of connections upwards (eq. 7), lowest first, and of those onto interneurons (8), from them (9) and downwards (10). */
export interface MicrocircuitDirections {
  readonly upward: readonly Direction[];
  readonly lateral: readonly Direction[];
  readonly inhibition: readonly Direction[];
  readonly feedback: readonly Direction[];
}

/**
 * Eq. 7 to 10 of Sacramento et al. 2018 as means over the instants of a phase:
 *
 *     ΔW_up ∝ (φ(u) − φ(v̂_B)) r_belowᵀ,   v̂_B = g_B v_B / (g_l + g_B + g_A)      (eq. 7)
 *     ΔW_IP ∝ (φ(u_I) − φ(v̂_I)) rᵀ,       v̂_I = g_D v_I / (g_l + g_D)            (eq. 8)
 *     ΔW_PI ∝ −v_A r_Iᵀ                                                           (eq. 9, where v_rest = 0)
 *     ΔW_down ∝ (φ(u) − φ(W_down r_above)) r_aboveᵀ                               (eq. 10)
 */
export class MeanPlasticity {
  readonly #k: Kernels;
  readonly #network: MicrocircuitNetwork;
  readonly #input: Tensor;
  /** The share of an example and an instant in the mean. */
  readonly #share: number;
  readonly #synapses: { readonly [part in keyof MicrocircuitDirections]: readonly PlasticSynapses[] };

  /**
   * @param input rates, batch x inputs
   * @param instants that will be added
   */
  constructor(network: MicrocircuitNetwork, input: Tensor, instants: number, apical: ApicalPlasticity) {
    const { connections, circuits } = network;
    this.#k = network.kernels;
    this.#network = network;
    this.#input = input;
    this.#share = 1 / (input.rows * instants);
    this.#synapses = {
      upward: connections.map((connection, l) =>
        this.#predictive(
          connection,
          network.attenuation(l + 1),
          ({ rates }) => rates[l]!,
          ({ pyramidal }) => pyramidal[l]!,
        ),
      ),
      lateral: circuits.map(({ excitation }, h) =>
        this.#predictive(
          excitation,
          network.interneuronAttenuation,
          ({ rates }) => rates[h + 1]!,
          ({ interneurons }) => interneurons[h]!,
        ),
      ),
      inhibition: apical.inhibition ? circuits.map((_, h) => this.#inhibitory(h)) : [],
      feedback: apical.feedback ? circuits.map((_, h) => this.#descending(h)) : [],
    };
  }

  /** Eq. 7 and 8. @param attenuation what a basal potential of 1 is worth in the postsynaptic somata */
  #predictive(
    connection: Connection,
    attenuation: number,
    presynaptic: PlasticSynapses['presynaptic'],
    postsynaptic: (instant: MicrocircuitInstant) => NeuronsInTime,
  ): PlasticSynapses {
    const error = (instant: MicrocircuitInstant): Tensor => {
      const { basal, seen } = postsynaptic(instant);
      return this.#k.map((v, u, a) => sigmoid(a * v) - sigmoid(u), basal, seen, attenuation);
    };
    return { presynaptic, error, ...this.#zeros(connection) };
  }

  /** Eq. 9. */
  #inhibitory(h: number): PlasticSynapses {
    return {
      presynaptic: ({ interneuronRates }) => interneuronRates[h]!,
      error: ({ pyramidal }) => pyramidal[h]!.apical!,
      ...this.#zeros(this.#network.circuits[h]!.inhibition),
    };
  }

  /** Eq. 10. */
  #descending(h: number): PlasticSynapses {
    const { connection } = this.#network.circuits[h]!.feedback;
    return {
      presynaptic: ({ rates }) => rates[h + 2]!,
      error: ({ rates, pyramidal }) => this.#network.topDownError(h + 1, rates[h + 2]!, pyramidal[h]!.seen),
      ...this.#zeros(connection),
    };
  }

  #zeros(connection: Connection): Pick<PlasticSynapses, 'connection' | 'errors' | 'products'> {
    const { from, to } = connection;
    const isFromInput = from === this.#network.populations[0];
    return {
      connection,
      errors: this.#k.constant(0, this.#input.rows, to.size),
      products: isFromInput ? null : this.#k.constant(0, from.size, to.size),
    };
  }

  add(instant: MicrocircuitInstant): void {
    const k = this.#k;
    for (const { presynaptic, error: errorOf, errors, products } of Object.values(this.#synapses).flat()) {
      const error = errorOf(instant);
      k.mapInto(errors, (sum, e) => sum + e, errors, error);
      if (products)
        k.matmul(presynaptic(instant), error, { transposeA: true, into: products, accumulate: true });
    }
  }

  /** φ(v̂) − φ(u) of the output neurons, mean over the instants, batch x outputs. */
  outputError(): Tensor {
    const { errors } = this.#synapses.upward.at(-1)!;
    return this.#k.map((e, s) => e * s, errors, this.#share * this.#input.rows);
  }

  directions(): MicrocircuitDirections {
    const of = (part: keyof MicrocircuitDirections) =>
      this.#synapses[part].map((synapses) => this.#direction(synapses));
    return {
      upward: of('upward'),
      lateral: of('lateral'),
      inhibition: of('inhibition'),
      feedback: of('feedback'),
    };
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
