import { availableParallelism } from 'node:os';
import {
  builtInFile,
  experimentJsonSchema,
  planExperiment,
  readExperimentFile,
} from '../../experiments/index.ts';
import { UserError } from '../../kernels/index.ts';
import type { ComparisonDocument } from '../../results/index.ts';
import type { Command } from '../command.ts';
import { printEstimates } from '../dry-run.ts';
import {
  baselinesOption,
  dryRunOption,
  parseJobs,
  parseText,
  type TuneArguments,
  tuneOf,
  tuneOptions,
} from '../options.ts';
import { print } from '../output.ts';
import { printComparison } from '../print-comparison.ts';
import { parseCheckpoints, type RecordingArguments, recordingOptions } from '../recording.ts';
import { runPlanned } from '../run-planned.ts';
import { parseSlurm, type SlurmArguments, slurmOptions, submitPlanned } from '../slurm.ts';

interface RunArguments extends RecordingArguments, SlurmArguments, TuneArguments {
  experiment?: string;
  override?: string[];
  baselines: boolean;
  out: string;
  jobs?: string;
  'dry-run': boolean;
  json: boolean;
  schema: boolean;
}

export const run: Command<RunArguments> = {
  command: 'run [experiment]',
  describe: 'Run an experiment: a file, or one of those that are built in',
  builder: (parser) =>
    parser
      .positional('experiment', {
        type: 'string',
        describe: "File (.yaml, .ts or .js), or a name that 'dendrite experiments' lists",
      })
      .options({
        override: {
          type: 'string',
          array: true,
          requiresArg: true,
          describe:
            'Replace what the file says: key=value, e.g. settings.epochs=5, seeds=[1,2] or rules.0.recipe=x',
        },
        ...tuneOptions,
        baselines: baselinesOption,
        'dry-run': dryRunOption,
        out: { type: 'string', default: 'runs', describe: "Folder for the experiment's folder" },
        jobs: {
          type: 'string',
          defaultDescription: String(availableParallelism()),
          describe: 'Runs at the same time',
        },
        ...recordingOptions,
        ...slurmOptions,
        json: {
          type: 'boolean',
          default: false,
          describe: 'Print a JSON list with the document of each comparison instead of tables',
        },
        schema: {
          type: 'boolean',
          default: false,
          describe: 'Print the JSON schema of experiment files, for editors, and run nothing',
        },
      })
      .example('$0 run experiment.yaml --dry-run', 'what it would run, and for how long')
      .example('$0 run feedback-alignment --override seeds=1', 'a built-in one, with one seed') as never,
  handler: async ({ experiment, override = [], schema, json, ...args }) => {
    if (schema) {
      print(`${JSON.stringify(experimentJsonSchema(), null, 2)}\n`);
      return 0;
    }
    if (experiment === undefined)
      throw new UserError("name an experiment file, or one of those that 'dendrite experiments' lists");
    const slurm = parseSlurm({ ...args, json });
    const jobs = parseJobs(args.jobs);
    const { definition, locate } = await readExperimentFile(builtInFile(experiment), override);
    const asked = {
      ...definition,
      ...tuneOf(args, definition.tune),
      ...(args.baselines && { baselines: true }),
    };
    const planned = await planExperiment(
      { definition: asked, locate },
      {
        out: parseText('out', args.out),
        jobs,
        ...parseCheckpoints(args),
      },
    );
    if (args['dry-run']) return printEstimates(planned);
    if (slurm) return submitPlanned(planned, slurm);
    const { title, source: table } = planned.definition;
    const heading = [title, table && `after ${table}`].filter(Boolean).join('\n');
    return runPlanned(planned, args.tensorboard, (documents) =>
      json ? print(`${JSON.stringify(documents, null, 2)}\n`) : printAll(heading, documents),
    );
  },
};

function printAll(heading: string, documents: readonly ComparisonDocument[]): void {
  if (heading !== '') print(`${heading}\n\n`);
  for (const [i, document] of documents.entries()) {
    const { dataset, task } = document.experiment;
    if (documents.length > 1) print(`${i === 0 ? '' : '\n'}${dataset}, ${task}:\n`);
    printComparison(document, false);
  }
}
