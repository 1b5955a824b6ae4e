import { availableParallelism } from 'node:os';
import type { Argv, Options } from 'yargs';
import {
  checkSavedName,
  type ExperimentDefinition,
  loadPlugins,
  type Place,
  type PlannedExperiment,
  planExperiment,
  saveExperiment,
} from '../../experiments/index.ts';
import { UserError } from '../../kernels/index.ts';
import { DIAGNOSTICS, optionName, TASKS, usage } from '../../training/index.ts';
import type { Command } from '../command.ts';
import { printEstimates } from '../dry-run.ts';
import {
  baselinesOption,
  dryRunOption,
  parseContrast,
  parseGrid,
  parseJobs,
  parseList,
  parseMargin,
  parseSeeds,
  parseText,
  parseWhole,
  pluginOption,
  settingOptions,
  type TuneArguments,
  tuneOf,
  tuneOptions,
} from '../options.ts';
import { printComparison } from '../print-comparison.ts';
import { parseCheckpoints, type RecordingArguments, recordingOptionsIn } from '../recording.ts';
import { runPlanned } from '../run-planned.ts';
import { parseSlurm, type SlurmArguments, slurmOptions, submitPlanned } from '../slurm.ts';

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
    describe: "One of 'dendrite datasets', e.g. idx:<folder>, or a part of its training set: mnist-full@600",
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
  contrast: {
    type: 'string',
    array: true,
    requiresArg: true,
    group: EXPERIMENT,
    describe:
      'Two conditions to compare, by their ids: a:b judges a against b; every one against the first of backprop, or else the first, when left out',
  },
  equivalence: {
    type: 'string',
    requiresArg: true,
    group: EXPERIMENT,
    describe: 'Test whether differences are within this margin, in the unit of the score, e.g. 0.3',
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
  tune: { ...tuneOptions.tune, group: EXPERIMENT },
  'tune-seed': { ...tuneOptions['tune-seed'], group: EXPERIMENT },
  baselines: { ...baselinesOption, group: EXPERIMENT },
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
    defaultDescription: String(availableParallelism()),
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
  'save-as': {
    type: 'string',
    requiresArg: true,
    group: OUTPUT,
    describe: "Write the experiment file that repeats the comparison with 'dendrite run'",
  },
  'dry-run': { ...dryRunOption, group: OUTPUT },
  ...recordingOptionsIn(OUTPUT),
  ...slurmOptions,
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
    const saveAs = args['save-as'];
    if (saveAs !== undefined) {
      const harmless = (['dry-run', 'print-script'] as const).find((name) => args[name]);
      if (harmless !== undefined)
        throw new UserError(
          `--save-as writes a file and --${harmless} writes nothing; leave one of them out`,
        );
      checkSavedName(parseText('save-as', saveAs));
    }
    const slurm = parseSlurm(args);
    const planned = await plan(args);
    if (args['dry-run']) return printEstimates(planned);
    if (saveAs !== undefined) saveExperiment(saveAs, planned.definition);
    if (slurm) return submitPlanned(planned, slurm);
    return runPlanned(planned, args.tensorboard, ([document]) => printComparison(document!, args.json));
  },
};

async function plan(args: CompareArguments): Promise<PlannedExperiment> {
  const jobs = parseJobs(args.jobs);
  const files = (args.plugin ?? []).map((file) => parseText('plugin', file));
  const plugins = await loadPlugins(files);
  const definition: ExperimentDefinition = {
    ...parseGrid(args, plugins.rules),
    dataset: parseText('dataset', args.dataset),
    task: parseText('task', args.task),
    validation: parseWhole('validation', args.validation, 0),
    seeds: parseSeeds(args.seeds),
    diagnostics: parseList('diagnostics', args.diagnostics),
    device: args.device,
    ...(args.backend !== undefined && { backend: args.backend }),
    ...(args.blas !== undefined && { blas: parseText('blas', args.blas) }),
    ...(files.length > 0 && { plugins: files }),
    ...(args.contrast && { contrasts: args.contrast.map(parseContrast) }),
    ...(args.equivalence !== undefined && { equivalence: parseMargin(args.equivalence) }),
    ...tuneOf(args),
    ...(args.baselines && { baselines: true }),
  };
  return planExperiment(
    { definition, locate },
    { out: parseText('out', args.out), jobs, plugins, ...parseCheckpoints(args) },
  );
}

/** Settings and seeds are named as on the command line; other messages say themselves what they are about. */
function locate(place: Place): string {
  if (place[0] === 'contrasts') return '--contrast';
  const at = place.indexOf('settings');
  if (at < 0) return place[0] === 'seeds' || place[0] === 'validation' ? place[0] : '';
  const [name, entry] = place.slice(at + 1);
  return `${optionName(String(name))}${typeof entry === 'number' ? ` (entry ${entry + 1})` : ''}`;
}

interface CompareArguments
  extends RecordingArguments,
    SlurmArguments,
    TuneArguments,
    Record<string, unknown> {
  rules: string;
  dataset: string;
  task: string;
  validation: string;
  seeds: string;
  contrast?: string[];
  equivalence?: string;
  recipe?: string[];
  set?: string[];
  vary?: string[];
  plugin?: string[];
  baselines: boolean;
  device: 'auto' | 'cpu' | 'gpu';
  backend?: 'auto' | 'webgpu' | 'headlessgl' | 'webasm' | 'cpu';
  blas?: string;
  jobs?: string;
  diagnostics: string;
  out: string;
  'save-as'?: string;
  'dry-run': boolean;
  json: boolean;
}
