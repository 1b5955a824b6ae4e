import { feedbackConnection } from '../networks/index.ts';
import { outerProduct } from './direction.ts';
import { defineRule } from './rule.ts';

export const directFeedbackAlignment = defineRule({
  name: 'direct-feedback-alignment',
  title: 'Direct feedback alignment',
  source: 'Nokland 2016, NeurIPS 29, arXiv:1609.01596',
  summary: 'The output error reaches every hidden layer directly, through fixed random weights.',
  network: 'layered',
  options: {
    feedbackScale: {
      default: 1,
      description:
        'Feedback weights are drawn once from U[-feedbackScale / sqrt(n), feedbackScale / sqrt(n)], n = hidden units.',
    },
  },
  build({ network, kernels: k, random, options }) {
    const { connections } = network;
    const output = network.populations.at(-1)!;
    const feedback = connections.slice(0, -1).map(({ to }) => {
      // The range of the author's code: the reciprocal root of the number of neurons that receive the error.
      const limit = options.feedbackScale / Math.sqrt(to.size);
      const values = random(`feedback to ${to.name}`).uniform(output.size * to.size, -limit, limit);
      return feedbackConnection(k, output, to, values);
    });
    return {
      learn({ input, target }) {
        const activity = network.forward(input);
        const outputError = network.outputError(activity, target);
        const directions = connections.map((connection, l) => {
          // delta_l = (B_l e) f'(v_l), eq. 7; the last connection takes e itself
          const error =
            l === connections.length - 1
              ? outputError
              : network.throughActivation(l + 1, k.matmul(outputError, feedback[l]!.weights), activity);
          return outerProduct(connection, activity[l]!.rate, error, 1 / target.rows);
        });
        return { output: activity.at(-1)!.rate, directions };
      },
    };
  },
});
