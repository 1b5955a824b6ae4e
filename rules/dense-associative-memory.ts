import type { Tensor } from '../kernels/index.ts';
import { type AssociativeNetwork, associativeNetwork, raised } from '../networks/index.ts';
import { checkOneShot, HEBBIAN, oneShot, powerOfTwo, RETRIEVAL, storeInNext } from './one-shot.ts';
import type { OptionValues } from './options.ts';
import { defineRule, type Minibatch, type Rule, type RuleContext } from './rule.ts';

const OPTIONS = {
  power: {
    default: 3,
    min: 2,
    max: 30,
    integer: true,
    description:
      'n, the power by which overlaps with stored patterns count; with 2 the memory is a Hopfield network.',
  },
  rectified: {
    default: false,
    description: 'Whether patterns whose overlap is negative do not count.',
  },
  sweeps: {
    default: 20,
    min: 1,
    integer: true,
    description: 'How often each neuron is updated until the pattern is read.',
  },
} as const;

export const denseAssociativeMemory = defineRule({
  name: 'dense-associative-memory',
  title: 'Dense associative memory',
  family: 'associative memory',
  source: 'Krotov & Hopfield 2016, arXiv:1606.01164',
  summary:
    'As a Hopfield network, but overlaps with stored patterns count by a power n: the steeper it is, the more patterns it holds.',
  equations: `
    ξ_μ: stored patterns of ±1, each the weights of one memory neuron,   s: states of ±1
    energy: E = −Σ_μ F(ξ_μ · s),   F(x) = xⁿ,   rectified: F(x) = max(x, 0)ⁿ
    recall: s_i ← sign(Σ_μ [F(r_μ + ξ_μi) − F(r_μ − ξ_μi)]),   r_μ = Σ_{j≠i} ξ_μj s_j
    one neuron after the other; where the difference is 0, s_i stays; E never rises`,
  notes:
    'Overlaps are divided by a power of two of at least N before they are raised to a power, which changes no sign and keeps them within float32. ' +
    'With n = 2 and no rectification all sums are whole numbers, and the states are those of `hopfield` with the same order of updates, to the bit. The ' +
    'paper has a synapse of n neurons; here, as in Krotov & Hopfield 2021 (arXiv:2008.06996), there is a memory neuron for each pattern. ' +
    'A memory is scored by `--task retrieval` alone; what it stores and forgets is in docs/memories.md.',
  plausibility: HEBBIAN,
  onlyTask: RETRIEVAL,
  searchSpace: null,
  network: associativeNetwork,
  networkParameters: (_, examples) => ({ memories: examples }),
  options: OPTIONS,
  recipes: [oneShot('Krotov & Hopfield 2016')],
  checkOptions(_, settings) {
    checkOneShot('dense-associative-memory', settings);
  },
  build: (context) => new DenseAssociativeMemory(context),
});

class DenseAssociativeMemory implements Rule {
  readonly evaluationBatchSize = 100;
  readonly #context: RuleContext<typeof OPTIONS, AssociativeNetwork>;
  readonly #options: OptionValues<typeof OPTIONS>;

  constructor(context: RuleContext<typeof OPTIONS, AssociativeNetwork>) {
    this.#context = context;
    this.#options = context.options;
  }

  /** While it is stored, the pattern is what the outputs do. */
  learn({ input }: Minibatch) {
    const { kernels: k, network } = this.#context;
    return { output: input, directions: [storeInNext(k, network, network.signs(input))] };
  }

  respond(input: Tensor) {
    return this.settle(input).firingRates;
  }

  settle(input: Tensor) {
    return this.#context.network.recall(input, this.#options.sweeps, (states, sweeps) =>
      this.#update(states, sweeps),
    );
  }

  /** Updates all neurons so many times. @param states batch x N of -1 and 1, which change */
  #update(states: Tensor, sweeps: number): void {
    const { kernels: k, network } = this.#context;
    const { weights } = network.memory;
    const scale = powerOfTwo(weights.columns);
    const overlap = k.matmul(states, weights, { transposeB: true });
    // A row for each neuron: what its pixel is in every pattern.
    const pixels = k.transpose(weights);
    network.sweep(states, sweeps, (at, own) => {
      const pixel = k.matmul(at, pixels, { sparse: true });
      const others = k.map((o, x, s) => o - x * s, overlap, pixel, own);
      const up = this.#f(k.map((r, x, c) => c * (r + x), others, pixel, scale));
      const down = this.#f(k.map((r, x, c) => c * (r - x), others, pixel, scale));
      return {
        field: k.sum(
          k.map((up, down) => up - down, up, down),
          { over: 'columns' },
        ),
        changed(change) {
          k.mapInto(overlap, (o, c, x) => o + c * x, overlap, change, pixel);
        },
      };
    });
  }

  /** F of every element. */
  #f(x: Tensor): Tensor {
    const { kernels: k } = this.#context;
    const { power, rectified } = this.#options;
    return raised(k, rectified ? k.map((x) => Math.max(x, 0), x) : x, power);
  }
}
