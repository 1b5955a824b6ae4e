import { feedbackConnection } from '../networks/index.ts';
import { type Direction, outerProduct } from './direction.ts';
import { defineRule } from './rule.ts';

export const feedbackAlignment = defineRule({
  name: 'feedback-alignment',
  title: 'Feedback alignment',
  source: 'Lillicrap, Cownden, Tweed & Akerman 2016, Nat. Commun. 7:13276',
  summary:
    'Errors descend layer by layer through fixed random weights instead of the transposed forward ones.',
  network: 'layered',
  options: {
    feedbackScale: {
      default: 0.5,
      description: 'Feedback weights are drawn once from U[-feedbackScale, feedbackScale].',
    },
  },
  build({ network, kernels: k, random, options }) {
    const { connections } = network;
    // feedback[l] brings the error of layer l + 2 back to layer l + 1, against connections[l + 1].
    const feedback = connections.slice(1).map(({ from, to }) => {
      const values = random(`feedback to ${from.name}`).uniform(
        to.size * from.size,
        -options.feedbackScale,
        options.feedbackScale,
      );
      return feedbackConnection(k, to, from, values);
    });
    return {
      learn({ input, target }) {
        const activity = network.forward(input);
        const directions: Direction[] = [];
        let error = network.outputError(activity, target);
        for (let l = connections.length - 1; l >= 0; l--) {
          directions.unshift(outerProduct(connections[l]!, activity[l]!.rate, error, 1 / target.rows));
          // delta_l = (B_{l+1} delta_{l+1}) f'(v_l)
          if (l > 0)
            error = network.throughActivation(l, k.matmul(error, feedback[l - 1]!.weights), activity);
        }
        return { output: activity.at(-1)!.rate, directions };
      },
    };
  },
});
