import { drawFeedback, layeredNetwork } from '../networks/index.ts';
import { errorDirections } from './layer-errors.ts';
import { defineRule } from './rule.ts';

export const directFeedbackAlignment = defineRule({
  name: 'direct-feedback-alignment',
  title: 'Direct feedback alignment',
  family: 'feedback alignment',
  source: 'Nokland 2016, NeurIPS 29, arXiv:1609.01596',
  summary: 'The output error reaches every hidden layer directly, through fixed random weights.',
  equations: `
    δ_L = e = ∂loss/∂v_L
    δ_l = (e B_l) ∘ f′(v_l),   B_l fixed, random, outputs × neurons of layer l
    ΔW_l = −η h_{l−1}ᵀ δ_l`,
  notes:
    "The author's code starts networks of tanh or logistic neurons from zero weights; for that, use " +
    '--initial zero.',
  plausibility: {
    weightTransport: 'none',
    phases: ['forward pass', 'broadcast of the output error'],
    feedbackPathway: 'direct',
    storedActivity: 'until the error arrives',
    locality: ['presynaptic rate', 'postsynaptic potential', 'output error'],
  },
  network: layeredNetwork,
  options: {
    feedbackScale: {
      default: 1,
      min: 0,
      search: { logUniform: [0.2, 5] },
      description:
        'Feedback weights are drawn once from U[-feedbackScale / sqrt(n), feedbackScale / sqrt(n)], n = hidden units.',
    },
  },
  build(context) {
    const { network, kernels: k, options } = context;
    const output = network.populations.at(-1)!;
    const feedback = network.populations.slice(1, -1).map((hidden) => {
      // The range of the author's code: the reciprocal root of the number of neurons that receive the error.
      const limit = options.feedbackScale / Math.sqrt(hidden.size);
      return drawFeedback(context, output, hidden, (stream, count) => stream.uniform(count, -limit, limit));
    });
    return {
      learn({ input, target }) {
        const activity = network.forward(input);
        const outputError = network.outputError(activity, target);
        // delta_l = (B_l e) f'(v_l), eq. 7; the output layer takes e itself
        const errors = feedback.map(({ connection }, l) =>
          network.throughActivation(l + 1, k.matmul(outputError, connection.weights), activity),
        );
        return {
          output: activity.at(-1)!.rate,
          directions: errorDirections(network, activity, [...errors, outputError]),
        };
      },
      feedback,
    };
  },
});
