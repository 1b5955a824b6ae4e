import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as data from '../data/index.ts';
import { type DatasetDefinition, isDatasetDefinition } from '../data/index.ts';
import * as kernels from '../kernels/index.ts';
import { UserError } from '../kernels/index.ts';
import * as networks from '../networks/index.ts';
import * as rules from '../rules/index.ts';
import { defineRule, isRuleDefinition, RULES } from '../rules/index.ts';
import * as training from '../training/index.ts';
import { DIAGNOSTICS, isDiagnostic, isTaskDefinition, TASKS } from '../training/index.ts';
import type { Extensions } from './experiment.ts';

/** What `import ... from 'dendrite'` means in a plug-in: the framework that is running, wherever the file lies. */
const ENTRY_POINTS = {
  dendrite: { ...kernels, ...networks, ...rules, ...data, ...training },
  'dendrite/kernels': kernels,
  'dendrite/networks': networks,
  'dendrite/rules': rules,
  'dendrite/data': data,
};

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
  const all: Plugins[] = [];
  for (const file of files) all.push(await loadPlugin(file));
  const joined: Plugins = {
    rules: all.flatMap((one) => one.rules),
    tasks: all.flatMap((one) => one.tasks),
    diagnostics: all.flatMap((one) => one.diagnostics),
    datasets: all.flatMap((one) => one.datasets),
    files: all.flatMap((one) => one.files),
  };
  for (const [kind, items] of namedKinds(joined))
    for (const [i, { name }] of items.entries()) {
      const first = items.findIndex((item) => item.name === name);
      if (first < i) throw new UserError(`two plug-ins define the ${kind} '${name}'; rename one of them`);
    }
  return joined;
}

/** The contents of one file. @throws UserError as `loadPlugins` */
export async function loadPlugin(file: string): Promise<Plugins> {
  const path = resolve(file);
  if (!existsSync(path)) throw new UserError(`the plug-in ${file} does not exist`);
  const exported = [...new Set(Object.values(await importFile(file, path)))];
  const plugin: Plugins = {
    rules: exported.filter(isRuleDefinition).map((rule) => defineRule(rule)),
    tasks: exported.filter(isTaskDefinition),
    diagnostics: exported.filter(isDiagnostic),
    datasets: exported.filter(isDatasetDefinition),
    files: [{ path, hash: createHash('sha256').update(readFileSync(path)).digest('hex') }],
  };
  const kinds = namedKinds(plugin);
  if (kinds.every(([, items]) => items.length === 0))
    throw new UserError(
      `the plug-in ${file} exports no rule, task, diagnostic or dataset; write \`export const myRule = defineRule({ ... })\``,
    );
  for (const [kind, items, builtIn] of kinds) refuseTakenNames(file, kind, items, builtIn);
  return plugin;
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
  ['dataset', datasets, data.listDatasets()],
];

function refuseTakenNames(
  file: string,
  kind: string,
  items: readonly Name[],
  builtIn: readonly Name[],
): void {
  const names = items.map(({ name }) => name);
  const taken = names.find((name) => builtIn.some((one) => one.name === name));
  if (taken !== undefined)
    throw new UserError(
      `the plug-in ${file} defines '${taken}', which is the name of a built-in ${kind}; rename it`,
    );
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined)
    throw new UserError(`the plug-in ${file} defines the ${kind} '${repeated}' twice; rename one of the two`);
}

async function importFile(file: string, path: string): Promise<Record<string, unknown>> {
  // Here, because it takes as long to load as a dataset does.
  const { createJiti } = await import('jiti');
  const jiti = createJiti(import.meta.url, { virtualModules: ENTRY_POINTS, moduleCache: false });
  try {
    return await jiti.import(path);
  } catch (error) {
    throw new UserError(`the plug-in ${file} could not be loaded: ${firstLine(error)}`);
  }
}

export const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).trim().split('\n')[0]!;
