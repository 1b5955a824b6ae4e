import { ExperimentMistake, type Place } from './mistake.ts';

/** A value, and where it is stated. */
export interface Value<T = unknown> {
  readonly value: T;
  readonly place: Place;
}

/** The values of one thing. */
export interface Axis<T = unknown> {
  readonly values: readonly Value<T>[];
}

/** @throws ExperimentMistake when a value is there twice */
export function axisOf<T>(place: Place, given: T | readonly T[], isOne = !Array.isArray(given)): Axis<T> {
  if (isOne) return { values: [{ value: given as T, place }] };
  const list = given as readonly T[];
  const texts = list.map((value) => JSON.stringify(value));
  const again = texts.findIndex((text, i) => texts.indexOf(text) < i);
  if (again >= 0)
    throw new ExperimentMistake([...place, again], `has the value ${texts[again]} twice; name it once`);
  return { values: list.map((value, i) => ({ value, place: [...place, i] })) };
}

/** A list of widths is one network; every other list has one value in each entry. */
export const isOneValue = (setting: string, given: unknown): boolean =>
  !Array.isArray(given) || (setting === 'layers' && !given.some(Array.isArray));
