import type { Tensor } from '../../kernels/index.ts';
import type { Diagnostic } from './diagnostic.ts';
import { angleOfUnitVectors } from './vectors.ts';

export const angle: Diagnostic = {
  name: 'angle',
  description:
    "Angle in degrees between the rule's direction and the gradient, for the weights of each connection: 0 is the gradient, 90 is unrelated to it.",
  measure: (observed) =>
    observed.compareWithGradient(({ connection, taken, exact }) => {
      const { kernels: k } = observed.run;
      const [a, b] = [taken, exact].map((t) => k.map((x, norm) => x / norm, t, k.norm(t))) as [
        Tensor,
        Tensor,
      ];
      // Of unit vectors: their cosine is too coarse in float32, 0.03 degrees are the smallest angle that it tells from 0.
      const difference = k.norm(k.map((x, y) => x - y, a, b));
      const sum = k.norm(k.map((x, y) => x + y, a, b));
      const across = observed.keep(`difference of directions of ${connection.name}`, difference);
      const along = observed.keep(`sum of directions of ${connection.name}`, sum);
      return async () => angleOfUnitVectors(await across(), await along());
    }),
};
