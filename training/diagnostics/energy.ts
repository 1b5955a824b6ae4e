import type { Diagnostic } from './diagnostic.ts';

export const energy: Diagnostic = {
  name: 'energy',
  description:
    'Mean energy of an example when the network has settled without a target, in the unit of the energy function.',
  measure(observed) {
    const values = observed.observation.energy;
    return values ? { network: observed.mean('energy', values) } : 'the network has no energy function';
  },
};
