import Table from 'cli-table3';
import type { CommandModule } from 'yargs';
import { listDatasets } from '../../data/index.ts';

export const datasets: CommandModule = {
  command: 'datasets',
  describe: 'List the datasets',
  handler: () => {
    const table = new Table({
      head: ['dataset', 'training', 'test', 'what it is', 'source'],
      style: { head: [], border: [] },
      wordWrap: true,
      colWidths: [14, 10, 8, 44, 26],
    });
    for (const { name, title, train, test, source } of listDatasets())
      table.push([name, train ?? '-', test ?? '-', title, source]);
    process.stdout.write(`${table.toString()}\n`);
  },
};
