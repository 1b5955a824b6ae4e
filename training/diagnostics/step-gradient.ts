import { type Direction, weightMatrix } from '../../rules/index.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { ObservedMinibatch } from './observed-minibatch.ts';
import type { Reading } from './reading.ts';

export const stepGradient: Diagnostic = {
  name: 'step-gradient',
  description:
    'For equilibrium propagation: how far what it would learn after each step of the nudged phase is from backpropagation through time that is cut off after as many steps, relative to the latter, for the weights of each connection that errors have come to: 0 is the same.',
  measure(observed) {
    const stepwise = observed.observation.stepwise?.();
    if (!stepwise) return 'the rule has no nudged phase in steps whose derivatives are known';
    return Object.fromEntries(
      stepwise.flatMap(({ directions, gradient }, t) =>
        gradient.map((exact): [string, Reading] => {
          const { connection } = exact;
          const taken = directions.find((one) => one.connection === connection)!;
          const place = `${connection.name}, step ${t + 1}`;
          return [place, distance(observed, place, taken, exact)];
        }),
      ),
    );
  },
};

function distance(observed: ObservedMinibatch, place: string, taken: Direction, exact: Direction): Reading {
  const { kernels: k } = observed.run;
  const [a, b] = [weightMatrix(k, taken), weightMatrix(k, exact)];
  const gap = k.norm(k.map((x, y) => x - y, a, b));
  return observed.keep(
    `step gradient of ${place}`,
    k.map((gap, norm) => gap / norm, gap, k.norm(b)),
  );
}
