import { type Direction, defineRule, layeredNetwork, outerProduct } from 'dendrite';

/**
 * Feedback that has the sign of each forward weight, but one magnitude for all: "uniform sign-concordant feedback" of
 * Liao, Leibo & Poggio 2016. The whole rule is this file.
 */
export const signSymmetry = defineRule({
  name: 'my-sign-symmetry',
  title: 'Sign-symmetric feedback, uniform magnitude',
  source: 'Liao, Leibo & Poggio 2016, AAAI 30, arXiv:1510.05067',
  summary: 'Errors descend through the signs of the forward weights.',
  network: layeredNetwork,
  options: {
    magnitude: { default: 0.05, min: 0, description: 'Size of every feedback weight.' },
  },
  build: ({ network, kernels: k, options }) => ({
    // Traced once, then run for every minibatch: nothing is computed while this code runs.
    learn({ input, target }) {
      const activity = network.forward(input);
      const directions: Direction[] = [];
      let error = network.outputError(activity, target);
      for (let l = network.connections.length - 1; l >= 0; l--) {
        const connection = network.connections[l]!;
        directions.unshift(outerProduct(connection, activity[l]!.rate, error, 1 / target.rows));
        if (l === 0) break;
        const feedback = k.map(
          (w, size) => (w > 0 ? size : w < 0 ? -size : 0),
          connection.weights,
          options.magnitude,
        );
        error = network.throughActivation(l, k.matmul(error, feedback, { transposeB: true }), activity);
      }
      return { output: activity.at(-1)!.rate, directions };
    },
  }),
});
