import type { Guard } from './guard.ts';

/** Trained weights are a few times as large as they were at the start, of the rules here up to about ten times. */
const FACTOR = 100;

export const explodingWeights: Guard = {
  name: 'exploding-weights',
  description:
    'The root mean square of the weights of a connection is more than 100 times what it was at the start (or 1 / √n of n inputs, where that is more), or not finite.',
  find: ({ epoch, connections }) =>
    connections
      .filter(({ size, usualSize }) => !(size <= FACTOR * usualSize))
      .map(({ name, size, usualSize }) => ({
        layer: name,
        sentence: Number.isFinite(size)
          ? `the weights of ${name} explode: their root mean square after epoch ${epoch} is ${size.toPrecision(3)}, ${Math.round(size / usualSize).toLocaleString('en-US')} times what is usual`
          : `the weights of ${name} explode: they are not finite after epoch ${epoch}`,
      })),
};
