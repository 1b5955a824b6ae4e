import type { Kernels, Tensor } from '../kernels/index.ts';
import { type Activity, type LayeredNetwork, layeredNetwork } from '../networks/index.ts';
import type { Direction } from './direction.ts';
import { errorDirections, layerErrors } from './layer-errors.ts';
import { defineRule } from './rule.ts';

/** The gradient of the loss, averaged over the batch. */
export function gradient(
  k: Kernels,
  network: LayeredNetwork,
  activity: readonly Activity[],
  target: Tensor,
): Direction[] {
  const errors = layerErrors(network, activity, target, (error, l) =>
    // delta_l = (delta_{l+1} W_{l+1}ᵀ) f'(v_l)
    k.matmul(error, network.connections[l]!.weights, { transposeB: true }),
  );
  return errorDirections(network, activity, errors);
}

export const backprop = defineRule({
  name: 'backprop',
  title: 'Backpropagation',
  family: 'gradient',
  source: 'Rumelhart, Hinton & Williams 1986, Nature 323:533-536',
  summary: 'The exact gradient: errors descend through the transposed forward weights.',
  equations: `
    δ_L = e = ∂loss/∂v_L
    δ_l = (δ_{l+1} W_{l+1}ᵀ) ∘ f′(v_l)
    ΔW_l = −η h_{l−1}ᵀ δ_l`,
  plausibility: {
    weightTransport: 'exact',
    phases: ['forward pass', 'backward pass of the errors'],
    feedbackPathway: 'layerwise',
    storedActivity: 'until the error arrives',
    locality: ['presynaptic rate', 'postsynaptic potential', 'error from above'],
  },
  network: layeredNetwork,
  options: {},
  build: ({ network, kernels }) => ({
    learn({ input, target }) {
      const activity = network.forward(input);
      return { output: activity.at(-1)!.rate, directions: gradient(kernels, network, activity, target) };
    },
  }),
});
