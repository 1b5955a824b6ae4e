import type { Tensor } from '../kernels/index.ts';
import { type AssociativeNetwork, associativeNetwork } from '../networks/index.ts';
import { checkOneShot, HEBBIAN, oneShot, RETRIEVAL, storeInNext } from './one-shot.ts';
import type { OptionValues } from './options.ts';
import { defineRule, type Minibatch, type Rule, type RuleContext } from './rule.ts';

const OPTIONS = {
  beta: {
    default: 100,
    above: 0,
    description:
      'β, inverse temperature: the larger it is, the more the pattern with the largest overlap counts alone.',
  },
  steps: {
    default: 1,
    min: 1,
    integer: true,
    description: 'Updates of the state until the pattern is read; with 1 the memory is attention.',
  },
  preprocessing: {
    default: 'centred',
    choices: ['raw', 'scaled', 'unit', 'centred'],
    description:
      'What overlaps are of: pixels from 0 to 1, from −1 to 1, vectors of length 1, or of length 1 after the mean of the stored patterns is taken away.',
  },
} as const;

export const modernHopfield = defineRule({
  name: 'modern-hopfield',
  title: 'Modern Hopfield network',
  family: 'associative memory',
  source: 'Ramsauer et al. 2020, arXiv:2008.02217',
  summary:
    'A memory for patterns of real numbers: the state becomes the mean of stored patterns, weighted by the softmax of its overlaps with them.',
  equations: `
    X: stored patterns as preprocessed, a row each,   x: the cue as preprocessed
    recall: x ← Xᵀ softmax(β X x),   read: the patterns as they were stored, with the weights of the last softmax
    energy: E = −log(Σ_μ exp(β X_μ · x)) / β + ½ x · x never rises`,
  notes:
    'One step is attention whose keys and values are the stored patterns. For large β the answer is the nearest stored pattern by the overlap, after ' +
    'unit or centred by the cosine. The overlap of raw pixels favours bright images, whatever β is. A pixel that a cue does not know is zero after ' +
    '`centred` where it is filled with the mean of the stored patterns (`--task retrieval:lower-half-mean`). ' +
    'A memory is scored by `--task retrieval` alone; what it stores and forgets is in docs/memories.md.',
  plausibility: HEBBIAN,
  onlyTask: RETRIEVAL,
  searchSpace: null,
  network: associativeNetwork,
  networkParameters: (_, examples) => ({ memories: examples }),
  options: OPTIONS,
  recipes: [oneShot('Ramsauer et al. 2020')],
  checkOptions(_, settings) {
    checkOneShot('modern-hopfield', settings);
  },
  build: (context) => new ModernHopfield(context),
});

class ModernHopfield implements Rule {
  readonly #context: RuleContext<typeof OPTIONS, AssociativeNetwork>;
  readonly #options: OptionValues<typeof OPTIONS>;

  constructor(context: RuleContext<typeof OPTIONS, AssociativeNetwork>) {
    this.#context = context;
    this.#options = context.options;
  }

  /** While it is stored, the pattern is what the outputs do. */
  learn({ input }: Minibatch) {
    const { kernels: k, network } = this.#context;
    return { output: input, directions: [storeInNext(k, network, input)] };
  }

  respond(input: Tensor): Tensor[] {
    const { kernels: k, network } = this.#context;
    const { beta, steps } = this.#options;
    const { weights } = network.memory;
    const mean = k.sum(weights, { over: 'rows', scale: 1 / weights.rows });
    const keys = this.#preprocessed(weights, mean);
    let state = this.#preprocessed(input, mean);
    for (let step = 1; ; step++) {
      const overlap = k.matmul(state, keys, { transposeB: true, scale: beta });
      const attention = k.softmax(overlap);
      if (step === steps) return [k.matmul(attention, weights)];
      state = k.matmul(attention, keys);
    }
  }

  /** @param mean of the stored patterns, 1 x size */
  #preprocessed(pixels: Tensor, mean: Tensor): Tensor {
    const { kernels: k } = this.#context;
    switch (this.#options.preprocessing) {
      case 'raw':
        return pixels;
      case 'scaled':
        return k.map((x) => 2 * x - 1, pixels);
      case 'unit':
        return this.#unit(pixels);
      case 'centred':
        return this.#unit(k.map((x, m) => x - m, pixels, mean));
    }
  }

  /** Each row divided by its length. */
  #unit(rows: Tensor): Tensor {
    const { kernels: k } = this.#context;
    const squares = k.sum(
      k.map((x) => x * x, rows),
      { over: 'columns' },
    );
    // A row of zeros stays one.
    return k.map((x, square) => x / Math.sqrt(Math.max(square, 1e-30)), rows, squares);
  }
}
