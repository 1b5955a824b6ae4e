import type { Kernels, RandomStream } from '../kernels/index.ts';
import type { Connection, Network, Population } from './network.ts';

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
 * Synapses of their own that bring a signal from a higher population down to the apical compartments of a lower one.
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
  const weights = k.state(name, from.size, to.size, values);
  return {
    connection: { name, from, to, compartment: 'apical', weights, bias: null },
    forward: connections.slice(populations.indexOf(to), populations.indexOf(from)),
  };
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
