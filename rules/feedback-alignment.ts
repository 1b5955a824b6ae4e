import { feedbackConnection } from '../networks/index.ts';
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
  network: 'layered',
  options: {
    feedbackScale: {
      default: 0.5,
      description: 'Feedback weights are drawn once from U[-feedbackScale, feedbackScale].',
    },
  },
  build({ network, kernels: k, random, options }) {
    // feedback[l] brings the error of layer l + 2 back to layer l + 1, against connections[l + 1].
    const feedback = network.connections.slice(1).map(({ from, to }) => {
      const values = random(`feedback to ${from.name}`).uniform(
        to.size * from.size,
        -options.feedbackScale,
        options.feedbackScale,
      );
      return feedbackConnection(k, to, from, values);
    });
    return {
      learn({ input, target }) {
        const activity = network.forward(input);
        const errors = layerErrors(network, activity, target, (error, l) =>
          // delta_l = (B_{l+1} delta_{l+1}) f'(v_l)
          k.matmul(error, feedback[l - 1]!.weights),
        );
        return {
          output: activity.at(-1)!.rate,
          directions: errorDirections(network, activity, errors),
        };
      },
      feedback: feedback.map(({ weights }, l) => ({
        weights,
        forward: [network.connections[l + 1]!],
        orientation: 'down',
      })),
    };
  },
});
