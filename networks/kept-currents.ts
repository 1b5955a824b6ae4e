import type { Kernels, Tensor } from '../kernels/index.ts';
import type { Activity, Connection } from './network.ts';

/** A product with so few columns takes less time than finding out what has changed. */
const NARROW = 32;

/** What a connection that acts in both directions carries. */
type Synapses = Pick<Connection, 'weights' | 'bias'>;

/**
 * The currents of wide populations that settle, kept from step to step: most of the neurons are at a bound and stay there, so that
 * the changes of the others are all that has to be multiplied. Computed anew, the currents are the same but for rounding.
 */
export class KeptCurrents {
  readonly #k: Kernels;
  /** `weights[l]` leads into population l, `back[l]` from the one above into it. */
  readonly #weights: readonly Tensor[];
  readonly #back: readonly (Tensor | null)[];
  /** Of each population, lowest first: all that it receives but for a nudge. Null for a narrow one, whose current is not kept. */
  readonly currents: readonly (Tensor | null)[];
  /** What the currents are those of. */
  #rates: readonly Tensor[];

  private constructor(
    k: Kernels,
    weights: readonly Tensor[],
    back: readonly (Tensor | null)[],
    currents: readonly (Tensor | null)[],
    rates: readonly Tensor[],
  ) {
    this.#k = k;
    this.#weights = weights;
    this.#back = back;
    this.currents = currents;
    this.#rates = rates;
  }

  /**
   * Of populations whose rates are zero.
   * @param drive of the input
   * @param synapses into each population
   */
  static atRest(k: Kernels, drive: Tensor, synapses: readonly Synapses[]): KeptCurrents {
    const weights = synapses.map((s) => s.weights);
    const rates = weights.map(({ columns }) => k.constant(0, drive.rows, columns));
    const currents = synapses.map(({ weights, bias }, l) => {
      if (weights.columns < NARROW) return null;
      const given = l === 0 ? drive : (bias ?? 0);
      return k.map((zero, g) => zero + g, rates[l]!, given);
    });
    const back = currents.slice(0, -1).map((current, l) => current && k.transpose(weights[l + 1]!));
    return new KeptCurrents(k, weights, back, currents, rates);
  }

  /** Brings the currents up to date with the state. */
  follow(state: readonly Activity[]): void {
    const [k, before] = [this.#k, this.#rates];
    const after = state.map(({ rate }) => rate);
    for (const [l, current] of this.currents.entries()) {
      if (!current) continue;
      if (l > 0) k.accumulateDelta(current, before[l - 1]!, after[l - 1]!, this.#weights[l]!);
      const back = this.#back[l];
      if (back) k.accumulateDelta(current, before[l + 1]!, after[l + 1]!, back);
    }
    this.#rates = after;
  }

  /** Others, with the same values, that follow a state of their own. */
  copy(): KeptCurrents {
    const currents = this.currents.map((current) => current && this.#k.map((c) => c, current));
    return new KeptCurrents(this.#k, this.#weights, this.#back, currents, this.#rates);
  }
}
