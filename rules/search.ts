/** A value that an option or a setting can have. */
export type SearchValue = number | string | boolean | readonly number[];

/**
 * Where the trials of a tuning look for the value of an option or a setting: `logUniform` and `uniform` between two numbers;
 * `factor`: the condition's own value times a number that is log-uniform between two (of a rate for each connection, all times the
 * same number); or one of `choices`.
 */
export type Search =
  | { readonly logUniform: readonly [low: number, high: number] }
  | { readonly uniform: readonly [low: number, high: number] }
  | { readonly factor: readonly [low: number, high: number] }
  | { readonly choices: readonly SearchValue[] };

/** What is searched, by the name of the option or the setting. */
export type SearchSpace = Readonly<Record<string, Search>>;

export const SEARCH_FORMS = ['logUniform', 'uniform', 'factor', 'choices'] as const;

/** What is wrong with a search (it may come from a plain JavaScript file), or null. */
export function findFaultInSearch(search: unknown): string | null {
  const entries = typeof search === 'object' && search !== null ? Object.entries(search) : [];
  const [form, given] = entries[0] ?? [];
  if (entries.length !== 1 || !(SEARCH_FORMS as readonly unknown[]).includes(form))
    return `must have one of ${SEARCH_FORMS.join(', ')}`;
  if (!Array.isArray(given)) return `must have a list as ${form}`;
  if (form === 'choices') {
    const texts = given.map((value) => JSON.stringify(value));
    if (texts.length === 0) return 'must have at least one of its choices';
    return new Set(texts).size === texts.length ? null : 'must name each of its choices once';
  }
  const [low, high] = given as unknown[];
  if (given.length !== 2 || !Number.isFinite(low) || !Number.isFinite(high) || Number(low) >= Number(high))
    return `must have two numbers as ${form}, the smaller one first`;
  return form !== 'uniform' && Number(low) <= 0 ? `must have numbers above 0 as ${form}` : null;
}

/** The values at the ends of a search, or all of its choices. @param own what `factor` multiplies */
export function extremesOf(search: Search, own: SearchValue): readonly SearchValue[] {
  if ('choices' in search) return search.choices;
  if ('factor' in search) return search.factor.map((factor) => times(own, factor));
  return 'uniform' in search ? search.uniform : search.logUniform;
}

/**
 * The value of a search at a number from 0 to below 1. Numbers have three digits: they are written down, and do not depend on
 * the last digits of a logarithm.
 * @param own what `factor` multiplies
 * @param whole whether it has to be a whole number
 */
export function valueAt(search: Search, own: SearchValue, at: number, whole: boolean): SearchValue {
  if ('choices' in search) return search.choices[Math.floor(at * search.choices.length)]!;
  if ('factor' in search) return times(own, logarithmic(search.factor, at), whole);
  if ('logUniform' in search) return rounded(logarithmic(search.logUniform, at), search.logUniform, whole);
  const [low, high] = search.uniform;
  return whole
    ? Math.floor(low + at * (high - low + 1))
    : rounded(low + at * (high - low), search.uniform, whole);
}

const logarithmic = ([low, high]: readonly [number, number], at: number): number => low * (high / low) ** at;

const digits = (value: number, whole: boolean): number =>
  whole ? Math.round(value) : Number(value.toPrecision(3));

/** Within the range, though its ends may have more digits. */
const rounded = (value: number, [low, high]: readonly [number, number], whole: boolean): number =>
  Math.min(high, Math.max(low, digits(value, whole)));

const times = (own: SearchValue, factor: number, whole = false): SearchValue =>
  Array.isArray(own)
    ? own.map((value) => digits(value * factor, whole))
    : digits(Number(own) * factor, whole);

/** In words: 'log-uniform from 0.05 to 1', 'its own value times 0.1 to 10', 'one of 10, 20'. */
export function describeSearch(search: Search): string {
  if ('choices' in search)
    return `one of ${search.choices.map((value) => [value].flat().join(',')).join(', ')}`;
  if ('factor' in search) return `its own value times ${search.factor.join(' to ')}, log-uniform`;
  if ('uniform' in search) return `uniform from ${search.uniform.join(' to ')}`;
  return `log-uniform from ${search.logUniform.join(' to ')}`;
}
