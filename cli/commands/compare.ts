import { availableParallelism } from 'node:os';
import type { Argv, Options } from 'yargs';
import { type CompareOptions, compare as compareRules, loadPlugins } from '../../experiments/index.ts';
import { DIAGNOSTICS, TASKS, usage } from '../../training/index.ts';
import type { Command } from '../command.ts';
import { exitCodeOf, follow } from '../follow.ts';
import {
  parseAxes,
  parseList,
  parseRules,
  parseSeconds,
  parseSeeds,
  parseSettings,
  parseText,
  parseWhole,
  pluginOption,
  settingOptions,
} from '../options.ts';
import { printComparison } from '../print-comparison.ts';
import { TensorBoardLogs, tensorBoardOption } from '../tensorboard.ts';

/** One of each family. */
const HEADLINE_RULES = 'backprop,feedback-alignment,equilibrium-propagation,segregated-dendrite';

const EXPERIMENT = 'What is compared:';
const TRAINING = 'Training (a recipe or the task may have defaults of its own):';
const MACHINE = 'Device:';
const OUTPUT = 'Output:';

/** yargs would show a text in quotes, a number among them. */
const withDefault = (value: string) => ({ default: value, defaultDescription: value });

const options = {
  rules: {
    type: 'string',
    ...withDefault(HEADLINE_RULES),
    group: EXPERIMENT,
    describe: 'Rules to compare, separated by commas',
  },
  dataset: {
    type: 'string',
    ...withDefault('mnist'),
    group: EXPERIMENT,
    describe: "One of 'dendrite datasets', e.g. idx:<folder>",
  },
  task: {
    type: 'string',
    ...withDefault('classify'),
    group: EXPERIMENT,
    describe: 'What is learned and scored: see below',
  },
  validation: {
    type: 'string',
    ...withDefault('0'),
    group: EXPERIMENT,
    describe: 'Training examples to set aside for a validation score',
  },
  seeds: {
    type: 'string',
    ...withDefault('3'),
    group: EXPERIMENT,
    describe: 'How many seeds, or which: 5 or 1,2,7',
  },
  recipe: {
    type: 'string',
    array: true,
    requiresArg: true,
    group: EXPERIMENT,
    describe: "Published settings of a rule: rule=name; 'dendrite rule <name>' lists them",
  },
  set: {
    type: 'string',
    array: true,
    requiresArg: true,
    group: EXPERIMENT,
    describe:
      "An option of a rule, or a setting for it alone: rule.name=value; 'dendrite rule <name>' lists the options, the settings are those under Training",
  },
  vary: {
    type: 'string',
    array: true,
    requiresArg: true,
    group: EXPERIMENT,
    describe:
      "Compare several values: rule.option=a,b,c or, in quotes, 'setting=a|b|c'; recipes too: rule.recipe=a,b; several --vary form the grid",
  },
  plugin: { ...pluginOption('rules, datasets, tasks or diagnostics'), group: EXPERIMENT },
  ...settingOptions(TRAINING),
  device: {
    choices: ['auto', 'cpu', 'gpu'],
    ...withDefault('auto'),
    group: MACHINE,
    describe: 'Where to compute',
  },
  backend: {
    choices: ['auto', 'webgpu', 'headlessgl', 'webasm', 'cpu'],
    group: MACHINE,
    describe: 'Of gpu.js, with --device gpu',
  },
  blas: {
    type: 'string',
    group: MACHINE,
    describe: 'auto, none (bit-exact), fma, or a BLAS library to load',
  },
  jobs: {
    type: 'string',
    ...withDefault(String(availableParallelism())),
    group: MACHINE,
    describe: 'Runs at the same time',
  },
  diagnostics: {
    type: 'string',
    ...withDefault('angle'),
    group: OUTPUT,
    describe:
      'What to measure after each epoch, into metrics.jsonl and --json: names from the list below, separated by commas, or all, or none',
  },
  out: {
    type: 'string',
    ...withDefault('runs'),
    group: OUTPUT,
    describe: "Folder for the comparison's folder",
  },
  checkpoint: {
    choices: ['last', 'every', 'none'],
    ...withDefault('last'),
    group: OUTPUT,
    describe:
      "Checkpoints that stay in each run's folder, from which 'dendrite resume' goes on: the newest two, every one, or none",
  },
  'checkpoint-every': {
    type: 'string',
    group: OUTPUT,
    describe: 'Seconds between the checkpoints of a run, within epochs too; left out: one after each epoch',
  },
  tensorboard: { ...tensorBoardOption, group: OUTPUT },
  json: {
    type: 'boolean',
    default: false,
    group: OUTPUT,
    describe: 'Print one JSON document instead of the table',
  },
} satisfies Record<string, Options>;

const described = (items: readonly { name: string; description: string }[]): string =>
  items.map(({ name, description }) => `  ${name}: ${description}`).join('\n');

export const compare: Command<CompareArguments> = {
  command: 'compare',
  describe: 'Train networks by several rules and compare them',
  builder: (parser: Argv) =>
    parser
      .options(options)
      .example('$0 compare --rules backprop,feedback-alignment --seeds 5', 'five seeds of two rules')
      .example('$0 compare --dataset mnist-full --epochs 20 --batch 100', 'all of MNIST')
      .example('$0 compare --set feedback-alignment.feedbackScale=0.2', 'an option of a rule')
      .example("$0 compare --rules backprop --vary 'layers=784,100,10|784,500,10'", 'two widths')
      .epilogue(
        `Tasks:\n${described(TASKS.map((task) => ({ ...task, name: usage(task) })))}\n\n` +
          `Diagnostics:\n${described(DIAGNOSTICS)}`,
      ) as never,
  handler: async (args) => {
    const comparison = await readArguments(args);
    const logs = args.tensorboard ? await TensorBoardLogs.load() : null;
    const { result, stopped } = await follow((events) =>
      compareRules(comparison, logs?.follow(events) ?? events),
    );
    if (stopped !== null) return stopped;
    printComparison(result, args.json);
    logs?.end();
    return exitCodeOf(result);
  },
};

async function readArguments(args: CompareArguments): Promise<CompareOptions> {
  const jobs = parseWhole('jobs', args.jobs, 1);
  const plugins = await loadPlugins((args.plugin ?? []).map((file) => parseText('plugin', file)));
  return {
    dataset: parseText('dataset', args.dataset),
    task: parseText('task', args.task),
    validation: parseWhole('validation', args.validation, 0),
    seeds: parseSeeds(args.seeds),
    diagnostics: parseList('diagnostics', args.diagnostics),
    settings: parseSettings(args as unknown as Record<string, unknown>),
    rules: parseRules(args.rules, args.set ?? [], args.recipe ?? [], plugins.rules),
    vary: parseAxes(args.vary ?? []),
    device: {
      device: args.device,
      ...(args.backend !== undefined && { backend: args.backend }),
      ...(args.blas !== undefined && { blas: parseText('blas', args.blas) }),
    },
    plugins,
    out: parseText('out', args.out),
    jobs,
    checkpoint: args.checkpoint,
    ...(args['checkpoint-every'] !== undefined && {
      checkpointEvery: parseSeconds('checkpoint-every', args['checkpoint-every']),
    }),
  };
}

interface CompareArguments {
  rules: string;
  dataset: string;
  task: string;
  validation: string;
  seeds: string;
  recipe?: string[];
  set?: string[];
  vary?: string[];
  plugin?: string[];
  device: 'auto' | 'cpu' | 'gpu';
  backend?: 'auto' | 'webgpu' | 'headlessgl' | 'webasm' | 'cpu';
  blas?: string;
  jobs: string;
  diagnostics: string;
  out: string;
  checkpoint: 'last' | 'every' | 'none';
  'checkpoint-every'?: string;
  tensorboard: boolean;
  json: boolean;
}
