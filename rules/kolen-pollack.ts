import { drawFeedback, layeredNetwork } from '../networks/index.ts';
import { outerProduct } from './direction.ts';
import { errorDirections, layerErrors } from './layer-errors.ts';
import { defineRule } from './rule.ts';

export const kolenPollack = defineRule({
  name: 'kolen-pollack',
  title: 'Kolen-Pollack learning of the feedback',
  family: 'feedback alignment',
  source: 'Akrout, Wilson, Humphreys, Lillicrap & Tweed 2019, NeurIPS 32, arXiv:1904.05391',
  summary:
    'Feedback weights start at random and change by the same products as the forward ones, so that decay makes them alike.',
  equations: `
    δ_L = e = ∂loss/∂v_L
    δ_l = (δ_{l+1} B_{l+1}) ∘ f′(v_l)
    ΔW_l = −η (h_{l−1}ᵀ δ_l + λ W_l)
    ΔB_l = −η (δ_lᵀ h_{l−1} + λ B_l)
    hence W_l − B_lᵀ after t steps of plain gradient descent is (1 − η λ)ᵗ times what it was`,
  notes:
    "In the paper λ is not multiplied by the learning rate, so its λ is η λ here; the authors' code " +
    'for MNIST has no decay at all. The first connection needs no feedback, so the rule lets it be.',
  plausibility: {
    weightTransport: 'learned',
    phases: ['forward pass', 'backward pass of the errors'],
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
    decay: {
      default: 0.0001,
      min: 0,
      search: { logUniform: [0.000001, 0.01] },
      description:
        'Decay λ of the forward and feedback weights of all connections above the first, relative to the learning rate.',
    },
  },
  build(context) {
    const { network, kernels: k } = context;
    const { feedbackScale, decay } = context.options;
    const above = network.connections.slice(1);
    const feedback = above.map(({ from, to }) => {
      const deviation = feedbackScale / Math.sqrt(from.size + to.size);
      return drawFeedback(context, to, from, (stream, count) => stream.normal(count, 0, deviation));
    });
    return {
      learn({ input, target }) {
        const activity = network.forward(input);
        const errors = layerErrors(network, activity, target, (error, l) =>
          k.matmul(error, feedback[l - 1]!.connection.weights),
        );
        // eq. 16: the forward weights that have feedback decay
        const forward = errorDirections(network, activity, errors).map((direction) =>
          direction.connection === network.connections[0] ? direction : { ...direction, decay },
        );
        // eq. 17: the same product, transposed, and the same decay
        const backward = feedback.map(({ connection }, l) => ({
          ...outerProduct(connection, errors[l + 1]!, activity[l + 1]!.rate, 1 / target.rows),
          decay,
        }));
        return { output: activity.at(-1)!.rate, directions: [...forward, ...backward] };
      },
      feedback,
    };
  },
});
