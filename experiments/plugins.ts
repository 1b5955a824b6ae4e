import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import * as kernels from '../kernels/index.ts';
import { UserError } from '../kernels/index.ts';
import * as networks from '../networks/index.ts';
import * as rules from '../rules/index.ts';
import { defineRule, isRuleDefinition, RULES, type RuleDefinition } from '../rules/index.ts';

/** What `import ... from 'dendrite'` means in a plug-in: the framework that is running, wherever the file lies. */
const DOORS = {
  dendrite: { ...kernels, ...networks, ...rules },
  'dendrite/kernels': kernels,
  'dendrite/networks': networks,
  'dendrite/rules': rules,
};

/**
 * Loads the rules that a TypeScript or JavaScript file exports.
 * @throws UserError when the file is missing, throws, exports no rule, or reuses the name of a rule
 */
export async function loadPlugin(file: string): Promise<RuleDefinition[]> {
  const path = resolve(file);
  if (!existsSync(path)) throw new UserError(`the plug-in ${file} does not exist`);
  // Here, because it takes as long to load as a dataset does.
  const { createJiti } = await import('jiti');
  const jiti = createJiti(import.meta.url, { virtualModules: DOORS, moduleCache: false });
  let module: Record<string, unknown>;
  try {
    module = await jiti.import(path);
  } catch (error) {
    throw new UserError(`the plug-in ${file} could not be loaded: ${firstLine(error)}`);
  }
  const found = [...new Set(Object.values(module))].filter(isRuleDefinition).map((rule) => defineRule(rule));
  if (found.length === 0)
    throw new UserError(
      `the plug-in ${file} exports no rule; write \`export const myRule = defineRule({ ... })\``,
    );
  const taken = found.find(({ name }) => RULES.some((rule) => rule.name === name));
  if (taken)
    throw new UserError(
      `the plug-in ${file} defines '${taken.name}', which is the name of a built-in rule; rename it`,
    );
  return found;
}

/** All rules of several plug-ins. */
export async function loadPlugins(files: readonly string[]): Promise<RuleDefinition[]> {
  const loaded: RuleDefinition[] = [];
  for (const file of files)
    for (const rule of await loadPlugin(file)) {
      if (loaded.some(({ name }) => name === rule.name))
        throw new UserError(`two plug-ins define the rule '${rule.name}'; rename one of them`);
      loaded.push(rule);
    }
  return loaded;
}

export const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).trim().split('\n')[0]!;
