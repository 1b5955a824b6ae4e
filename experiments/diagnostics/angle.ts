import type { Diagnostic } from './diagnostic.ts';
import { degrees } from './vectors.ts';

export const angle: Diagnostic = {
  name: 'angle',
  describe:
    "Angle in degrees between the rule's direction and the gradient, for the weights of each connection: 0 is the gradient, 90 is unrelated to it.",
  measure: (probe) =>
    probe.compareWithGradient(({ connection, taken, exact }) => {
      const { kernels: k } = probe.run;
      const cosine = k.map((dot, a, b) => dot / (a * b), k.dot(taken, exact), k.norm(taken), k.norm(exact));
      const read = probe.keep(`cosine of ${connection.name}`, cosine);
      return async () => degrees(await read());
    }),
};
