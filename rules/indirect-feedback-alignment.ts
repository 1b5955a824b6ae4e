import type { Tensor } from '../kernels/index.ts';
import { drawFeedback, layeredNetwork } from '../networks/index.ts';
import { errorDirections } from './layer-errors.ts';
import { defineRule } from './rule.ts';

export const indirectFeedbackAlignment = defineRule({
  name: 'indirect-feedback-alignment',
  title: 'Indirect feedback alignment',
  family: 'feedback alignment',
  source: 'Nokland 2016, NeurIPS 29, arXiv:1609.01596',
  summary:
    'The output error reaches the first hidden layer through fixed random weights, and ascends from there through the forward weights.',
  equations: `
    δ_L = e = ∂loss/∂v_L
    δ_1 = (e B) ∘ f′(v_1),   B fixed, random, outputs × neurons of layer 1
    δ_l = (δ_{l−1} W_l) ∘ f′(v_l)   for 1 < l < L
    ΔW_l = −η h_{l−1}ᵀ δ_l`,
  notes:
    'The paper describes the rule without figures or code for it; the range of B is the one that the ' +
    "author's code uses for direct feedback alignment.",
  plausibility: {
    weightTransport: 'none',
    phases: ['forward pass', 'output error to the first hidden layer', 'forward pass of the errors'],
    feedbackPathway: 'direct',
    storedActivity: 'until the error arrives',
    // The forward weights bring the error, so to a synapse it is one of the currents into its own neuron.
    locality: ['presynaptic rate', 'postsynaptic potential', 'output error'],
  },
  network: layeredNetwork,
  options: {
    feedbackScale: {
      default: 1,
      min: 0,
      search: { logUniform: [0.2, 5] },
      description:
        'Feedback weights are drawn once from U[-feedbackScale / sqrt(n), feedbackScale / sqrt(n)], n = neurons of the first hidden layer.',
    },
  },
  build(context) {
    const { network, kernels: k, options } = context;
    const intoHidden = network.connections.slice(0, -1);
    const output = network.populations.at(-1)!;
    // Without a hidden layer there is nothing to send an error to.
    const feedback = intoHidden.slice(0, 1).map(({ to: first }) => {
      const limit = options.feedbackScale / Math.sqrt(first.size);
      return drawFeedback(context, output, first, (stream, count) => stream.uniform(count, -limit, limit));
    });
    return {
      learn({ input, target }) {
        const activity = network.forward(input);
        const outputError = network.outputError(activity, target);
        const errors: Tensor[] = [];
        for (const [l, { weights }] of intoHidden.entries()) {
          // delta_1 = (B_1 e) f'(v_1), then delta_l = (W_l delta_{l-1}) f'(v_l), eq. 8
          const arriving =
            l === 0
              ? k.matmul(outputError, feedback[0]!.connection.weights)
              : k.matmul(errors[l - 1]!, weights);
          errors.push(network.throughActivation(l + 1, arriving, activity));
        }
        return {
          output: activity.at(-1)!.rate,
          directions: errorDirections(network, activity, [...errors, outputError]),
        };
      },
      feedback,
    };
  },
});
