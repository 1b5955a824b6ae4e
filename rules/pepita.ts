import type { Tensor } from '../kernels/index.ts';
import { feedbackConnection } from '../networks/index.ts';
import { type Direction, outerProduct } from './direction.ts';
import { defineRule } from './rule.ts';

export const pepita = defineRule({
  name: 'pepita',
  title: 'PEPITA: the error perturbs the input',
  family: 'feedback alignment',
  source: 'Dellaferrera & Kreiman 2022, ICML 39, arXiv:2201.11665',
  summary:
    'A second forward pass on an input changed by the error replaces the backward pass; biases do not learn.',
  equations: `
    first pass:    h_0 = x,         h_l = f(h_{l−1} W_l),   e = h_L − t
    second pass:   h′_0 = x + e F,  h′_l = f(h′_{l−1} W_l), e′ = h′_L − t,   F fixed, random
    ΔW_l = −η h′_{l−1}ᵀ (h_l − h′_l)   for l < L
    ΔW_L = −η h′_{L−1}ᵀ e′`,
  notes:
    "The presynaptic factor and the output error are those of the second pass, as in the authors' " +
    'code. The paper also drops out a tenth of the hidden neurons, the same in both passes; this is ' +
    'left out here.',
  plausibility: {
    weightTransport: 'none',
    phases: ['forward pass', 'forward pass with the error added to the input'],
    feedbackPathway: 'direct',
    storedActivity: 'rates of the first pass',
    locality: ['presynaptic rate', 'postsynaptic rate'],
  },
  network: 'layered',
  options: {
    feedbackScale: {
      default: 0.05,
      description:
        'Weights from the error to the input are drawn once from U[-feedbackScale sqrt(6 / n), feedbackScale sqrt(6 / n)], n = inputs.',
    },
  },
  // The authors' settings; they also divide the rate by 10 after epochs 60 and 90 of 100.
  recipe: () => ({
    activation: 'relu',
    initial: 'he-uniform',
    optimizer: 'momentum',
    learningRate: [0.1],
    schedule: 'constant',
    batch: 64,
  }),
  build({ network, kernels: k, random, options }) {
    const { connections } = network;
    const [input, output] = [network.populations[0]!, network.populations.at(-1)!];
    const limit = options.feedbackScale * Math.sqrt(6 / input.size);
    const feedback = feedbackConnection(
      k,
      output,
      input,
      random(`feedback to ${input.name}`).uniform(output.size * input.size, -limit, limit),
    );
    return {
      learn({ input: x, target }) {
        const first = network.forward(x);
        const error = network.outputError(first, target);
        // Algorithm 1: the second pass, on x + F e
        const perturbed = k.map((x0, fe) => x0 + fe, x, k.matmul(error, feedback.weights));
        const second = network.forward(perturbed);
        /** Of a hidden layer the difference of its rates, without f'; of the output layer the error of the second pass. */
        const change = (l: number): Tensor =>
          l === connections.length
            ? network.outputError(second, target)
            : k.map((h, modulated) => h - modulated, first[l]!.rate, second[l]!.rate);
        const directions = connections.map(
          (connection, l): Direction => ({
            // The presynaptic factor is that of the second pass.
            ...outerProduct(connection, second[l]!.rate, change(l + 1), 1 / target.rows),
            biases: false,
          }),
        );
        return { output: first.at(-1)!.rate, directions };
      },
      feedback: [{ weights: feedback.weights, forward: connections, orientation: 'down' }],
    };
  },
});
