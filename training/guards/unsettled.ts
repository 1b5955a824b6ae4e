import type { Guard } from './guard.ts';

/** In rates a time constant; see docs/guards.md for what the networks here have. */
const TOLERANCE = 0.02;

export const unsettled: Guard = {
  name: 'unsettled',
  description:
    'At the end of the free phase of a prediction, the potentials of a population that settles still move by more than 0.02 a time constant, as a root mean square over neurons and images.',
  find: ({ epoch, images, populations }) =>
    populations
      .filter(({ residual }) => residual !== null && !(residual <= TOLERANCE))
      .map(({ name, residual }) => ({
        layer: name,
        sentence: `${name} has not settled at the end of the free phase after epoch ${epoch}: for ${images} images its potentials still move by ${residual!.toPrecision(2)} a time constant`,
      })),
};
