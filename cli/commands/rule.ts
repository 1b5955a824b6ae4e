import type { CommandModule } from 'yargs';
import { loadPlugins } from '../../experiments/index.ts';
import { describePlausibility, equationLines, findRule, type RuleDefinition } from '../../rules/index.ts';

/** Those of `dendrite compare`: a recipe can depend on the size of the network. */
const DEFAULT_LAYERS = [784, 500, 10];

export const rule: CommandModule<object, { name: string; plugin: string[] }> = {
  command: 'rule <name>',
  describe: 'Show one learning rule: its mathematics, what it plausibility, its options',
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
  const { name, title, summary, source, family, network, plausibility, notes } = definition;
  const options = Object.entries(definition.options).flatMap(
    ([option, { default: value, description, choices }]) => [
      `${option} = ${value}${choices ? ` (${choices.join(', ')})` : ''}`,
      `    ${description}`,
    ],
  );
  const ledger = plausibility ? describePlausibility(plausibility) : [];
  const { options: ownOptions, ...settings } = definition.recipe?.(DEFAULT_LAYERS) ?? {};
  const recipe = Object.entries({ ...settings, ...ownOptions });
  return [
    `${title} (${name})`,
    summary,
    '',
    `source:   ${source}`,
    ...(family ? [`family:   ${family}`] : []),
    `network:  ${network}`,
    ...section('mathematics', equationLines(definition)),
    ...section('notes', notes ? [notes] : []),
    ...section(
      'assumes',
      ledger.map(([part, words]) => `${part.padEnd(16)}  ${words}`),
    ),
    ...section(
      `trained, where you do not choose, with (for layers ${DEFAULT_LAYERS})`,
      recipe.map(([setting, value]) => `${setting} ${value}`),
    ),
    ...section(`options, to be set with --set ${name}.<option>=<value>`, options),
    '',
  ].join('\n');
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => `  ${line}`)];
