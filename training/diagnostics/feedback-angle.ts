import type { Tensor } from '../../kernels/index.ts';
import type { FeedbackPath } from '../../networks/index.ts';
import type { Diagnostic } from './diagnostic.ts';
import { angleBetween, type Matrix, product, transpose } from './vectors.ts';

export const feedbackAngle: Diagnostic = {
  name: 'feedback-angle',
  description:
    'Angle in degrees between the weights of each feedback pathway and the transposed forward weights, or their product where the pathway skips layers: 0 is backpropagation.',
  measure({ run: { rule, kernels } }) {
    if (!rule.feedback || rule.feedback.length === 0)
      return 'the rule keeps no feedback weights besides the forward ones';
    const read = (tensor: Tensor) => kernels.device.read(tensor);
    return Object.fromEntries(rule.feedback.map((path) => [path.connection.name, () => angleOf(read, path)]));
  },
};

/** What backpropagation would have in the place of feedback weights, and the angle between both. */
export interface FeedbackComparison {
  /** Row by row, in the layout of the path: from above x to below. */
  readonly feedback: Float32Array;
  /** The transposed forward weights in the same layout, or their product where the path skips layers. */
  readonly backpropagated: ArrayLike<number>;
  /** Degrees. */
  readonly angle: number;
}

/** On the host, since it happens once an epoch. @param read gives the values of a state, row by row */
export async function compareFeedback(
  read: (state: Tensor) => Promise<Float32Array>,
  { connection, forward }: FeedbackPath,
): Promise<FeedbackComparison> {
  const matrix = async (tensor: Tensor): Promise<Matrix> => ({
    rows: tensor.rows,
    columns: tensor.columns,
    values: await read(tensor),
  });
  const chain = await Promise.all(forward.map(({ weights }) => matrix(weights)));
  // From the outputs down, so that the products stay narrow.
  const up = chain.reduceRight((above, below) => product(below, above));
  const feedback = await read(connection.weights);
  const backpropagated = transpose(up).values;
  return { feedback, backpropagated, angle: angleBetween(feedback, backpropagated) };
}

const angleOf = async (...args: Parameters<typeof compareFeedback>): Promise<number> =>
  (await compareFeedback(...args)).angle;
