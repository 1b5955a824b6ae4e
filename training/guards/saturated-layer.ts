import type { Guard } from './guard.ts';

/** Rules whose layers end up at their bounds, and learn all the same, leave a fifth of the rates off them. */
const LEAST_SHARE = 0.99;

/** Hidden populations alone: outputs that have learned classes are at the ends of their range. */
export const saturatedLayer: Guard = {
  name: 'saturated-layer',
  description:
    'At least 99 % of the rates of a hidden population lie within 0.01 % of an end of their range, where the activation has no slope left to learn by.',
  find: ({ epoch, images, populations }) =>
    populations
      .filter(({ isOutput, atAnEnd }) => !isOutput && atAnEnd !== null && atAnEnd >= LEAST_SHARE)
      .map(({ name, atAnEnd }) => ({
        layer: name,
        sentence: `${name} is saturated after epoch ${epoch}: ${(100 * atAnEnd!).toFixed(1)} % of its rates for ${images} images lie at an end of their range`,
      })),
};
