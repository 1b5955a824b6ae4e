import pc from 'picocolors';
import type { CommandModule } from 'yargs';
import { checkRule, loadPlugin } from '../../experiments/index.ts';
import { useColour } from '../options.ts';

export const check: CommandModule<object, { file: string }> = {
  command: 'check <file>',
  describe: 'Check rules of your own: shapes, finite values, determinism, devices, learning',
  builder: (parser) =>
    parser.positional('file', {
      type: 'string',
      demandOption: true,
      describe: 'File (.ts or .js) that exports rules',
    }),
  handler: async ({ file }) => {
    const { green, red } = pc.createColors(useColour());
    for (const rule of await loadPlugin(file)) {
      process.stdout.write(`${rule.name}\n`);
      for (const { check, passed, detail } of await checkRule(rule)) {
        process.stdout.write(`  ${passed ? green('ok  ') : red('FAIL')} ${check}: ${detail}\n`);
        if (!passed) process.exitCode = 1;
      }
    }
  },
};
