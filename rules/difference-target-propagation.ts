import type { Kernels, Tensor } from '../kernels/index.ts';
import {
  type Activity,
  drawFeedback,
  type FeedbackPath,
  type LayeredNetwork,
  layeredNetwork,
  type Population,
} from '../networks/index.ts';
import { type Direction, outerProduct } from './direction.ts';
import { errorDirections } from './layer-errors.ts';
import type { OptionTable, OptionValues } from './options.ts';
import { defineRule, type Minibatch, type Rule, type RuleContext, type RuleOutput } from './rule.ts';

const OPTIONS = {
  variant: {
    default: 'difference',
    choices: ['difference', 'plain', 'from-output', 'direct'],
    description:
      'The first target is one of the last hidden layer and descends with the difference correction (difference) or without it (plain); or it is one of the output and descends with the correction layer by layer (from-output), or by linear connections of its own to each hidden layer (direct, DDTP-linear of Meulemans et al. 2020).',
  },
  targetStep: {
    default: 0.5,
    above: 0,
    search: { logUniform: [0.05, 1] },
    description:
      'Step η_t down the gradient of the loss of an example, from what a layer does to its target: the first one.',
  },
  inverseRate: {
    default: 1,
    min: 0,
    search: { logUniform: [0.1, 10] },
    description: 'Learning rate of the inverses, in learning rates of the forward weights.',
  },
  noise: {
    default: 0.1,
    above: 0,
    search: { logUniform: [0.01, 0.5] },
    description: 'Standard deviation σ of the noise in the firing rates that the inverses learn from.',
  },
} as const satisfies OptionTable;

export const differenceTargetPropagation = defineRule({
  name: 'difference-target-propagation',
  title: 'Difference target propagation',
  family: 'target propagation',
  source: 'Lee, Zhang, Fischer & Bengio 2015, ECML PKDD, arXiv:1412.7525',
  summary:
    'Targets descend through learned inverses of the layers, corrected by what the inverses miss, and each layer learns to come closer to its own.',
  equations: `
    h_l = f(v_l),   v_l = h_{l−1} W_l + b_l,   g_l(h) = f(h V_l + c_l), which learns h_{l−1} ≈ g_l(h_l)
    t_{L−1} = h_{L−1} − η_t ∂loss/∂h_{L−1}
    difference:   t_{l−1} = h_{l−1} + g_l(t_l) − g_l(h_l)
    plain:        t_{l−1} = g_l(t_l)
    from-output:  as difference, from t_L = v_L − η_t ∂loss/∂v_L, with v_L in place of h_L
    direct:       t_l = h_l + (t_L − v_L) V_l, with V_l from the outputs to layer l
    W_l descends ‖h_l − t_l‖²:   ΔW_l = −2 η h_{l−1}ᵀ ((h_l − t_l) ∘ f′(v_l)) for l < L,   W_L the loss
    V_l descends ‖g_l(f(h̃ W_l + b_l)) − h̃‖²,   h̃ = h_{l−1} + n,   n ~ N(0, σ²)
    direct: V_l descends ‖(ṽ_L − v_L) V_l − n‖² / σ²,   ṽ_L the outputs for h_l + n`,
  notes:
    'The first target of difference and plain needs the weights of the output layer, transposed, and nothing else needs forward weights; from-output and direct need none. ' +
    'With one hidden layer and targetStep 0.5 difference is backprop. ' +
    'The gradient in the first target is that of an example: the code of both papers takes that of the mean over the minibatch, so its step is a minibatch times ours. ' +
    'Forward weights and inverses learn in the same minibatch; in the code of Lee et al. all inverses learn for an epoch, then all forward weights do. ' +
    'Meulemans et al. train the feedback of DDTP alone for some epochs, at first and between the others, which is not done here. ' +
    'The optimizer of Lee et al. is an RMSprop with momentum whose root holds 0.001 more than the mean square.',
  plausibility: {
    weightTransport: 'exact',
    phases: ['forward pass', 'descent of the targets', 'noise in each hidden layer'],
    feedbackPathway: 'layerwise',
    storedActivity: 'until the target arrives',
    locality: ['presynaptic rate', 'postsynaptic rate', 'postsynaptic potential', 'error from above'],
  },
  network: layeredNetwork,
  options: OPTIONS,
  build: (context) => new DifferenceTargetPropagation(context),
});

class DifferenceTargetPropagation implements Rule {
  /** V_l and c_l; inverse i leads down to hidden layer i + 1. */
  readonly feedback: readonly FeedbackPath[];
  readonly #k: Kernels;
  readonly #network: LayeredNetwork;
  readonly #options: OptionValues<typeof OPTIONS>;

  constructor(context: RuleContext<typeof OPTIONS>) {
    this.#k = context.kernels;
    this.#network = context.network;
    this.#options = context.options;
    this.feedback = drawInverses(context);
  }

  learn({ input, target }: Minibatch): RuleOutput {
    const [k, network] = [this.#k, this.#network];
    const activity = network.forward(input);
    const error = network.outputError(activity, target);
    const errors = this.#targets(activity, error).map((t, i) => {
      // The derivative of |h - t|² by the potentials
      const fromTarget = k.map((h, t) => 2 * (h - t), activity[i + 1]!.rate, t);
      return network.throughActivation(i + 1, fromTarget, activity);
    });
    return {
      output: activity.at(-1)!.rate,
      directions: [
        ...errorDirections(network, activity, [...errors, error]),
        ...this.feedback.map((_, i) => this.#inverseDirection(i, activity)),
      ],
    };
  }

  /** t_l of every hidden layer, lowest first. @param error of the output, dloss/dv_L */
  #targets(activity: readonly Activity[], error: Tensor): Tensor[] {
    const k = this.#k;
    const { variant, targetStep } = this.#options;
    const hidden = activity.slice(1, -1).map(({ rate }) => rate);
    const stepFrom = (h: Tensor, gradient: Tensor) => k.map((h, g, s) => h - s * g, h, gradient, targetStep);
    if (hidden.length === 0) return [];
    if (variant === 'direct')
      // t_L - v_L = -η_t dloss/dv_L
      return hidden.map((h, i) => stepFrom(h, k.matmul(error, this.feedback[i]!.connection.weights)));
    const targets: Tensor[] = [];
    if (variant !== 'from-output') {
      const { weights } = this.#network.connections.at(-1)!;
      targets.unshift(stepFrom(hidden.at(-1)!, k.matmul(error, weights, { transposeB: true })));
    }
    for (let i = this.feedback.length - 1; i >= 0; i--) {
      const above = this.#signal(activity, i + 2);
      const reached = this.#invert(i, targets[0] ?? stepFrom(above, error)).rate;
      targets.unshift(
        variant === 'plain'
          ? reached
          : k.map((h, gt, gh) => h + gt - gh, hidden[i]!, reached, this.#invert(i, above).rate),
      );
    }
    return targets;
  }

  /** What an inverse takes of a layer: firing rates, or the potentials of the output. */
  #signal(activity: readonly Activity[], l: number): Tensor {
    return l === activity.length - 1 ? activity[l]!.potential : activity[l]!.rate;
  }

  /** g_l, with l = i + 2, of what the layer above does. */
  #invert(i: number, above: Tensor): Activity {
    const { weights, bias, to } = this.feedback[i]!.connection;
    const current = this.#k.matmul(above, weights);
    const potential = this.#k.mapInto(current, (c, b) => c + b, current, bias!);
    return { potential, rate: this.#network.rate(to, potential) };
  }

  /** The slope of what inverse i misses when noise is added to the layer that it leads to. */
  #inverseDirection(i: number, activity: readonly Activity[]): Direction {
    const { connection } = this.feedback[i]!;
    const { rate } = activity[i + 1]!;
    const noise = this.#k.normal(
      `noise in ${connection.to.name}`,
      rate.rows,
      rate.columns,
      0,
      this.#options.noise,
    );
    const noisy = this.#k.map((h, n) => h + n, rate, noise);
    const { pre, post } =
      this.#options.variant === 'direct'
        ? this.#missedOfNoise(i, activity, noisy, noise)
        : this.#missedOfLayer(i, activity, noisy);
    return {
      ...outerProduct(connection, pre, post, 1 / rate.rows),
      relativeRate: this.#options.inverseRate,
    };
  }

  /** |g_l(f(h̃ W_l + b_l)) - h̃|², by V_l */
  #missedOfLayer(i: number, activity: readonly Activity[], noisy: Tensor): { pre: Tensor; post: Tensor } {
    const pre = this.#signal(this.#answer(activity, noisy, i + 1, i + 2), i + 2);
    const found = this.#invert(i, pre);
    const missed = this.#k.map((r, h) => 2 * (r - h), found.rate, noisy);
    const state = activity.map((layer, l) => (l === i + 1 ? found : layer));
    return { pre, post: this.#network.throughActivation(i + 1, missed, state) };
  }

  /** |(ṽ_L - v_L) V_l - n|² / σ², by V_l */
  #missedOfNoise(
    i: number,
    activity: readonly Activity[],
    noisy: Tensor,
    noise: Tensor,
  ): { pre: Tensor; post: Tensor } {
    const k = this.#k;
    const last = activity.length - 1;
    const answer = this.#answer(activity, noisy, i + 1, last);
    const pre = k.map((after, before) => after - before, answer[last]!.potential, activity[last]!.potential);
    const found = k.matmul(pre, this.feedback[i]!.connection.weights);
    const post = k.map((r, n, s) => (2 * (r - n)) / (s * s), found, noise, this.#options.noise);
    return { pre, post };
  }

  /** The activity with other rates in layer `from`, and what layers above it, up to `to`, do in answer. */
  #answer(activity: readonly Activity[], rate: Tensor, from: number, to: number): Activity[] {
    const answer = [...activity];
    answer[from] = { potential: rate, rate };
    for (let l = from; l < to; l++) {
      const { weights, bias, to: population } = this.#network.connections[l]!;
      const current = this.#k.matmul(answer[l]!.rate, weights);
      const potential = bias ? this.#k.mapInto(current, (c, b) => c + b, current, bias) : current;
      answer[l + 1] = { potential, rate: this.#network.rate(population, potential) };
    }
    return answer;
  }
}

/** Weights from N(0, 2 / (n + m)), biases from zero; the linear ones of `direct` need no biases, which would cancel. */
function drawInverses(context: RuleContext<typeof OPTIONS>): FeedbackPath[] {
  const { network, kernels: k, options } = context;
  const hidden = network.populations.slice(1, -1);
  const draw = (from: Population, to: Population): FeedbackPath => {
    const deviation = Math.sqrt(2 / (from.size + to.size));
    return drawFeedback(context, from, to, (stream, count) => stream.normal(count, 0, deviation));
  };
  if (options.variant === 'direct') return hidden.map((to) => draw(network.populations.at(-1)!, to));
  const inverted = options.variant === 'from-output' ? hidden : hidden.slice(0, -1);
  return inverted.map((to, i) => {
    const path = draw(network.populations[i + 2]!, to);
    const bias = k.state(`bias of ${path.connection.name}`, 1, to.size);
    return { ...path, connection: { ...path.connection, bias } };
  });
}
