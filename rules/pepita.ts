import type { Tensor } from '../kernels/index.ts';
import { type Activity, drawFeedback, layeredNetwork } from '../networks/index.ts';
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
    'code. The error is h_L − t whatever the loss, so it holds no derivative of the output ' +
    'activation. The paper also drops out a tenth of the hidden neurons, the same in both passes, and ' +
    'divides the learning rate by 10 after epochs 60 and 90 of 100; both are left out here.',
  plausibility: {
    weightTransport: 'none',
    phases: ['forward pass', 'forward pass with the error added to the input'],
    feedbackPathway: 'direct',
    storedActivity: 'firing rates of the first pass',
    locality: ['presynaptic rate', 'postsynaptic rate'],
  },
  network: layeredNetwork,
  options: {
    feedbackScale: {
      default: 0.05,
      min: 0,
      search: { logUniform: [0.01, 0.2] },
      description:
        'Weights from the error to the input are drawn once from U[-feedbackScale sqrt(6 / n), feedbackScale sqrt(6 / n)], n = inputs.',
    },
  },
  recipes: [
    {
      name: 'dellaferrera-2022',
      source: "Dellaferrera & Kreiman 2022, table 1, with the settings of the authors' code",
      figure: '98.01 ± 0.09 % test accuracy on MNIST, 784-1024-10, 100 epochs, with dropout',
      settings: () => ({
        activation: 'relu',
        initial: 'he-uniform',
        optimizer: 'momentum',
        momentum: 0.9,
        learningRate: [0.1],
        schedule: 'constant',
        batch: 64,
      }),
    },
  ],
  build(context) {
    const { network, kernels: k, options } = context;
    const { connections } = network;
    const [input, output] = [network.populations[0]!, network.populations.at(-1)!];
    const limit = options.feedbackScale * Math.sqrt(6 / input.size);
    const feedback = drawFeedback(context, output, input, (stream, count) =>
      stream.uniform(count, -limit, limit),
    );
    /** e = h_L − t of one pass. */
    const outputError = (pass: readonly Activity[], target: Tensor): Tensor =>
      k.map((y, t) => y - t, pass.at(-1)!.rate, target);
    return {
      learn({ input: x, target }) {
        const first = network.forward(x);
        const error = outputError(first, target);
        // Algorithm 1: the second pass, on x + F e
        const perturbed = k.map((x0, fe) => x0 + fe, x, k.matmul(error, feedback.connection.weights));
        const second = network.forward(perturbed);
        /** Of a hidden layer the difference of its firing rates; of the output layer the error of the second pass. */
        const change = (l: number): Tensor =>
          l === connections.length
            ? outputError(second, target)
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
      feedback: [feedback],
    };
  },
});
