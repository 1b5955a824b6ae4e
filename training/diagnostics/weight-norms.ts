import type { Diagnostic } from './diagnostic.ts';
import { norm } from './vectors.ts';

export const weightNorms: Diagnostic = {
  name: 'weight-norms',
  description: 'Frobenius norm of the weights of each connection: the root of the sum of their squares.',
  measure: ({ run: { network, kernels } }) =>
    Object.fromEntries(
      network.connections.map(({ name, weights }) => [
        name,
        async () => norm(await kernels.device.read(weights)),
      ]),
    ),
};
