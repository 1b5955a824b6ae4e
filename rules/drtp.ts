import { drawFeedback, layeredNetwork } from '../networks/index.ts';
import { errorDirections } from './layer-errors.ts';
import { defineRule } from './rule.ts';

export const drtp = defineRule({
  name: 'drtp',
  title: 'Direct random target projection',
  family: 'feedback alignment',
  source: 'Frenkel, Lefebvre & Bol 2021, Front. Neurosci. 15:629892',
  summary:
    'Fixed random weights project the target, not the error, onto the hidden layers, which need not wait for the output.',
  equations: `
    δ_L = e = ∂loss/∂v_L
    δ_l = (t B_l) ∘ f′(v_l),   t the one-hot target, B_l fixed, random, classes × neurons of layer l
    ΔW_l = −η h_{l−1}ᵀ δ_l`,
  notes:
    "In the authors' code the target stands where the error would, with a plus sign; as B is " +
    "symmetric about zero, the sign does not matter. The paper's networks have logistic outputs and a " +
    'binary cross-entropy; here the loss is that of the experiment.',
  plausibility: {
    weightTransport: 'none',
    phases: ['forward pass'],
    feedbackPathway: 'none',
    storedActivity: 'none',
    locality: ['presynaptic rate', 'postsynaptic potential', 'target'],
  },
  network: layeredNetwork,
  options: {
    feedbackScale: {
      default: 1,
      min: 0,
      search: { logUniform: [0.2, 5] },
      description:
        'Projection weights are drawn once from U[-feedbackScale sqrt(6 / n), feedbackScale sqrt(6 / n)], n = hidden units.',
    },
  },
  build(context) {
    const { network, kernels: k, options } = context;
    const output = network.populations.at(-1)!;
    const projections = network.populations.slice(1, -1).map((hidden) => {
      // What Torch's kaiming_uniform_ gives a classes x n matrix, as in the authors' code.
      const limit = options.feedbackScale * Math.sqrt(6 / hidden.size);
      return drawFeedback(context, output, hidden, (stream, count) => stream.uniform(count, -limit, limit));
    });
    return {
      learn({ input, target }) {
        const activity = network.forward(input);
        // delta_l = (B_l y*) f'(v_l), in the sign of the authors' code: the target stands where the error would
        const errors = projections.map(({ connection }, l) =>
          network.throughActivation(l + 1, k.matmul(target, connection.weights), activity),
        );
        return {
          output: activity.at(-1)!.rate,
          directions: errorDirections(network, activity, [...errors, network.outputError(activity, target)]),
        };
      },
      feedback: projections,
    };
  },
});
