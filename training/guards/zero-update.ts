import type { Guard } from './guard.ts';

/** Where the loss of every example was zero there was nothing to learn. */
export const zeroUpdate: Guard = {
  name: 'zero-update',
  description:
    'No bit of the weights of a connection that the rule gives a direction for has changed in an epoch whose loss was not zero.',
  find: ({ epoch, trainLoss, connections }) =>
    trainLoss === 0
      ? []
      : connections
          .filter(({ isTaught, isUnchanged }) => isTaught && isUnchanged)
          .map(({ name }) => ({
            layer: name,
            sentence: `the weights of ${name} did not change in epoch ${epoch}, not in one bit, although the rule gives them a direction`,
          })),
};
