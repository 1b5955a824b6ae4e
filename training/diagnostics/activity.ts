import type { Diagnostic } from './diagnostic.ts';

export const activity: Diagnostic = {
  name: 'activity',
  description:
    'Mean firing rate of each population above the input before learning, in the unit of its activation; of spiking neurons in spikes/ms.',
  measure(observed) {
    const { firingRates } = observed;
    if (typeof firingRates === 'string') return firingRates;
    return Object.fromEntries(
      observed.run.network.populations
        .slice(1)
        .map(({ name }, l) => [name, observed.mean(`activity of ${name}`, firingRates[l]!)]),
    );
  },
};
