import { loadPlugins } from '../../experiments/index.ts';
import {
  describePlausibility,
  describeRecipe,
  describeSearch,
  describeValues,
  equationLines,
  findRule,
  type OptionDefinition,
  type Recipe,
  type RuleDefinition,
} from '../../rules/index.ts';
import { declaredSpace } from '../../training/index.ts';
import type { Command } from '../command.ts';
import { pluginOption } from '../options.ts';
import { print } from '../output.ts';

/** Those of `dendrite compare`: a recipe can depend on the size of the network. */
const DEFAULT_LAYERS = [784, 500, 10];

export const rule: Command<{ name: string; plugin: string[] | undefined }> = {
  command: 'rule <name>',
  describe: 'Show one learning rule: its mathematics, what it assumes, its recipes and options',
  builder: (parser) =>
    parser
      .positional('name', { type: 'string', demandOption: true, describe: 'Name of the rule' })
      .option('plugin', pluginOption('rules')),
  handler: async ({ name, plugin = [] }) => {
    print(describeRule(findRule(name, (await loadPlugins(plugin)).rules)));
  },
};

function describeRule(definition: RuleDefinition): string {
  const { name, title, summary, source, family, network, plausibility, notes, recipes = [] } = definition;
  return [
    `${title} (${name})`,
    summary,
    '',
    `source:   ${source}`,
    ...(family ? [`family:   ${family}`] : []),
    `network:  ${network.name}`,
    ...section('mathematics', equationLines(definition)),
    ...section('notes', notes ? [notes] : []),
    ...section('assumes', plausibility ? pairs(describePlausibility(plausibility)) : []),
    ...section(
      `recipes, for layers ${DEFAULT_LAYERS}; the first holds where you do not choose, --recipe ${name}=<name> takes another`,
      recipes.flatMap(recipeLines),
    ),
    ...section(
      `options, to be set with --set ${name}.<option>=<value>`,
      Object.entries(definition.options).flatMap(optionLines),
    ),
    ...section(
      'searched by --tune, where an experiment file does not say otherwise',
      pairs(Object.entries(declaredSpace(definition)).map(([key, search]) => [key, describeSearch(search)])),
    ),
    '',
  ].join('\n');
}

const recipeLines = (recipe: Recipe): string[] => [
  recipe.name,
  `    ${recipe.source}`,
  ...(recipe.figure ? [`    ${recipe.figure}`] : []),
  ...pairs(describeRecipe(recipe, DEFAULT_LAYERS)).map((line) => `    ${line}`),
];

const optionLines = ([name, option]: [string, OptionDefinition]): string[] => [
  `${name} = ${option.default} (${describeValues(option)})`,
  `    ${option.description}`,
];

const pairs = (entries: readonly (readonly [name: string, value: string])[]): string[] =>
  entries.map(([name, value]) => `${name.padEnd(16)}  ${value}`);

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => `  ${line}`)];
