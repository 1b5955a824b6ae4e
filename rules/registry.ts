import { closest, UserError } from '../kernels/index.ts';
import * as builtIn from './built-in.ts';
import type { RuleDefinition } from './rule.ts';

/** In the order of lists. */
const FAMILIES = [
  'gradient',
  'perturbation',
  'feedback alignment',
  'target propagation',
  'predictive coding',
  'layer-wise losses',
  'local self-supervision',
  'Hebbian competition',
  'energy-based',
  'associative memory',
  'attention',
  'dendritic prediction',
  'segregated dendrites',
  'dendritic microcircuits',
  'burst-dependent plasticity',
  'control',
];
const place = ({ family }: RuleDefinition): number => FAMILIES.indexOf(family!);

/** The rules that come with the framework, in the order of lists: by family, then by name. */
export const RULES: readonly RuleDefinition[] = Object.values<RuleDefinition>(builtIn).sort(
  (a, b) => place(a) - place(b) || (a.name < b.name ? -1 : 1),
);

/** Of these, the rules that go with a task, as far as they say: memories go with one task alone. */
export const rulesFor = (task: string): readonly RuleDefinition[] =>
  RULES.filter(({ onlyTask = task }) => onlyTask === task);

/**
 * @param extra rules of the user's own, from plug-ins
 * @throws UserError when there is no rule of that name
 */
export function findRule(name: string, extra: readonly RuleDefinition[] = []): RuleDefinition {
  const rules = [...RULES, ...extra];
  const found = rules.find((rule) => rule.name === name);
  if (found) return found;
  const names = rules.map((rule) => rule.name);
  const near = closest(name, names);
  throw new UserError(
    `there is no rule '${name}'${near ? `; did you mean '${near}'?` : ''} (the rules are ${names.join(', ')})`,
  );
}
