import type { CommandModule } from 'yargs';
import { loadPlugins } from '../../experiments/index.ts';
import { RULES } from '../../rules/index.ts';
import { rulesTable } from '../rules-table.ts';

export const rules: CommandModule<object, { plugin: string[] }> = {
  command: 'rules',
  describe: 'List the learning rules, and what each assumes of the brain',
  builder: {
    plugin: { type: 'string', array: true, default: [], describe: 'File that exports rules of your own' },
  },
  handler: async ({ plugin }) => {
    process.stdout.write(rulesTable([...RULES, ...(await loadPlugins(plugin))]));
  },
};
