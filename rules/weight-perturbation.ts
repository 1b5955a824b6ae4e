import type { Tensor } from '../kernels/index.ts';
import { layeredNetwork, maskWeights } from '../networks/index.ts';
import type { Direction } from './direction.ts';
import { defineRule } from './rule.ts';

/** With biases. */
const weightCount = (layers: readonly number[]): number =>
  layers.slice(1).reduce((sum, size, l) => sum + (layers[l]! + 1) * size, 0);

export const weightPerturbation = defineRule({
  name: 'weight-perturbation',
  title: 'Weight perturbation',
  family: 'perturbation',
  source: 'Werfel, Xie & Seung 2005, Neural Comput. 17:2699-2718',
  summary:
    'Noise in all weights changes the loss of a minibatch, and each synapse learns from how its own noise goes with that change.',
  equations: `
    first pass:    h_l = f(h_{l−1} W_l),            loss L, a mean over the minibatch
    second pass:   h′_l = f(h′_{l−1} (W_l + Ξ_l)),  loss L′,   Ξ_l ~ N(0, σ²)
    ΔW_l = −η (L′ − L) Ξ_l / σ²
    hence E[ΔW_l] ≈ −η ∂L/∂W_l for small σ`,
  notes:
    'The noise is the same for all examples of a minibatch, and biases have noise of their own. In the paper a minibatch has one ' +
    'example. All weights are perturbed at once (parallel perturbation).',
  plausibility: {
    weightTransport: 'none',
    phases: ['forward pass', 'forward pass with noise in all weights'],
    feedbackPathway: 'global',
    storedActivity: 'loss of the first pass',
    locality: ['synaptic noise', 'global reward'],
  },
  network: layeredNetwork,
  // The number of minibatches that it needs grows with the number of weights.
  trial: { hidden: [4, 4], layers: [784, 10], examples: 20000 },
  recipes: [
    {
      name: 'rate-by-weights',
      source:
        'chosen here: the largest stable learning rate falls with the number of weights (Werfel, Xie & Seung 2005), so it is 2 over that number',
      settings: (layers) => ({
        optimizer: 'sgd',
        learningRate: [Number((2 / weightCount(layers)).toPrecision(2))],
        schedule: 'constant',
        batch: 2,
      }),
    },
  ],
  options: {
    sigma: {
      default: 0.01,
      above: 0,
      description:
        'Standard deviation σ of the noise in the weights; small, so that the loss changes in proportion.',
    },
  },
  build({ network, kernels: k, options: { sigma } }) {
    return {
      learn({ input, target }) {
        const output = network.forward(input).at(-1)!.rate;
        const lossOf = (rate: Tensor): Tensor =>
          k.sum(network.loss(rate, target), { over: 'all', scale: 1 / input.rows });
        const noise = network.connections.map(({ name, from, to }) => ({
          weights: k.normal(`noise in ${name}`, from.size, to.size, 0, sigma),
          bias: k.normal(`noise in the biases of ${to.name}`, 1, to.size, 0, sigma),
        }));
        let noisy = input;
        for (const [l, { weights, bias, to, mask }] of network.connections.entries()) {
          const xi = noise[l]!;
          const perturbed = k.map((w, xi) => w + xi, weights, xi.weights);
          maskWeights(k, perturbed, mask);
          const potential = k.map((i, b, xi) => i + b + xi, k.matmul(noisy, perturbed), bias!, xi.bias);
          noisy = network.rate(to, potential);
        }
        const change = k.map((after, before) => after - before, lossOf(noisy), lossOf(output));
        // (L' - L) Ξ / σ^2
        const estimate = (xi: Tensor): Tensor =>
          k.map((xi, c, sigma) => (c * xi) / (sigma * sigma), xi, change, sigma);
        const directions = network.connections.map(
          (connection, l): Direction => ({
            connection,
            products: [],
            estimate: { weights: estimate(noise[l]!.weights), bias: estimate(noise[l]!.bias) },
          }),
        );
        return { output, directions };
      },
    };
  },
});
