import { availableParallelism } from 'node:os';
import type { CommandModule } from 'yargs';
import {
  DEFAULTS,
  DIAGNOSTICS,
  defineExperiment,
  loadPlugins,
  runExperiment,
  type Settings,
} from '../../experiments/index.ts';
import { UserError } from '../../kernels/index.ts';
import { ACTIVATIONS, INITIAL_WEIGHTS } from '../../networks/index.ts';
import { type CompareDocument, comparisonTable } from '../../results/index.ts';
import { OPTIMIZERS, SCHEDULES } from '../../rules/index.ts';
import { parseList, parseNumbers, parseRules, parseSeeds, useColour } from '../options.ts';
import { createProgress } from '../progress.ts';

/** One of each family. */
const HEADLINE_RULES = 'backprop,feedback-alignment,equilibrium-propagation,segregated-dendrite';

const TRAINING = 'Training:';
const MACHINE = 'Device:';
const OUTPUT = 'Output:';

const options = {
  rules: { type: 'string', default: HEADLINE_RULES, describe: 'Rules to compare, separated by commas' },
  dataset: { type: 'string', default: 'mnist', describe: 'mnist, mnist-full or idx:<folder>' },
  validation: {
    type: 'number',
    default: 0,
    describe: 'Training examples to set aside for a validation error',
  },
  seeds: { type: 'string', default: '3', describe: 'How many seeds, or which: 5 or 1,2,7' },
  set: {
    type: 'string',
    array: true,
    default: [],
    describe: 'Option of a rule, or a setting for it alone: rule.name=value',
  },
  plugin: {
    type: 'string',
    array: true,
    default: [],
    describe: 'File (.ts or .js) that exports rules of your own',
  },

  layers: {
    type: 'string',
    default: '784,500,10',
    group: TRAINING,
    describe: 'Neurons of each layer, input first',
  },
  activation: {
    choices: Object.keys(ACTIVATIONS),
    defaultDescription: String(DEFAULTS.activation),
    group: TRAINING,
    describe: 'Of the hidden layers',
  },
  loss: {
    choices: ['cross-entropy', 'squared-error'],
    defaultDescription: String(DEFAULTS.loss),
    group: TRAINING,
    describe: 'Softmax and cross-entropy, or squared error',
  },
  'output-activation': {
    choices: Object.keys(ACTIVATIONS),
    defaultDescription: String(DEFAULTS.outputActivation),
    group: TRAINING,
    describe: 'Of the output layer, with squared error',
  },
  initial: {
    choices: Object.keys(INITIAL_WEIGHTS),
    defaultDescription: String(DEFAULTS.initial),
    group: TRAINING,
    describe: 'Distribution of the initial weights',
  },
  epochs: {
    type: 'number',
    defaultDescription: String(DEFAULTS.epochs),
    group: TRAINING,
    describe: 'Passes over the training set',
  },
  examples: {
    type: 'number',
    group: TRAINING,
    describe: 'Training examples to show in all, instead of --epochs',
  },
  batch: {
    type: 'number',
    defaultDescription: String(DEFAULTS.batch),
    group: TRAINING,
    describe: 'Examples in a minibatch',
  },
  optimizer: {
    choices: OPTIMIZERS,
    defaultDescription: String(DEFAULTS.optimizer),
    group: TRAINING,
    describe: 'How directions become changes of weights',
  },
  rate: {
    type: 'string',
    defaultDescription: String(DEFAULTS.learningRate),
    group: TRAINING,
    describe: 'Learning rate, or one for each connection: 0.1,0.05',
  },
  momentum: {
    type: 'number',
    defaultDescription: String(DEFAULTS.momentum),
    group: TRAINING,
    describe: 'Of --optimizer momentum',
  },
  'weight-decay': {
    type: 'number',
    defaultDescription: String(DEFAULTS.weightDecay),
    group: TRAINING,
    describe: 'L2 penalty on the weights',
  },
  schedule: {
    choices: SCHEDULES,
    defaultDescription: String(DEFAULTS.schedule),
    group: TRAINING,
    describe: 'How the rate falls over the run',
  },

  device: { choices: ['auto', 'cpu', 'gpu'], default: 'auto', group: MACHINE, describe: 'Where to compute' },
  backend: {
    choices: ['auto', 'webgpu', 'headlessgl', 'webasm', 'cpu'],
    group: MACHINE,
    describe: 'Of gpu.js, with --device gpu',
  },
  blas: {
    type: 'string',
    group: MACHINE,
    describe: 'auto, none (bit-exact), or a BLAS library to load',
  },
  jobs: {
    type: 'number',
    default: availableParallelism(),
    group: MACHINE,
    describe: 'Runs at the same time',
  },

  diagnostics: {
    type: 'string',
    default: 'angle',
    group: OUTPUT,
    describe:
      'What to measure after each epoch, into metrics.jsonl and --json: names from the list below, separated by commas, or all, or none',
  },
  out: { type: 'string', default: 'runs', group: OUTPUT, describe: 'Folder for the run folders' },
  json: {
    type: 'boolean',
    default: false,
    group: OUTPUT,
    describe: 'Print one JSON document instead of the table',
  },
} as const;

export const compare: CommandModule = {
  command: 'compare',
  describe: 'Train the same network by several rules and compare them',
  builder: (parser) =>
    parser
      .options(options as Parameters<typeof parser.options>[0])
      .example('$0 compare --rules backprop,feedback-alignment --seeds 5', 'five seeds of two rules')
      .example('$0 compare --dataset mnist-full --epochs 20 --batch 100', 'all of MNIST')
      .example('$0 compare --set feedback-alignment.feedbackScale=0.2', 'an option of a rule')
      .epilogue(
        `Diagnostics:\n${DIAGNOSTICS.map(({ name, describe }) => `  ${name}: ${describe}`).join('\n')}`,
      ),
  handler: async (argv) => {
    const args = argv as unknown as CompareArguments;
    const plugins = await loadPlugins(args.plugin);
    const experiment = defineExperiment(
      {
        dataset: args.dataset,
        validation: args.validation,
        rules: parseRules(args.rules, args.set),
        seeds: parseSeeds(args.seeds),
        layers: parseNumbers('layers', args.layers),
        diagnostics: parseList('diagnostics', args.diagnostics),
        settings: chosenSettings(args),
      },
      plugins,
    );
    if (!Number.isInteger(args.jobs) || args.jobs < 1)
      throw new UserError(`--jobs ${args.jobs} must be a whole number above 0`);
    const progress = createProgress(process.stderr, experiment);
    let document: CompareDocument;
    try {
      document = await runExperiment({
        experiment,
        device: {
          device: args.device,
          ...(args.backend !== undefined && { backend: args.backend }),
          ...(args.blas !== undefined && { blas: args.blas }),
        },
        plugins: args.plugin,
        out: args.out,
        jobs: args.jobs,
        progress: progress.update,
        runEnded: progress.ended,
      });
    } finally {
      progress.stop();
    }
    process.stdout.write(
      args.json
        ? `${JSON.stringify(document, null, 2)}\n`
        : `${comparisonTable(document, { colour: useColour(), width: process.stdout.columns ?? 100 })}\n`,
    );
    // A failed run is in the table with its reason; scripts see it from the exit code.
    if (document.runs.some(({ status }) => status === 'failed')) process.exitCode = 1;
  },
};

/** The settings that the command line names; the rest is up to recipes and defaults. */
function chosenSettings({ rate, ...args }: CompareArguments): Partial<Settings> {
  const named = Object.entries(args).filter(
    ([name, value]) => Object.hasOwn(DEFAULTS, name) && value !== undefined,
  );
  return {
    ...Object.fromEntries(named),
    ...(rate !== undefined && { learningRate: parseNumbers('rate', rate) }),
  };
}

interface CompareArguments extends Partial<Settings> {
  rules: string;
  dataset: string;
  validation: number;
  seeds: string;
  set: string[];
  plugin: string[];
  layers: string;
  rate?: string;
  device: 'auto' | 'cpu' | 'gpu';
  backend?: 'auto' | 'webgpu' | 'headlessgl' | 'webasm' | 'cpu';
  blas?: string;
  jobs: number;
  diagnostics: string;
  out: string;
  json: boolean;
}
