import type { Kernels, Tensor } from '../kernels/index.ts';
import type { Activity, LayeredNetwork } from '../networks/index.ts';
import { type Direction, outerProduct } from './direction.ts';
import { defineRule } from './rule.ts';

/** The gradient of the loss, averaged over the batch: delta_l = (delta_{l+1} W_{l+1}ᵀ) f'(v_l). */
export function gradient(
  k: Kernels,
  network: LayeredNetwork,
  activity: readonly Activity[],
  target: Tensor,
): Direction[] {
  const directions: Direction[] = [];
  let error = network.outputError(activity, target);
  for (let l = network.connections.length - 1; l >= 0; l--) {
    const connection = network.connections[l]!;
    directions.unshift(outerProduct(connection, activity[l]!.rate, error, 1 / target.rows));
    if (l > 0)
      error = network.throughActivation(
        l,
        k.matmul(error, connection.weights, { transposeB: true }),
        activity,
      );
  }
  return directions;
}

export const backprop = defineRule({
  name: 'backprop',
  title: 'Backpropagation',
  source: 'Rumelhart, Hinton & Williams 1986, Nature 323:533-536',
  summary: 'The exact gradient: errors descend through the transposed forward weights.',
  network: 'layered',
  options: {},
  build: ({ network, kernels }) => ({
    learn({ input, target }) {
      const activity = network.forward(input);
      return { output: activity.at(-1)!.rate, directions: gradient(kernels, network, activity, target) };
    },
  }),
});
