import { drawFeedback, layeredNetwork } from '../networks/index.ts';
import { errorDirections, layerErrors } from './layer-errors.ts';
import { defineRule } from './rule.ts';

export const feedbackAlignment = defineRule({
  name: 'feedback-alignment',
  title: 'Feedback alignment',
  family: 'feedback alignment',
  source: 'Lillicrap, Cownden, Tweed & Akerman 2016, Nat. Commun. 7:13276',
  summary:
    'Errors descend layer by layer through fixed random weights instead of the transposed forward ones.',
  equations: `
    δ_L = e = ∂loss/∂v_L
    δ_l = (δ_{l+1} B_{l+1}) ∘ f′(v_l),   B_{l+1} fixed, random
    ΔW_l = −η h_{l−1}ᵀ δ_l`,
  plausibility: {
    weightTransport: 'none',
    phases: ['forward pass', 'backward pass of the errors'],
    feedbackPathway: 'layerwise',
    storedActivity: 'until the error arrives',
    locality: ['presynaptic rate', 'postsynaptic potential', 'error from above'],
  },
  network: layeredNetwork,
  options: {
    feedbackScale: {
      default: 0.5,
      min: 0,
      search: { logUniform: [0.05, 1] },
      description: 'Feedback weights are drawn once from U[-feedbackScale, feedbackScale].',
    },
  },
  build(context) {
    const { network, kernels: k } = context;
    const limit = context.options.feedbackScale;
    // feedback[l - 1] brings the error of layer l + 1 down to layer l.
    const feedback = network.connections
      .slice(1)
      .map(({ from, to }) =>
        drawFeedback(context, to, from, (stream, count) => stream.uniform(count, -limit, limit)),
      );
    return {
      learn({ input, target }) {
        const activity = network.forward(input);
        const errors = layerErrors(network, activity, target, (error, l) =>
          // delta_l = (B_{l+1} delta_{l+1}) f'(v_l)
          k.matmul(error, feedback[l - 1]!.connection.weights),
        );
        return {
          output: activity.at(-1)!.rate,
          directions: errorDirections(network, activity, errors),
        };
      },
      feedback,
    };
  },
});
