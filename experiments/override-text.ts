import { parseDocument } from 'yaml';
import { UserError } from '../kernels/index.ts';
import type { Place } from './mistake.ts';
import { firstLine } from './plugins.ts';

/** What `key=value` did to an experiment. */
export interface Override {
  readonly text: string;
  /** Of the key, in the experiment. */
  readonly place: Place;
  /** The whole experiment, with the new value in it. */
  readonly value: unknown;
}

/**
 * Replaces or adds one value of an experiment that is not checked yet.
 * @param text `key=value`: keys with dots between them, a list's entry by its number from 0, a rule by its name or id; the value in YAML
 * @throws UserError naming the text
 */
export function applyOverride(experiment: unknown, text: string): Override {
  const match = /^([^=]+)=(.+)$/s.exec(text);
  if (!match) throw new UserError(`--override '${text}' must have the form key=value`);
  const keys = match[1]!.replace(/\[(\d+)\]/g, '.$1').split('.');
  if (keys.includes('')) throw new UserError(`--override '${text}' has an empty key; write a.b=value`);
  const place: (string | number)[] = [];
  const value = replaceAt(experiment, keys, readValue(text, match[2]!), place, text);
  return { text, place, value };
}

function readValue(text: string, yaml: string): unknown {
  try {
    const document = parseDocument(yaml, { prettyErrors: false });
    const [fault] = [...document.errors, ...document.warnings];
    if (fault) throw fault;
    return document.toJS();
  } catch (error) {
    throw new UserError(`--override '${text}': the value is no YAML: ${firstLine(error).replace(/\.$/, '')}`);
  }
}

type Table = Readonly<Record<string, unknown>>;

/** A copy with another value; notes in `place` the way to it. */
function replaceAt(
  part: unknown,
  [key, ...rest]: readonly string[],
  value: unknown,
  place: (string | number)[],
  text: string,
): unknown {
  if (key === undefined) return value;
  if (Array.isArray(part)) {
    const index = entryOf(part, key);
    if (index < 0)
      throw new UserError(
        `--override '${text}': ${nameOf(place)} is a list without an entry '${key}'; it has ${part.length}, numbered from 0`,
      );
    place.push(index);
    return part.with(index, replaceAt(part[index], rest, value, place, text));
  }
  const table = tableOf(part, place);
  if (table === null)
    throw new UserError(
      `--override '${text}': ${nameOf(place)} is a single value without '${key}'; replace it as a whole`,
    );
  place.push(key);
  return {
    ...table,
    [key]: replaceAt(Object.hasOwn(table, key) ? table[key] : undefined, rest, value, place, text),
  };
}

const nameOf = (place: Place): string => (place.length === 0 ? 'the experiment' : place.join('.'));

const entryOf = (list: readonly unknown[], key: string): number =>
  /^\d+$/.test(key)
    ? Number(key) < list.length
      ? Number(key)
      : -1
    : list.findIndex((entry) => {
        const { rule, id } = (typeof entry === 'string' ? { rule: entry } : (entry ?? {})) as Table;
        return key === id || (id === undefined && key === rule);
      });

/** A rule that is named alone is as good as one with nothing of its own. */
function tableOf(part: unknown, place: Place): Table | null {
  if (part === undefined || part === null) return {};
  if (typeof part === 'object') return part as Table;
  return typeof part === 'string' && place.length === 2 && place[0] === 'rules' ? { rule: part } : null;
}
