import type { Diagnostic } from './diagnostic.ts';

export const energy: Diagnostic = {
  name: 'energy',
  describe:
    'Mean energy of an example when the network has settled without a target, in the unit of the energy function.',
  measure(probe) {
    const values = probe.lesson.observed?.energy;
    return values ? { network: probe.mean('energy', values) } : 'the network has no energy function';
  },
};
