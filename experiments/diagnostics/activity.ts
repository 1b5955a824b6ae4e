import type { Diagnostic } from './diagnostic.ts';

export const activity: Diagnostic = {
  name: 'activity',
  describe:
    'Mean firing rate of each population above the input before learning, in the unit of its activation; of spiking neurons in spikes/ms.',
  measure(probe) {
    const { observation } = probe;
    if (typeof observation === 'string') return observation;
    return Object.fromEntries(
      probe.run.network.populations
        .slice(1)
        .map(({ name }, l) => [name, probe.mean(`activity of ${name}`, observation.firingRates[l]!)]),
    );
  },
};
