import type { Tensor } from '../kernels/index.ts';
import { type AssociativeNetwork, associativeNetwork } from '../networks/index.ts';
import { type Direction, outerProduct } from './direction.ts';
import { checkOneShot, HEBBIAN, oneShot, powerOfTwo, RETRIEVAL } from './one-shot.ts';
import type { OptionValues } from './options.ts';
import { defineRule, type Minibatch, type Rule, type RuleContext } from './rule.ts';

const OPTIONS = {
  storage: {
    default: 'hebbian',
    choices: ['hebbian', 'centred', 'storkey', 'pseudo-inverse'],
    description: 'How a pattern changes the weights.',
  },
  updates: {
    default: 'asynchronous',
    choices: ['asynchronous', 'synchronous'],
    description: 'Whether neurons change one after the other, in their order, or all at once.',
  },
  sweeps: {
    default: 20,
    min: 1,
    integer: true,
    description: 'How often each neuron is updated until the pattern is read.',
  },
} as const;

/** Squared length of the new part of a pattern, a bit, below which it counts as known: what rounding leaves. */
const KNOWN = 1e-5;

export const hopfield = defineRule({
  name: 'hopfield',
  title: 'Hopfield network',
  family: 'associative memory',
  source: 'Hopfield 1982, PNAS 79:2554',
  summary:
    'Neurons of two states are joined to each other; a pattern is stored at once, and states fall to the stored pattern that they began near.',
  equations: `
    ξ: a pattern of ±1,   s: states of ±1,   a: mean of the stored patterns,   W: weights, of which recall leaves out the diagonal
    hebbian: ΔW = ξ ξᵀ / c,   h = W s,   c: the smallest power of two from N on
    centred: ΔW = ξ ξᵀ / c,   h = (c W / K − a aᵀ) (s − a),   K: patterns stored
    storkey: ΔW_ij = (ξ_i ξ_j − ξ_i h_ji − h_ij ξ_j) / N,   h_ij = Σ_{k≠i,j} W_ik ξ_k
    pseudo-inverse: ΔW = v vᵀ / vᵀv,   v = ξ − W ξ,   so that W is the projection onto the patterns
    recall: s_i ← sign(h_i), one neuron after the other; where h_i = 0, s_i stays
    energy: E = −½ Σ_{i≠j} W_ij s_i s_j never rises`,
  notes:
    'The factor 1 / c in place of the usual 1 / N changes no sign, and rounds nothing: a potential of zero is one. storkey is Storkey 1997, and ' +
    'pseudo-inverse (Personnaz, Guyon & Dreyfus 1985) is computed pattern by pattern: a synapse of either sees potentials too, where the row of the ' +
    'plausibility table is that of hebbian. A pixel is 1 from half brightness on. With centred, a pixel that is the same in all ' +
    'patterns has no synapses and stays as the cue has it. Synchronous updates may end in a cycle of two states; the guard of networks that have not settled tells of it. ' +
    'A memory is scored by `--task retrieval` alone; what it stores and forgets is in docs/memories.md.',
  plausibility: HEBBIAN,
  onlyTask: RETRIEVAL,
  searchSpace: null,
  network: associativeNetwork,
  networkParameters: () => ({ memories: null }),
  options: OPTIONS,
  recipes: [oneShot('Hopfield 1982')],
  checkOptions(_, settings) {
    checkOneShot('hopfield', settings);
  },
  build: (context) => new Hopfield(context),
});

class Hopfield implements Rule {
  readonly #context: RuleContext<typeof OPTIONS, AssociativeNetwork>;
  readonly #options: OptionValues<typeof OPTIONS>;

  constructor(context: RuleContext<typeof OPTIONS, AssociativeNetwork>) {
    this.#context = context;
    this.#options = context.options;
  }

  /** While it is stored, the pattern is what the outputs do. */
  learn({ input }: Minibatch) {
    return { output: input, directions: [this.#store(this.#context.network.signs(input))] };
  }

  respond(input: Tensor) {
    return this.settle(input).firingRates;
  }

  settle(input: Tensor) {
    return this.#context.network.recall(input, this.#options.sweeps, (states, sweeps) =>
      this.#update(states, sweeps),
    );
  }

  /** @param pattern of -1 and 1, 1 x N */
  #store(pattern: Tensor): Direction {
    const { kernels: k, network } = this.#context;
    const { memory } = network;
    const { weights } = memory;
    switch (this.#options.storage) {
      // The biases add up the patterns, by the same factor.
      case 'hebbian':
      case 'centred':
        return outerProduct(
          memory,
          pattern,
          k.map((x) => -x, pattern),
          powerOfTwo(pattern.columns),
        );
      case 'storkey': {
        const potential = k.matmul(pattern, weights);
        const change = k.map(
          (w, row, column, h, g, size) => (row * (h - column) + g * column - 2 * w) / size,
          network.withoutDiagonal(weights),
          k.transpose(pattern),
          pattern,
          potential,
          k.transpose(potential),
          pattern.columns,
        );
        const none = k.constant(0, 1, pattern.columns);
        return {
          connection: memory,
          products: [],
          estimate: { weights: network.withoutDiagonal(change), bias: none },
          biases: false,
        };
      }
      case 'pseudo-inverse': {
        const known = k.matmul(pattern, weights);
        const rest = k.map((x, p) => x - p, pattern, known);
        const share = k.map(
          (v, square, least) => (square > least ? -v / square : 0),
          rest,
          k.dot(rest, rest),
          KNOWN * pattern.columns,
        );
        return { ...outerProduct(memory, rest, share, 1), biases: false };
      }
    }
  }

  /** Updates all neurons so many times. @param states batch x N of -1 and 1, which change */
  #update(states: Tensor, sweeps: number): void {
    const { kernels: k, network } = this.#context;
    const { weights, mean } = this.#recalled();
    const field = k.matmul(mean ? k.map((s, a) => s - a, states, mean) : states, weights);
    if (this.#options.updates === 'synchronous') {
      k.repeat(sweeps, () => {
        k.matmul(mean ? k.map((s, a) => s - a, states, mean) : states, weights, { into: field });
        network.takeSigns(states, field);
      });
      return;
    }
    network.sweep(states, sweeps, (at) => ({
      field: k.sum(
        k.map((h, a) => h * a, field, at),
        { over: 'columns' },
      ),
      changed(change) {
        const row = k.matmul(at, weights, { sparse: true });
        k.mapInto(field, (h, c, w) => h + c * w, field, change, row);
      },
    }));
  }

  /** The weights that recall has, and the mean of the stored patterns where states count from there. */
  #recalled(): { readonly weights: Tensor; readonly mean: Tensor | null } {
    const { kernels: k, network } = this.#context;
    const { weights, bias } = network.memory;
    if (this.#options.storage !== 'centred') return { weights: network.withoutDiagonal(weights), mean: null };
    // Each pattern adds its factor to each element of the diagonal.
    const diagonal = k.map((w, rest) => w - rest, weights, network.withoutDiagonal(weights));
    const count = k.sum(diagonal, { over: 'all', scale: 1 / weights.rows });
    const mean = k.map((sum, n) => (n > 0 ? sum / n : 0), bias!, count);
    const covariance = k.map(
      (w, n, a, b) => (n > 0 ? w / n : 0) - a * b,
      weights,
      count,
      mean,
      k.transpose(mean),
    );
    return { weights: network.withoutDiagonal(covariance), mean };
  }
}
