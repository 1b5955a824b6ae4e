import type { Playground } from '../playground.ts';

/** What the rule at a place of the duel is called: with its place, where another has its name. */
export function labelAt({ state: { contenders }, duel }: Playground, place: number): string {
  const rule = contenders[place]?.rule;
  const name = rule ?? duel?.sides[place]?.opened?.about.name ?? 'your rule';
  const isAlone = contenders.filter((other) => other.rule === rule).length === 1;
  return isAlone ? name : `${name} (${place + 1})`;
}

/** A number of examples, or of examples a second. */
export const count = (value: number): string => Math.round(value).toLocaleString('en-US');

/** Two places, as tables of results have a test error. */
export const percent = (value: number | null | undefined): string =>
  value === null || value === undefined ? '–' : `${value.toFixed(2)} %`;

export const degrees = (value: number | null | undefined): string =>
  value === null || value === undefined ? '–' : `${value.toFixed(0)}°`;
