import { describePlausibility, equationLines, type RuleDefinition } from '../../../rules/index.ts';

/** A rule in words: what its page shows. */
export interface RuleAbout {
  readonly name: string;
  readonly title: string;
  /** Null for a rule of the user's own that has none. */
  readonly family: string | null;
  readonly source: string;
  readonly summary: string;
  /** A line an equation. */
  readonly equations: readonly string[];
  readonly notes: string | null;
  /** The kind of network that it trains, and what that is. */
  readonly network: { readonly name: string; readonly description: string };
  /** Pairs of what is assumed of a brain, and how. */
  readonly plausibility: readonly (readonly [name: string, words: string])[];
  readonly options: readonly {
    readonly name: string;
    readonly value: string;
    readonly description: string;
  }[];
}

export const aboutRule = (rule: RuleDefinition): RuleAbout => ({
  name: rule.name,
  title: rule.title,
  family: rule.family ?? null,
  source: rule.source,
  summary: rule.summary,
  equations: rule.equations === undefined ? [] : equationLines(rule),
  notes: rule.notes ?? null,
  network: { name: rule.network.name, description: rule.network.description },
  plausibility: rule.plausibility ? describePlausibility(rule.plausibility) : [],
  options: Object.entries(rule.options).map(([name, { default: value, description }]) => ({
    name,
    value: String(value),
    description,
  })),
});
