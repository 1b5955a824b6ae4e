import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, extname, relative, resolve } from 'node:path';
import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
} from 'yaml';
import { UserError } from '../kernels/index.ts';
import { type ExperimentDefinition, parseExperiment } from './experiment.schema.ts';
import { describePlace, ExperimentMistake, type Place } from './mistake.ts';
import { applyOverride, type Override } from './override-text.ts';
import { firstLine, importFile } from './plugins.ts';

/** An experiment that was read from a file. */
export interface ExperimentSource {
  /** Paths in it start at the current directory. */
  readonly definition: ExperimentDefinition;
  /** Where something stands, for a person: `experiment.yaml:7: rules[1].options.beta`; empty where the message says it all. */
  locate(place: Place): string;
}

/** What a file holds, before it is checked. */
interface Content {
  readonly value: unknown;
  /** The line of a place, from 1, or of what is around it; null where lines are not known. */
  lineOf(place: Place): number | null;
}

const YAML = ['.yaml', '.yml'];
const SCRIPTS = ['.ts', '.mts', '.js', '.mjs'];

/** Whether a text can only be the name of a file. */
export const isFileName = (text: string): boolean =>
  /[/\\]/.test(text) || [...YAML, ...SCRIPTS].includes(extname(text));

/**
 * Reads an experiment file: YAML, or TypeScript or JavaScript whose default export is `defineExperiment({ ... })`.
 * @param overrides texts `key=value` that replace what the file says, the value in YAML
 * @throws UserError that names file, line and key of the first thing that is wrong
 */
export async function readExperimentFile(
  file: string,
  overrides: readonly string[] = [],
): Promise<ExperimentSource> {
  const path = resolve(file);
  if (!existsSync(path))
    throw new UserError(`the experiment ${file} does not exist; name an experiment file`);
  if (!statSync(path).isFile()) throw new UserError(`${file} is no file; name an experiment file`);
  const content = YAML.includes(extname(file)) ? readYaml(file, path) : await readScript(file, path);
  const applied: Override[] = [];
  const value = overrides.reduce((whole, text) => {
    const override = applyOverride(whole, text);
    applied.push(override);
    return override.value;
  }, content.value);
  const locate = (place: Place): string => {
    const key = place.length === 0 ? '' : `: ${describePlace(place)}`;
    const override = applied.findLast(
      ({ place: changed }) =>
        startsWith(place, changed) || (startsWith(changed, place) && !has(content.value, place)),
    );
    if (override) return `--override '${override.text}'${key}`;
    const line = content.lineOf(place);
    return `${file}${line === null ? '' : `:${line}`}${key}`;
  };
  try {
    return { definition: withPathsFrom(dirname(path), parseExperiment(value)), locate };
  } catch (error) {
    throw toSentence(locate, error);
  }
}

const startsWith = (place: Place, start: Place): boolean => start.every((key, i) => key === place[i]);

const has = (value: unknown, place: Place): boolean =>
  place.reduce<unknown>(
    (part, key) => (part as Record<string | number, unknown> | null | undefined)?.[key],
    value,
  ) !== undefined;

/** A mistake as a UserError that says where it stands; other errors as they are. */
export function toSentence(locate: (place: Place) => string, error: unknown): unknown {
  if (!(error instanceof ExperimentMistake)) return error;
  const where = locate(error.place);
  return new UserError(withoutBreaks(`${where}${where === '' ? '' : ': '}${error.message}`));
}

/** A sentence that quotes what a user wrote, with the characters spelled out that would break its line. */
const withoutBreaks = (text: string): string =>
  text.replaceAll(
    /[\p{Cc}\u2028\u2029]/gu,
    (character) => `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`,
  );

function readYaml(file: string, path: string): Content {
  const counter = new LineCounter();
  const fail = (what: string, offset?: number): UserError => {
    const line = offset === undefined ? '' : `:${counter.linePos(offset).line}`;
    return new UserError(`${file}${line}: ${what.replace(/\.$/, '')}; correct the YAML`);
  };
  const text = decode(file, readFileSync(path));
  try {
    const document = parseDocument(text, { lineCounter: counter, prettyErrors: false });
    const [fault] = [...document.errors, ...document.warnings];
    if (fault) throw fail(firstLine(fault), fault.pos[0]);
    visit(document, {
      Alias: (_, alias) => {
        if (!alias.resolve(document)) throw fail(`there is no anchor &${alias.source}`, alias.range?.[0]);
      },
    });
    return { value: document.toJS(), lineOf: (place) => lineOf(document, counter, place) };
  } catch (error) {
    throw error instanceof UserError ? error : fail(firstLine(error));
  }
}

function decode(file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UserError(`${file} is no text in UTF-8; save it as one`);
  }
}

/** The line of the key or entry at a place, or of the innermost one around it that there is. */
function lineOf(document: Document.Parsed, counter: LineCounter, place: Place): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range[0] ?? 0;
  for (const key of place) {
    const whole = isAlias(node) ? node.resolve(document) : node;
    const item = isSeq(whole)
      ? whole.items[key as number]
      : isMap(whole)
        ? whole.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(key))
        : undefined;
    if (item === undefined) break;
    const start = isPair(item) ? item.key : item;
    offset = (start as { range?: [number, number, number] | null } | null)?.range?.[0] ?? offset;
    node = isPair(item) ? item.value : item;
  }
  return counter.linePos(offset).line;
}

async function readScript(file: string, path: string): Promise<Content> {
  if (!SCRIPTS.includes(extname(file)))
    throw new UserError(
      `the experiment ${file} must end in one of ${[...YAML, ...SCRIPTS].join(', ')}; rename it`,
    );
  const exported = await importFile(`the experiment ${file}`, path);
  if (!Object.hasOwn(exported, 'default'))
    throw new UserError(
      `the experiment ${file} has no default export; write \`export default defineExperiment({ ... })\``,
    );
  return { value: exported.default, lineOf: () => null };
}

/** Paths of plug-ins and of folders of datasets start at the folder of the file; here they start at the current directory. */
function withPathsFrom(folder: string, definition: ExperimentDefinition): ExperimentDefinition {
  return mapPaths(definition, (path) => relative(process.cwd(), resolve(folder, path)) || '.');
}

/** An experiment with other paths of its plug-ins and of the folders of its datasets. */
export function mapPaths(
  definition: ExperimentDefinition,
  change: (path: string) => string,
): ExperimentDefinition {
  const { plugins, dataset } = definition;
  const changeDataset = (name: string) => name.replace(/^idx:(.+)$/s, (_, path) => `idx:${change(path)}`);
  return {
    ...definition,
    ...(plugins && { plugins: plugins.map(change) }),
    ...(dataset && {
      dataset: typeof dataset === 'string' ? changeDataset(dataset) : dataset.map(changeDataset),
    }),
  };
}
