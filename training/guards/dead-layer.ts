import type { Guard } from './guard.ts';

/** Sparse layers that learn well have a few neurons that are silent for all images, and some more of every single one. */
const LEAST_SHARE = 0.9;

export const deadLayer: Guard = {
  name: 'dead-layer',
  description: 'At least 90 % of the neurons of a population are silent for all of the images.',
  find: ({ epoch, images, populations }) =>
    populations
      .filter(({ silent, size }) => silent >= LEAST_SHARE * size)
      .map(({ name, silent, size }) => ({
        layer: name,
        sentence: `${name} is dead after epoch ${epoch}: ${silent} of its ${size} neurons were silent for all of ${images} images`,
      })),
};
