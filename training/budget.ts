import type { Settings } from './settings.ts';

/**
 * Settings with a part of their budget: whole epochs or whole minibatches, at least one.
 * @param fraction above 0
 */
export function scaleBudget(settings: Settings, fraction: number): Settings {
  const { epochs, examples, batch } = settings;
  const part = (whole: number): number => Math.max(1, Math.round(whole * fraction));
  return examples === null
    ? { ...settings, epochs: part(epochs) }
    : { ...settings, examples: part(examples / batch) * batch };
}
