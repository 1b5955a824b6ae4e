import Table from 'cli-table3';
import type { CommandModule } from 'yargs';
import { loadPlugins } from '../../experiments/index.ts';
import { RULES } from '../../rules/index.ts';

export const rules: CommandModule<object, { plugin: string[] }> = {
  command: 'rules',
  describe: 'List the learning rules',
  builder: {
    plugin: { type: 'string', array: true, default: [], describe: 'File that exports rules of your own' },
  },
  handler: async ({ plugin }) => {
    const table = new Table({
      head: ['rule', 'what it does', 'options', 'source'],
      style: { head: [], border: [] },
      wordWrap: true,
      colWidths: [28, 36, 16, 30],
    });
    for (const rule of [...RULES, ...(await loadPlugins(plugin))])
      table.push([rule.name, rule.summary, Object.keys(rule.options).join(', ') || '-', rule.source]);
    process.stdout.write(`${table.toString()}\n'dendrite rule <name>' shows the options of one.\n`);
  },
};
