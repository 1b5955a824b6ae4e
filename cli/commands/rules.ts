import { loadPlugins } from '../../experiments/index.ts';
import { RULES } from '../../rules/index.ts';
import type { Command } from '../command.ts';
import { pluginOption } from '../options.ts';
import { print } from '../output.ts';
import { rulesTable } from '../rules-table.ts';

export const rules: Command<{ plugin?: string[] }> = {
  command: 'rules',
  describe: 'List the learning rules, and what each assumes of the brain',
  builder: { plugin: pluginOption('rules') },
  handler: async ({ plugin = [] }) => {
    print(rulesTable([...RULES, ...(await loadPlugins(plugin)).rules]));
  },
};
