import { checkRepeatable, type Repetition, repeatRun } from '../../experiments/index.ts';
import type { Command } from '../command.ts';
import { follow } from '../follow.ts';
import { parseText } from '../options.ts';
import { print } from '../output.ts';

export const repeat: Command<{ folder: string; out: string; check: boolean }> = {
  command: 'repeat <folder>',
  describe: 'Run a stored run again, and say whether it gave the same bits',
  builder: (parser) =>
    parser
      .positional('folder', { type: 'string', demandOption: true, describe: 'Folder of a run' })
      .option('out', { type: 'string', default: 'runs', describe: 'Folder for the new folder' })
      .option('check', {
        type: 'boolean',
        default: false,
        describe: 'Exit with 1 when the bits are not the same',
      }),
  handler: async ({ folder, out, check }) => {
    if (check) checkRepeatable(folder);
    const { result, stopped } = await follow((events) => repeatRun(folder, parseText('out', out), events));
    if (stopped !== null) return stopped;
    print(`${describe(folder, result)}\n`);
    const failed = result.repeated.status === 'failed' && result.original.status !== 'failed';
    return failed || (check && result.difference !== null) ? 1 : 0;
  },
};

function describe(folder: string, { original, repeated, document, difference }: Repetition): string {
  const { scored, score: means } = document.experiment;
  const { label, unit, digits } = means;
  const { last } = scored ? repeated.validationScore! : repeated.testScore;
  const score = last === null ? 'no score' : `${label.toLowerCase()} ${last.toFixed(digits)} ${unit}`;
  const { condition, seed } = original.spec;
  const end = repeated.reason ? `${repeated.status} (${repeated.reason})` : repeated.status;
  return (
    `${condition.label} seed ${seed} of ${folder} is repeated in ${repeated.folder}: ${end}, ${score}; ` +
    (difference === null ? 'all bits are the same' : `not the same bits: ${difference}`)
  );
}
