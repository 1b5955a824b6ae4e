import type { Tensor } from '../kernels/index.ts';
import { layeredNetwork } from '../networks/index.ts';
import { errorDirections } from './layer-errors.ts';
import { defineRule } from './rule.ts';

export const nodePerturbation = defineRule({
  name: 'node-perturbation',
  title: 'Node perturbation',
  family: 'perturbation',
  source: 'Werfel, Xie & Seung 2005, Neural Comput. 17:2699-2718',
  summary:
    'Noise in the potentials of all neurons changes the loss, and each neuron learns from how its own noise goes with that change.',
  equations: `
    first pass:    v_l = h_{l−1} W_l,          h_l = f(v_l),    loss L
    second pass:   v′_l = h′_{l−1} W_l + ξ_l,  h′_l = f(v′_l),  loss L′,   ξ_l ~ N(0, σ²)
    δ_l = (L′ − L) ξ_l / σ²
    ΔW_l = −η h_{l−1}ᵀ δ_l
    hence E[δ_l] ≈ ∂L/∂v_l for small σ`,
  notes:
    'Every example has noise and a change of the loss of its own. All neurons are perturbed at once, those of the output too. The paper ' +
    'analyses a linear network of one layer; in deeper ones the estimate is unbiased up to terms of the order σ².',
  plausibility: {
    weightTransport: 'none',
    phases: ['forward pass', 'forward pass with noise in all neurons'],
    feedbackPathway: 'global',
    storedActivity: 'firing rates and loss of the first pass',
    locality: ['presynaptic rate', 'postsynaptic noise', 'global reward'],
  },
  network: layeredNetwork,
  trial: { examples: 8000 },
  options: {
    sigma: {
      default: 0.01,
      above: 0,
      description:
        'Standard deviation σ of the noise in the potentials; small, so that the loss changes in proportion.',
    },
  },
  build({ network, kernels: k, options: { sigma } }) {
    return {
      learn({ input, target }) {
        const activity = network.forward(input);
        const lossOf = (rate: Tensor): Tensor => k.sum(network.loss(rate, target), { over: 'columns' });
        const noise = network.connections.map(({ to }) =>
          k.normal(`noise in ${to.name}`, input.rows, to.size, 0, sigma),
        );
        let noisy = input;
        for (const [l, { weights, bias, to }] of network.connections.entries()) {
          const current = k.matmul(noisy, weights);
          noisy = network.rate(
            to,
            k.mapInto(current, (i, b, xi) => i + b + xi, current, bias!, noise[l]!),
          );
        }
        const change = k.map((after, before) => after - before, lossOf(noisy), lossOf(activity.at(-1)!.rate));
        // (L' - L) ξ / σ^2
        const errors = noise.map((xi) =>
          k.map((xi, c, sigma) => (c * xi) / (sigma * sigma), xi, change, sigma),
        );
        return { output: activity.at(-1)!.rate, directions: errorDirections(network, activity, errors) };
      },
    };
  },
});
