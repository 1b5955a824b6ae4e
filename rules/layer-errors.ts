import type { Tensor } from '../kernels/index.ts';
import type { Activity, LayeredNetwork } from '../networks/index.ts';
import { type Direction, outerProduct } from './direction.ts';

/**
 * Errors in the potentials of each layer but the input, lowest first: the output error, and below it
 * delta_l = descend(delta_{l+1}) f'(v_l).
 * @param descend brings the error of layer l + 1 down to the rates of layer l (1 is the first hidden layer)
 */
export function layerErrors(
  network: LayeredNetwork,
  activity: readonly Activity[],
  target: Tensor,
  descend: (error: Tensor, l: number) => Tensor,
): Tensor[] {
  const errors = [network.outputError(activity, target)];
  for (let l = network.connections.length - 1; l > 0; l--)
    errors.unshift(network.throughActivation(l, descend(errors[0]!, l), activity));
  return errors;
}

/** For each connection the mean over the batch of rate below times error above. */
export const errorDirections = (
  network: LayeredNetwork,
  activity: readonly Activity[],
  errors: readonly Tensor[],
): Direction[] =>
  network.connections.map((connection, l) =>
    outerProduct(connection, activity[l]!.rate, errors[l]!, 1 / errors[l]!.rows),
  );
