import pc from 'picocolors';
import { checkRule, loadPlugin } from '../../experiments/index.ts';
import { UserError } from '../../kernels/index.ts';
import type { Command } from '../command.ts';
import { print, useColour } from '../output.ts';

export const check: Command<{ file: string }> = {
  command: 'check <file>',
  describe: 'Check rules of your own: shapes, finite values, determinism, devices, learning',
  builder: (parser) =>
    parser.positional('file', {
      type: 'string',
      demandOption: true,
      describe: 'File (.ts or .js) that exports rules',
    }),
  handler: async ({ file }) => {
    const { rules } = await loadPlugin(file);
    if (rules.length === 0) throw new UserError(`the plug-in ${file} exports no rule to check`);
    const { green, red, yellow } = pc.createColors(useColour());
    let allPassed = true;
    for (const rule of rules) {
      print(`${rule.name}\n`);
      for (const { check, passed, detail } of await checkRule(rule)) {
        const mark = passed ? green('ok  ') : passed === null ? yellow('skip') : red('FAIL');
        print(`  ${mark} ${check}: ${detail}\n`);
        allPassed &&= passed === true;
      }
    }
    return allPassed ? 0 : 1;
  },
};
