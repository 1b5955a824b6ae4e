import type { CommandModule } from 'yargs';
import { loadPlugins } from '../../experiments/index.ts';
import { findRule, type RuleDefinition } from '../../rules/index.ts';

export const rule: CommandModule<object, { name: string; plugin: string[] }> = {
  command: 'rule <name>',
  describe: 'Show one learning rule and its options',
  builder: (parser) =>
    parser
      .positional('name', { type: 'string', demandOption: true, describe: 'Name of the rule' })
      .option('plugin', {
        type: 'string',
        array: true,
        default: [] as string[],
        describe: 'File that exports rules of your own',
      }),
  handler: async ({ name, plugin }) => {
    process.stdout.write(describeRule(findRule(name, await loadPlugins(plugin))));
  },
};

function describeRule(definition: RuleDefinition): string {
  const { name, title, summary, source, network } = definition;
  const options = Object.entries(definition.options).map(
    ([option, { default: value, description, choices }]) => {
      const range = choices ? ` (${choices.join(', ')})` : '';
      return `  ${option} = ${value}${range}\n      ${description}`;
    },
  );
  return [
    `${title} (${name})`,
    summary,
    '',
    `source:   ${source}`,
    `network:  ${network}`,
    options.length > 0 ? `options, to be set with --set ${name}.<option>=<value>:` : 'options:  none',
    ...options,
    '',
  ].join('\n');
}
