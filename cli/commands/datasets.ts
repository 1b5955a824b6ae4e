import Table from 'cli-table3';
import { listDatasets } from '../../data/index.ts';
import { loadPlugins } from '../../experiments/index.ts';
import type { Command } from '../command.ts';
import { pluginOption } from '../options.ts';
import { print } from '../output.ts';

export const datasets: Command<{ plugin?: string[] }> = {
  command: 'datasets',
  describe: 'List the datasets',
  builder: { plugin: pluginOption('datasets') },
  handler: async ({ plugin = [] }) => {
    const table = new Table({
      head: ['dataset', 'training', 'test', 'what it is', 'source'],
      style: { head: [], border: [] },
      wordWrap: true,
      colWidths: [14, 10, 8, 44, 26],
    });
    for (const { name, title, train, test, source } of listDatasets((await loadPlugins(plugin)).datasets))
      table.push([name, train ?? '-', test ?? '-', title, source]);
    print(`${table.toString()}\n`);
  },
};
