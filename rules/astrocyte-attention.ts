import type { Tensor } from '../kernels/index.ts';
import {
  ATTENTIONS,
  type Attended,
  type AttentionNetwork,
  attentionNetwork,
  type BlockErrors,
  checkAttention,
  drawFeedback,
} from '../networks/index.ts';
import { type Direction, outerProduct } from './direction.ts';
import { defineRule, type Minibatch, type Rule, type RuleContext } from './rule.ts';

const OPTIONS = {
  attention: {
    default: 'astrocyte',
    choices: ATTENTIONS,
    description:
      'How values are read: by hidden neurons that an astrocyte divides (astrocyte), without that division (undivided, the control), or by exact softmax attention (softmax).',
  },
  features: {
    default: 256,
    integer: true,
    min: 1,
    description: 'm, hidden neurons whose rates are positive random features of keys and queries.',
  },
  pairs: {
    default: 8,
    integer: true,
    min: 1,
    description: 'Tokens that are written; the input holds one more, the query.',
  },
  feedback: {
    default: 'exact',
    choices: ['exact', 'readout', 'direct'],
    description:
      'What brings the output error down: the gradient (exact), fixed random weights in place of the readout’s and the gradient below (readout, feedback alignment), or fixed random weights of their own to queries, keys and values (direct feedback alignment).',
  },
  feedbackScale: {
    default: 1,
    min: 0,
    description:
      'Feedback weights are drawn once from U[-feedbackScale / sqrt(d), feedbackScale / sqrt(d)], d = what is read.',
  },
} as const;

export const astrocyteAttention = defineRule({
  name: 'astrocyte-attention',
  title: 'Neuron-astrocyte attention',
  family: 'attention',
  source: 'Kozachkov, Kastanenka & Krotov 2023, PNAS 120:e2219150120',
  summary:
    'Tokens are written to Hebbian synapses and an astrocyte at once, and read with its division, which is attention with random features; the projections to queries, keys and values learn slowly.',
  equations: `
    q = W_qᵀ x_query / d^¼,   k_t = W_kᵀ x_t / d^¼,   v_t = W_vᵀ x_t,   φ(x) = m^−½ exp(Ω x − |x|²/2),   Ω ~ N(0, 1)
    writing, for each token: H ← H + v_t φ(k_t)ᵀ,   a ← a + φ(k_t)
    reading: r = φ(q) · a,   out = H φ(q) / r = Σ_t s_t v_t,   s_t = φ(q) · φ(k_t) / r;   undivided: out = H φ(q)
    softmax: s = softmax(q · k_t), which E φ(q) · φ(k) = exp(q · k) makes of the above for m → ∞
    readout: y = softmax(W_oᵀ out + b),   e = y − t = ∂loss/∂v_o
    exact: δ_out = e W_oᵀ;   readout: δ_out = e B;   both go down through out, r and φ as the gradient does
    direct: δ_q = e B_q,   δ_k,t = s_t e B_k,   δ_v,t = s_t e B_v`,
  notes:
    'The paper compares r with the denominator of softmax attention in trained transformers, and no accuracy; it has a residual connection, layer norm and a feed-forward part around the block, which are left out here. ' +
    'φ is the choice of its code for the softmax (kozleo/neuron-astrocyte-transformer, as read; q and k are divided by d^¼ there too). Ω is drawn once, from the stream `random features`. ' +
    'H and a are made anew for each example and are no weights. Direct feedback alignment of the paper by Nøkland knows no attention; here the error that comes to a token is multiplied by how much of it was read, which is at hand where it was written.',
  plausibility: {
    weightTransport: 'exact',
    phases: ['writing', 'reading', 'backward pass of the errors'],
    feedbackPathway: 'layerwise',
    storedActivity: 'tokens, until the error arrives',
    locality: ['presynaptic rate', 'postsynaptic potential', 'error from above'],
  },
  onlyTask: 'associative-recall',
  network: attentionNetwork,
  networkParameters: ({ pairs, attention, features }) => ({ pairs, attention, features }),
  options: OPTIONS,
  checkOptions({ pairs }, settings) {
    checkAttention(settings, { pairs });
  },
  build: (context) => new AstrocyteAttention(context),
});

class AstrocyteAttention implements Rule {
  readonly #context: RuleContext<typeof OPTIONS, AttentionNetwork>;
  /** Brings the output error to the block. */
  readonly #errors: (error: Tensor, attended: Attended) => BlockErrors;
  readonly feedback: NonNullable<Rule['feedback']>;

  constructor(context: RuleContext<typeof OPTIONS, AttentionNetwork>) {
    const { kernels: k, network, options } = context;
    this.#context = context;
    this.feedback = [];
    if (options.feedback === 'exact') {
      this.#errors = (error, attended) => this.#exact(error, attended);
      return;
    }
    const [, read, output] = network.populations;
    const limit = options.feedbackScale / Math.sqrt(read!.size);
    if (options.feedback === 'readout') {
      const path = drawFeedback(context, output!, read!, (stream, count) =>
        stream.uniform(count, -limit, limit),
      );
      this.feedback = [path];
      this.#errors = (error, attended) => attended.descend(k.matmul(error, path.connection.weights));
      return;
    }
    const [toQuery, toKeys, toValues] = network.connections
      .slice(0, 3)
      .map(({ to }) =>
        k.state(
          `feedback from output to ${to.name}`,
          output!.size,
          to.size,
          context.random(`feedback to ${to.name}`).uniform(output!.size * to.size, -limit, limit),
        ),
      ) as [Tensor, Tensor, Tensor];
    this.#errors = (error, { shares }) => {
      // Of each token that was written: how much of it was read, times the error of its example.
      const read = k.matmul(shares, error, { groups: error.rows });
      return {
        query: k.matmul(error, toQuery),
        keys: k.matmul(read, toKeys),
        values: k.matmul(read, toValues),
      };
    };
  }

  learn(batch: Minibatch) {
    const attended = this.#context.network.attend(batch.input);
    const error = this.#outputError(batch, attended);
    return {
      output: attended.output.rate,
      directions: this.#directions(attended, error, this.#errors(error, attended)),
    };
  }

  observe(batch: Minibatch) {
    const attended = this.#context.network.attend(batch.input);
    const error = this.#outputError(batch, attended);
    return {
      directions: this.#directions(attended, error, this.#errors(error, attended)),
      gradient: this.#directions(attended, error, this.#exact(error, attended)),
      firingRates: [attended.read, attended.output.rate],
    };
  }

  #outputError({ target }: Minibatch, { output }: Attended): Tensor {
    return this.#context.kernels.map((y, t) => y - t, output.rate, target);
  }

  #exact(error: Tensor, attended: Attended): BlockErrors {
    const { kernels: k, network } = this.#context;
    return attended.descend(k.matmul(error, network.connections[3].weights, { transposeB: true }));
  }

  #directions({ asked, written, read }: Attended, error: Tensor, block: BlockErrors): Direction[] {
    const [queries, keys, values, readout] = this.#context.network.connections;
    // Of q and k as they are after the division by d^(1/4).
    const [mean, scale] = [1 / error.rows, queries.to.size ** -0.25];
    return [
      outerProduct(queries, asked, block.query, scale * mean),
      outerProduct(keys, written, block.keys, scale * mean),
      outerProduct(values, written, block.values, mean),
      outerProduct(readout, read, error, mean),
    ];
  }
}
