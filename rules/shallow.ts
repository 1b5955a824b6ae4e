import { layeredNetwork } from '../networks/index.ts';
import { outerProduct } from './direction.ts';
import { defineRule } from './rule.ts';

export const shallow = defineRule({
  name: 'shallow',
  title: 'Output layer only',
  family: 'control',
  source: 'a control, as in Lillicrap, Cownden, Tweed & Akerman 2016, Nat. Commun. 7:13276',
  summary: 'Hidden layers keep their random weights: what a rule has to beat to have taught them something.',
  equations: `
    δ_L = e = ∂loss/∂v_L
    ΔW_L = −η h_{L−1}ᵀ δ_L
    ΔW_l = 0   for l < L`,
  plausibility: {
    weightTransport: 'none',
    phases: ['forward pass'],
    feedbackPathway: 'none',
    storedActivity: 'none',
    locality: [],
  },
  network: layeredNetwork,
  options: {},
  build: ({ network }) => ({
    learn({ input, target }) {
      const activity = network.forward(input);
      const error = network.outputError(activity, target);
      const last = outerProduct(network.connections.at(-1)!, activity.at(-2)!.rate, error, 1 / target.rows);
      return { output: activity.at(-1)!.rate, directions: [last] };
    },
  }),
});
