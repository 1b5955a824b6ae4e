import { closest, UserError } from '../kernels/index.ts';
import type { Search } from './search.ts';

/** Value of an option. */
export type OptionValue = number | string | boolean;

/** One option of a rule. */
export interface OptionDefinition<T extends OptionValue = OptionValue> {
  readonly default: T;
  /** One sentence, with the unit where there is one. Shown by `dendrite rule <name>`. */
  readonly description: string;
  /** Of a text: the values it may take, from which its type follows. */
  readonly choices?: readonly T[];
  /** Of a number: the smallest and the largest value. */
  readonly min?: number;
  readonly max?: number;
  /** Of a number: it must be larger than this. */
  readonly above?: number;
  /** Of a number: it must be whole. */
  readonly integer?: boolean;
  /** Where a tuning looks for its value; left out: the option is not tuned. */
  readonly search?: Search;
}

/** A rule's options by name. */
export type OptionTable = Readonly<Record<string, OptionDefinition>>;

type Widen<T> = T extends number ? number : T extends boolean ? boolean : string;

type ValueOf<D extends OptionDefinition> = D extends { readonly choices: readonly (infer C)[] }
  ? C
  : Widen<D['default']>;

/** The values of an option table. */
export type OptionValues<O extends OptionTable> = { readonly [name in keyof O]: ValueOf<O[name]> };

/** Values by the name of the option, each of its own type. */
export type Options = Readonly<Record<string, OptionValue>>;

/** What of a rule its options belong to. */
interface Owner {
  readonly name: string;
  readonly options: OptionTable;
}

/**
 * Fills in defaults, converts texts from the command line, and checks bounds.
 * @throws UserError for an unknown option, or a value of the wrong type or out of range
 */
export function resolveOptions(rule: Owner, given: Readonly<Record<string, unknown>>): Options {
  for (const name of Object.keys(given))
    if (!Object.hasOwn(rule.options, name)) throw unknownOption(rule, name);
  return Object.fromEntries(
    Object.entries(rule.options).map(([name, option]) => [
      name,
      Object.hasOwn(given, name) ? convert(rule.name, name, option, given[name]) : option.default,
    ]),
  );
}

function unknownOption(rule: Owner, name: string): UserError {
  const names = Object.keys(rule.options);
  const near = closest(name, names);
  const known = names.length > 0 ? `it has ${names.join(', ')}` : 'it has none';
  return new UserError(
    `the rule '${rule.name}' has no option '${name}'; ${near ? `did you mean '${near}'?` : known}`,
  );
}

function convert(rule: string, name: string, option: OptionDefinition, given: unknown): OptionValue {
  const value = typeof given === 'string' ? fromText(option, given) : given;
  const fault = findFaultInValue(option, value);
  if (fault)
    throw new UserError(
      `the option '${name}' of the rule '${rule}' must be ${fault}, not '${String(given)}'`,
    );
  return value as OptionValue;
}

function fromText(option: OptionDefinition, text: string): OptionValue {
  switch (typeof option.default) {
    case 'number':
      return parseDecimal(text);
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    default:
      return text;
  }
}

/** A number in decimal notation; NaN for anything else, such as an empty text, 0x10 or 1e400. */
export function parseDecimal(text: string): number {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : Number.NaN;
}

/** What a value should have been, in words, or null if it is right. */
export function findFaultInValue(option: OptionDefinition, value: unknown): string | null {
  const right =
    typeof value === typeof option.default &&
    (!option.choices || option.choices.includes(value as OptionValue)) &&
    (typeof value !== 'number' || isInRange(option, value));
  return right ? null : describeValues(option);
}

/** The values that an option may have, in words: 'one of a, b', 'true or false', 'a number above 0'. */
export function describeValues(option: OptionDefinition): string {
  if (option.choices) return `one of ${option.choices.join(', ')}`;
  switch (typeof option.default) {
    case 'number':
      return describeRange(option);
    case 'boolean':
      return 'true or false';
    default:
      return 'a text';
  }
}

function isInRange({ min, max, above, integer }: OptionDefinition, value: number): boolean {
  return (
    Number.isFinite(value) &&
    (!integer || Number.isInteger(value)) &&
    (min === undefined || value >= min) &&
    (max === undefined || value <= max) &&
    (above === undefined || value > above)
  );
}

/** The numbers that an option may have, in words: 'a whole number from 1 to 50', 'a number above 0'. */
function describeRange({ min, max, above, integer }: OptionDefinition): string {
  const kind = integer ? 'a whole number' : 'a number';
  if (above !== undefined) return `${kind} above ${above}${max === undefined ? '' : ` and at most ${max}`}`;
  if (min !== undefined && max !== undefined) return `${kind} from ${min} to ${max}`;
  if (min !== undefined) return `${kind}, ${min} or more`;
  return max === undefined ? kind : `${kind}, ${max} or less`;
}
