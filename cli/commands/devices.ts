import Table from 'cli-table3';
import { listDevices } from '../../devices/index.ts';
import type { Command } from '../command.ts';
import { print } from '../output.ts';

export const devices: Command<{ json: boolean }> = {
  command: 'devices',
  describe: 'List what this machine can compute on, measured, and why the rest is missing',
  builder: { json: { type: 'boolean', default: false, describe: 'Print JSON' } },
  handler: async ({ json }) => {
    const listings = await listDevices();
    print(`${json ? JSON.stringify(listings, null, 2) : deviceTable(listings)}\n`);
  },
};

function deviceTable(listings: Awaited<ReturnType<typeof listDevices>>): string {
  const table = new Table({
    head: ['--device', 'backend', 'GFLOP/s', 'hardware, or why it is missing'],
    colAligns: ['left', 'left', 'right', 'left'],
    colWidths: [10, 18, 9, 66],
    style: { head: [], border: [] },
    wordWrap: true,
  });
  for (const { device, backend, available, gflops, hardware, reason } of listings)
    table.push([
      device,
      backend,
      available ? gflops!.toFixed(1) : '-',
      (available ? hardware : reason) ?? '',
    ]);
  return `${table.toString()}\nMeasured in products of a 100x784 and a 784x500 matrix.`;
}
