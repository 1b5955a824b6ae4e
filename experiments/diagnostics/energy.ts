import type { Diagnostic } from './diagnostic.ts';

export const energy: Diagnostic = {
  name: 'energy',
  describe:
    'Mean energy of an example when the network has settled without a target, in the unit of the energy function.',
  measure(probe) {
    const { definition } = probe.run;
    const values = definition.network === 'energy' ? probe.lesson.observed?.energy : undefined;
    if (!values) return 'the network has no energy function';
    return { network: probe.mean('energy', values) };
  },
};
