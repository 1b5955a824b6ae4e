import type { Diagnostic } from './diagnostic.ts';

export const normRatio: Diagnostic = {
  name: 'norm-ratio',
  description:
    "Norm of the rule's direction divided by the norm of the gradient, for the weights of each connection: 1 is the length of the gradient.",
  measure: (observed) =>
    observed.compareWithGradient(({ connection, taken, exact }) => {
      const { kernels: k } = observed.run;
      const ratio = k.map((a, b) => a / b, k.norm(taken), k.norm(exact));
      return observed.keep(`norm ratio of ${connection.name}`, ratio);
    }),
};
