import { UserError } from '../../kernels/index.ts';
import type { RuleDefinition, Search, SearchSpace } from '../../rules/index.ts';
import { type Condition, checkSearch, declaredSpace } from '../../training/index.ts';
import { at } from '../mistake.ts';

/** What is searched in place of what the rule declares, by the name of the option or setting; null: it is not searched. */
export type SearchInput = Readonly<Record<string, Search | null>>;

/** @throws ExperimentMistake for the first thing that is wrong */
export function checkSearches(definition: RuleDefinition, condition: Condition, searches: SearchInput): void {
  for (const [name, search] of Object.entries(searches))
    at(['conditions', condition.id, 'search', name], () => checkSearch(definition, condition, name, search));
}

/**
 * What is searched for a condition: what its rule declares, and what the user says in place of it.
 * @throws ExperimentMistake when the condition cannot have all of the values, or nothing is searched
 */
export function spaceOf(
  definition: RuleDefinition,
  condition: Condition,
  given: SearchInput = {},
): SearchSpace {
  const searches: SearchInput = { ...declaredSpace(definition), ...given };
  checkSearches(definition, condition, searches);
  const space = Object.entries(searches).filter((entry): entry is [string, Search] => entry[1] !== null);
  if (space.length === 0)
    at(['conditions', condition.id, 'search'], () => {
      throw new UserError(
        `nothing of the condition '${condition.id}' is searched, as all that its rule declares is varied or left out: give it a search, or do not tune`,
      );
    });
  return Object.fromEntries(space);
}
