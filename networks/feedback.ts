import type { Kernels, RandomStream } from '../kernels/index.ts';
import { drawnMask } from './layers.ts';
import type { Connection, Network, Population } from './network.ts';
import type { Mask } from './structure.ts';

/**
 * Feedback weights, beside the forward connections whose weights they stand in for. There is one layout for all: the
 * connection leads down, its weights are from.size x to.size (from above, to below), and a signal arrives as
 * `signal @ weights`. Backpropagation would have the transposed product of the forward weights there.
 */
export interface FeedbackPath {
  readonly connection: Connection;
  /** The forward connections that lead from where the feedback ends to where it starts, lowest first. */
  readonly forward: readonly Connection[];
}

/**
 * Synapses of their own that bring a signal from a higher population down to the apical compartments of a lower one. Between
 * neighbours they join the same neurons as the forward synapses.
 * @param values weights row by row, from.size x to.size; zeros when left out
 */
export function feedbackPath(
  k: Kernels,
  { populations, connections }: Pick<Network, 'populations' | 'connections'>,
  from: Population,
  to: Population,
  values?: Float32Array,
): FeedbackPath {
  const name = `feedback from ${from.name} to ${to.name}`;
  const forward = connections.slice(populations.indexOf(to), populations.indexOf(from));
  const joined = forward.length === 1 ? forward[0]!.mask : undefined;
  const mask = joined && transposedMask(k, `synapses of the ${name}`, from, to, joined, values);
  const weights = k.state(name, from.size, to.size, values);
  return {
    connection: { name, from, to, compartment: 'apical', weights, bias: null, ...(mask && { mask }) },
    forward,
  };
}

function transposedMask(
  k: Kernels,
  name: string,
  from: Population,
  to: Population,
  { values: forward }: Mask,
  weights: Float32Array = new Float32Array(0),
): Mask {
  const values = new Float32Array(from.size * to.size);
  for (let above = 0; above < from.size; above++)
    for (let below = 0; below < to.size; below++)
      values[above * to.size + below] = forward[below * from.size + above]!;
  return drawnMask(k, name, from, to, values, weights);
}

/**
 * A feedback path whose weights are drawn at random, from the stream 'feedback to <name of the lower population>'.
 * @param context of the rule
 * @param draw gives as many weights as it is asked for
 */
export function drawFeedback(
  context: {
    readonly kernels: Kernels;
    readonly network: Pick<Network, 'populations' | 'connections'>;
    random(name: string): RandomStream;
  },
  from: Population,
  to: Population,
  draw: (stream: RandomStream, count: number) => Float32Array,
): FeedbackPath {
  const values = draw(context.random(`feedback to ${to.name}`), from.size * to.size);
  return feedbackPath(context.kernels, context.network, from, to, values);
}
