import type { Device, Tensor } from '../../kernels/index.ts';
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
    return Object.fromEntries(
      rule.feedback.map((path) => [path.connection.name, () => angleOf(kernels.device, path)]),
    );
  },
};

/** On the host, since it happens once an epoch. */
async function angleOf(device: Device, { connection, forward }: FeedbackPath): Promise<number> {
  const matrix = async (tensor: Tensor): Promise<Matrix> => ({
    rows: tensor.rows,
    columns: tensor.columns,
    values: await device.read(tensor),
  });
  const chain = await Promise.all(forward.map(({ weights }) => matrix(weights)));
  // From the outputs down, so that the products stay narrow.
  const up = chain.reduceRight((above, below) => product(below, above));
  return angleBetween(await device.read(connection.weights), transpose(up).values);
}
