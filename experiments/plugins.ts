import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DATASETS, type DatasetDefinition, defineDataset, isDatasetDefinition } from '../data/index.ts';
import { UserError } from '../kernels/index.ts';
import { defineRule, isRuleDefinition, RULES } from '../rules/index.ts';
import { DIAGNOSTICS, isDiagnostic, isTaskDefinition, TASKS } from '../training/index.ts';
import type { Extensions } from './experiment.ts';

/** The entry points of the package, and the files that they are. */
export const ENTRY_POINTS: Readonly<Record<string, string>> = {
  dendrite: 'index',
  'dendrite/browser': 'browser',
};

/**
 * What `import ... from 'dendrite'` means in a plug-in: the framework that is running, wherever the file lies. By URL, since
 * entry points import this file.
 */
async function entryPoints(): Promise<Record<string, object>> {
  const extension = extname(import.meta.url);
  const modules = Object.entries(ENTRY_POINTS).map(async ([name, file]) => [
    name,
    await import(new URL(`../${file}${extension}`, import.meta.url).href),
  ]);
  return Object.fromEntries(await Promise.all(modules));
}

/** What plug-in files add to the framework. */
export interface Plugins extends Extensions {
  readonly datasets: readonly DatasetDefinition[];
  /** The files, with the SHA-256 of each. */
  readonly files: readonly { readonly path: string; readonly hash: string }[];
}

/**
 * Loads the rules, tasks, diagnostics and datasets that TypeScript or JavaScript files export.
 * @throws UserError when a file is missing, throws, exports nothing of use, or reuses a name
 */
export async function loadPlugins(files: readonly string[]): Promise<Plugins> {
  const paths = files.map((file) => resolve(file));
  const repeated = files.find((_, i) => paths.indexOf(paths[i]!) < i);
  if (repeated !== undefined) throw new UserError(`the plug-in ${repeated} is named twice; name it once`);
  const all: Plugins[] = [];
  for (const file of files) all.push(await loadPlugin(file));
  const joined: Plugins = {
    rules: all.flatMap((one) => one.rules),
    tasks: all.flatMap((one) => one.tasks),
    diagnostics: all.flatMap((one) => one.diagnostics),
    datasets: all.flatMap((one) => one.datasets),
    files: all.flatMap((one) => one.files),
  };
  for (const [kind, items] of namedKinds(joined)) {
    const name = firstRepeated(items);
    if (name !== null) throw new UserError(`two plug-ins define the ${kind} '${name}'; rename one of them`);
  }
  return joined;
}

/** The first name that two of them have, or null. */
function firstRepeated(items: readonly Name[]): string | null {
  const names = items.map(({ name }) => name);
  return names.find((name, i) => names.indexOf(name) !== i) ?? null;
}

/** The contents of one file. @throws UserError as `loadPlugins` */
export async function loadPlugin(file: string): Promise<Plugins> {
  const path = resolve(file);
  if (!existsSync(path)) throw new UserError(`the plug-in ${file} does not exist`);
  const exported = [...new Set(Object.values(await importFile(`the plug-in ${file}`, path)))];
  const plugin: Plugins = {
    rules: exported.filter(isRuleDefinition).map((rule) => defineRule(rule)),
    tasks: exported.filter(isTaskDefinition),
    diagnostics: exported.filter(isDiagnostic),
    datasets: exported.filter(isDatasetDefinition).map((dataset) => defineDataset(dataset)),
    files: [{ path, hash: hashOf(path) }],
  };
  const kinds = namedKinds(plugin);
  if (kinds.every(([, items]) => items.length === 0))
    throw new UserError(
      `the plug-in ${file} exports no rule, task, diagnostic or dataset; write \`export const myRule = defineRule({ ... })\``,
    );
  for (const [kind, items, builtIn] of kinds) refuseTakenNames(file, kind, items, builtIn);
  return plugin;
}

const hashOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

/**
 * Whether plug-ins that a run used are still what they were.
 * @throws UserError naming the one that is not
 */
export function checkPlugins(files: Plugins['files']): void {
  for (const { path, hash } of files) {
    if (!existsSync(path))
      throw new UserError(`the plug-in ${path}, which the run used, does not exist any more; bring it back`);
    const now = hashOf(path);
    if (now !== hash)
      throw new UserError(
        `the plug-in ${path} has changed since the run (SHA-256 ${now.slice(0, 12)}..., not ${hash.slice(0, 12)}...): bring back the file that it used`,
      );
  }
}

interface Name {
  readonly name: string;
}

const namedKinds = ({
  rules,
  tasks,
  diagnostics,
  datasets,
}: Plugins): [string, readonly Name[], readonly Name[]][] => [
  ['rule', rules, RULES],
  ['task', tasks, TASKS],
  ['diagnostic', diagnostics, DIAGNOSTICS],
  ['dataset', datasets, DATASETS],
];

function refuseTakenNames(
  file: string,
  kind: string,
  items: readonly Name[],
  builtIn: readonly Name[],
): void {
  const taken = items.find(({ name }) => builtIn.some((one) => one.name === name));
  if (taken)
    throw new UserError(
      `the plug-in ${file} defines '${taken.name}', which is the name of a built-in ${kind}; rename it`,
    );
  const repeated = firstRepeated(items);
  if (repeated !== null)
    throw new UserError(`the plug-in ${file} defines the ${kind} '${repeated}' twice; rename one of the two`);
}

/**
 * What a TypeScript or JavaScript file exports; in it, `import ... from 'dendrite'` means the framework that is running.
 * @param what the file is, for the message
 * @throws UserError when it cannot be loaded
 */
export async function importFile(what: string, path: string): Promise<Record<string, unknown>> {
  // Here, because it takes as long to load as a dataset does.
  const { createJiti } = await import('jiti');
  const jiti = createJiti(import.meta.url, { virtualModules: await entryPoints(), moduleCache: false });
  try {
    return await unlessNothingIsLeft(jiti.import<Record<string, unknown>>(path));
  } catch (error) {
    const place = placeOf(error, path);
    throw new UserError(
      `${what} could not be loaded: ${place ? `${place.what} (${place.where})` : firstLine(error)}`,
    );
  }
}

/** Rejects too when the process would end before the work does: what a plug-in awaits will never come. */
const unlessNothingIsLeft = <T>(work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const end = (): void => reject(new Error('it awaits something that never comes'));
    process.once('beforeExit', end);
    work.then(resolve, reject).finally(() => process.off('beforeExit', end));
  });

/** What is wrong with a plug-in and where, as far as the error tells; `path` is that of the plug-in. */
function placeOf(error: unknown, path: string): { what: string; where: string } | null {
  if (!(error instanceof Error)) return null;
  const within = (file: string): string => (file === path ? '' : `${file}, `);
  const parsed = /^ParseError: (.*?)\s*\n\s*(.*):(\d+):(\d+)$/s.exec(error.message);
  if (parsed) {
    const [, what, file, line, column] = parsed as unknown as [string, string, string, string, string];
    // The parser counts columns from 0, editors from 1.
    return { what, where: `${within(file)}line ${line}, column ${Number(column) + 1}` };
  }
  const frame = framesOf(error).find(({ file }) => isOfPlugin(file, path));
  return frame ? { what: firstLine(error), where: `${within(frame.file)}line ${frame.line}` } : null;
}

const framesOf = ({ stack = '' }: Error): { file: string; line: number }[] =>
  [...stack.matchAll(/(?:\(|at (?:async )?)((?:file:\/\/)?\/[^()\n]*?):(\d+):\d+\)?$/gm)].map(
    ([, file, line]) => ({
      file: file!.startsWith('file:') ? fileURLToPath(file!) : file!,
      line: Number(line),
    }),
  );

/** The plug-in itself, and files beside or below it that are not of a package or of the framework. */
function isOfPlugin(file: string, path: string): boolean {
  if (file === path) return true;
  const framework = resolve(dirname(fileURLToPath(import.meta.url)), '..') + sep;
  return (
    file.startsWith(dirname(path) + sep) &&
    !file.includes(`${sep}node_modules${sep}`) &&
    !file.startsWith(framework)
  );
}

export const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message || error.name : String(error)).trim().split('\n')[0]!;
