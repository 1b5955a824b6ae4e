/** What a synapse may see when it changes: what is at hand in the two neurons that it joins, or broadcast to them. */
const SYNAPTIC_FACTORS = [
  'presynaptic rate',
  'postsynaptic rate',
  'postsynaptic potential',
  'apical potential',
  'error from above',
  'output error',
  'target',
  'goodness of its layer',
  'rank in its layer',
  'largest change of its layer',
  'largest change of its neuron',
  'covariances in its layer',
  'surprise of its layer',
  'postsynaptic noise',
  'synaptic noise',
  'global reward',
] as const;

/** One of SYNAPTIC_FACTORS: something that a synapse may see. */
export type SynapticFactor = (typeof SYNAPTIC_FACTORS)[number];

/**
 * What a rule assumes of the brain: its row in the plausibility table of `dendrite rules`. It holds for the synapses onto hidden
 * neurons; those onto output neurons receive the target itself.
 */
export interface Plausibility {
  /**
   * What feedback knows of the forward weights: all (`exact`), their `signs`, what it has `learned` from activity, or
   * nothing (`none`).
   */
  readonly weightTransport: 'exact' | 'signs' | 'learned' | 'none';
  /** What happens one after the other for each minibatch. */
  readonly phases: readonly string[];
  /**
   * How signals made in higher layers come down: to the layer below (`layerwise`), by a connection of their own to
   * where they are used (`direct`), as one number for every synapse (`global`), or not at all (`none`).
   */
  readonly feedbackPathway: 'layerwise' | 'direct' | 'global' | 'none';
  /** What a neuron has to remember of its activity until its synapses change, in a few words; `none` if nothing. */
  readonly storedActivity: string;
  /** Everything that a synapse onto a hidden neuron sees when it changes; the tests hold the rule to it. */
  readonly locality: readonly SynapticFactor[];
}

/** A row of the plausibility table as pairs of a column and words, to be shown. */
export const describePlausibility = (plausibility: Plausibility): [name: string, words: string][] => [
  ['weight transport', plausibility.weightTransport],
  ['phases', plausibility.phases.join('; ')],
  ['feedback pathway', plausibility.feedbackPathway],
  ['stored activity', plausibility.storedActivity],
  ['a synapse sees', plausibility.locality.join(', ') || 'nothing: it does not change'],
];

const CHOICES = {
  weightTransport: ['exact', 'signs', 'learned', 'none'],
  feedbackPathway: ['layerwise', 'direct', 'global', 'none'],
} as const;

/** What is wrong with a row of the plausibility table (it may come from a plain JavaScript file), or null. */
export function findFaultInPlausibility(plausibility: Partial<Plausibility>): string | null {
  for (const [part, choices] of Object.entries(CHOICES)) {
    const value = plausibility[part as keyof typeof CHOICES];
    if (!(choices as readonly unknown[]).includes(value))
      return `assumes ${part} '${value}', but it must be one of ${choices.join(', ')}`;
  }
  if (typeof plausibility.storedActivity !== 'string' || plausibility.storedActivity === '')
    return "lacks the text 'storedActivity' in what it assumes";
  if (!Array.isArray(plausibility.phases) || plausibility.phases.length === 0)
    return "lacks the list 'phases' in what it assumes";
  const unknown = Array.isArray(plausibility.locality)
    ? plausibility.locality.find((factor) => !SYNAPTIC_FACTORS.includes(factor))
    : 'nothing';
  return unknown === undefined
    ? null
    : `assumes that a synapse sees '${unknown}', but it can see ${SYNAPTIC_FACTORS.join(', ')}`;
}
