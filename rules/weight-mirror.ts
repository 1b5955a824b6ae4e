import type { Kernels, Tensor } from '../kernels/index.ts';
import {
  ACTIVATIONS,
  type Connection,
  drawFeedback,
  layeredNetwork,
  maskWeights,
  type Population,
} from '../networks/index.ts';
import { errorDirections, layerErrors } from './layer-errors.ts';
import { defineRule } from './rule.ts';

export const weightMirror = defineRule({
  name: 'weight-mirror',
  title: 'Weight mirrors',
  family: 'feedback alignment',
  source: 'Akrout, Wilson, Humphreys, Lillicrap & Tweed 2019, NeurIPS 32, arXiv:1904.05391',
  summary:
    'Between minibatches each layer fires at random, and its feedback weights learn how the next layer responds.',
  equations: `
    engaged:   δ_L = e = ∂loss/∂v_L
               δ_l = (δ_{l+1} B_{l+1}) ∘ f′(v_l)
               ΔW_l = −η h_{l−1}ᵀ δ_l
    mirror:    ξ ~ N(0, σ²) in layer l − 1,   y = f(ξ W_l) − f(0)   (no biases; f linear where the read-out is a softmax)
               ΔB_l = η_B yᵀ ξ − λ B_l,   a mean over as many ξ as a minibatch has examples
    hence E[ΔB_l] ≈ η_B σ² f′(0) W_lᵀ − λ B_l`,
  notes:
    "The authors' code for MNIST draws uniform noise, keeps the biases in the mirror phase, and " +
    'rescales a copy of B, so that B grows without limit. Here the noise is normal, biases are ' +
    'blocked and B decays, which makes it settle at a multiple of the transposed forward weights.',
  plausibility: {
    weightTransport: 'learned',
    phases: ['forward pass', 'backward pass of the errors', 'noise in each layer'],
    feedbackPathway: 'layerwise',
    storedActivity: 'until the error arrives',
    locality: ['presynaptic rate', 'postsynaptic potential', 'error from above'],
  },
  network: layeredNetwork,
  options: {
    feedbackScale: {
      default: 1,
      min: 0,
      description:
        'Feedback weights start from N(0, feedbackScale^2 / (n + m)) for n pre- and m postsynaptic neurons.',
    },
    noise: {
      default: 0.1,
      above: 0,
      description:
        'Standard deviation σ of the firing rates in the mirror phase; small, so that responses are linear.',
    },
    mirrorRate: {
      default: 0.5,
      min: 0,
      search: { logUniform: [0.1, 2] },
      description: 'Learning rate η_B of the feedback in the mirror phase.',
    },
    mirrorDecay: {
      default: 0.005,
      min: 0,
      max: 1,
      description:
        'Decay λ of the feedback in each mirror phase; at mirrorRate * noise^2 feedback settles at the forward weights.',
    },
  },
  build(context) {
    const { network, kernels: k } = context;
    const { feedbackScale, noise, mirrorRate, mirrorDecay } = context.options;
    const above = network.connections.slice(1);
    const feedback = above.map(({ from, to }) => {
      const deviation = feedbackScale / Math.sqrt(from.size + to.size);
      return drawFeedback(context, to, from, (stream, count) => stream.normal(count, 0, deviation));
    });

    /** One minibatch of noise through the forward synapses; the feedback synapses join the same two populations. */
    function mirror(
      { from, to, weights }: Connection,
      { weights: B, mask }: Connection,
      examples: number,
    ): void {
      const sent = k.normal(`noise in ${from.name}`, examples, from.size, 0, noise);
      const response = rateAboveRest(k, to, k.matmul(sent, weights));
      k.mapInto(B, (b, decay) => b - decay * b, B, mirrorDecay);
      // eq. 7: ΔB = η_B yᵀ ξ
      k.matmul(response, sent, {
        transposeA: true,
        scale: mirrorRate / examples,
        into: B,
        accumulate: true,
      });
      maskWeights(k, B, mask);
    }

    return {
      learn({ input, target }) {
        const activity = network.forward(input);
        const errors = layerErrors(network, activity, target, (error, l) =>
          k.matmul(error, feedback[l - 1]!.connection.weights),
        );
        return {
          output: activity.at(-1)!.rate,
          directions: errorDirections(network, activity, errors),
        };
      },
      betweenMinibatches(examples) {
        for (const [l, connection] of above.entries()) mirror(connection, feedback[l]!.connection, examples);
      },
      feedback,
    };
  },
});

/** How neurons with their biases blocked answer: zero without an input, so that the mean of the answers is small. */
function rateAboveRest(k: Kernels, { activation }: Population, potential: Tensor): Tensor {
  if (activation === null || activation === 'softmax') return potential;
  const { rate } = ACTIVATIONS[activation];
  return k.map((r, rest) => r - rest, k.map(rate, potential), rate(0));
}
