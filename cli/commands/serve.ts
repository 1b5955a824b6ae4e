import { shellQuoted } from '../../experiments/index.ts';
import { UserError } from '../../kernels/index.ts';
import type { Command } from '../command.ts';
import { onInterrupt } from '../interrupt.ts';
import { parseWhole } from '../options.ts';
import { print } from '../output.ts';
import { serveDashboard } from '../serve/server.ts';

const PORT = 4747;

export const serve: Command<{ folder: string; port: string }> = {
  command: 'serve [folder]',
  describe: 'Serve the dashboard of the comparisons in a folder, to a browser on this machine',
  builder: (parser) =>
    parser
      .positional('folder', {
        type: 'string',
        default: 'runs',
        describe: 'Folder of a comparison, or one that holds some',
      })
      .option('port', {
        type: 'string',
        requiresArg: true,
        default: String(PORT),
        describe: 'Where to listen on 127.0.0.1; 0 is any that is free',
      }),
  handler: async ({ folder, port }) => {
    const dashboard = await serveDashboard(folder, parsePort(port));
    print(`${dashboard.url} shows ${shellQuoted(folder)}; Ctrl-C ends it\n`);
    await new Promise<void>((resolve) => {
      const interrupt = onInterrupt(() => {
        interrupt.release();
        resolve();
      });
    });
    await dashboard.close();
  },
};

const LARGEST_PORT = 65_535;

function parsePort(text: string): number {
  const port = parseWhole('port', text, 0);
  if (port > LARGEST_PORT)
    throw new UserError(`--port '${text}' must be ${LARGEST_PORT} or less; 0 is any that is free`);
  return port;
}
