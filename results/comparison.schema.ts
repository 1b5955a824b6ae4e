import { z } from 'zod';
import { conditionSchema, countOf, epochSchema, quantity } from '../training/index.ts';
import { baselineSchema } from './baselines.schema.ts';
import { contrastResultSchema, contrastSchema } from './contrast.schema.ts';
import { spread } from './spread.schema.ts';
import { tuningSchema } from './tuning.schema.ts';

export const DOCUMENT_FORMAT = 1;

export const deviceSchema = z.object({
  name: z.string().describe('The device that ran: cpu or gpu.'),
  backend: z.string().describe('What executed on it, e.g. wasm-simd, webgpu.'),
  blas: z.string().nullable().describe('Library and version of the system BLAS; null for built-in kernels.'),
  executorKind: z.string().nullable().describe('How gpu.js ran the plan; null elsewhere.'),
  fallbackReason: z
    .string()
    .nullable()
    .describe('Why gpu.js ran something else than asked; null if it did not.'),
  hardware: z.string().describe('The hardware in words.'),
});

const statusSchema = z
  .enum(['finished', 'diverged', 'failed', 'unfinished'])
  .describe(
    'finished: ran to its end; diverged: stopped at a value that is not finite; failed: an error; unfinished: still running, or killed.',
  );

const firedSchema = z.object({
  guard: z.string().describe('Name of the guard.'),
  layer: z.string().describe('Name of the population or connection.'),
  sentence: z.string().describe('What was found.'),
  epoch: countOf('The first epoch in which it was found.'),
});

const runSchema = z.object({
  condition: z.string().describe('Id of the condition.'),
  rule: z.string(),
  seed: z.int(),
  status: statusSchema,
  reason: z.string().optional().describe('Why the run diverged or failed.'),
  epochs: z.array(epochSchema),
  notes: z
    .array(z.string())
    .optional()
    .describe('Sentences on what was asked for and could not be measured, each with the reason.'),
  guards: z
    .array(firedSchema)
    .optional()
    .describe(
      'What guards have found, once for each layer, with the first epoch; left out where that is nothing.',
    ),
  initialHash: z
    .string()
    .optional()
    .describe('That of the first epoch: equal for runs that began with the same bits of weights and biases.'),
  orderHash: z
    .string()
    .optional()
    .describe('That of the first epoch: equal for runs that saw the examples in the same order.'),
  statesHash: z
    .string()
    .optional()
    .describe('SHA-256 of the bits of all trained states: equal for runs that ended with the same bits.'),
  stateBytes: countOf(
    'Bytes of all trained states (weights, feedback, moments of the optimizer, neurons) and of what is kept of each training example.',
  ).optional(),
  testScore: z.object({
    last: quantity('Test score after the last epoch, in the unit of the task.'),
    best: quantity('Best test score of any epoch: chosen on the test set, so optimistic.'),
  }),
  validationScore: z
    .object({
      last: quantity('Validation score after the last epoch, in the unit of the task.'),
      best: quantity('Best validation score of any epoch.'),
    })
    .optional()
    .describe('Only with a validation split.'),
  examplesPerSecond: quantity('All training examples / all training seconds, evaluation excluded.'),
  device: deviceSchema
    .nullable()
    .describe('What really ran; null when the run failed before a device opened.'),
  folder: z.string().describe('The run folder.'),
});

const summarySchema = z.object({
  condition: z.string().describe('Id of the condition.'),
  rule: z.string(),
  ...spread,
  diverged: countOf('Runs that diverged: not in the mean.'),
  failed: countOf('Runs that failed: not in the mean.'),
  unfinished: countOf('Runs that have not ended or not begun: not in the mean.'),
  best: z
    .object({
      mean: quantity('Mean; null when n is 0.'),
      sd: quantity('Standard deviation; null when n < 2.'),
    })
    .describe(
      'Over the same runs, the best score of any epoch: chosen by the score itself, so optimistic. No interval and no contrast uses it.',
    ),
  examplesPerSecond: quantity('Mean of examplesPerSecond over the same runs.'),
});

const overlapSchema = z.object({
  count: countOf('Of the test images.'),
  first: z
    .array(
      z.object({
        test: countOf('Number of the image, from 0.'),
        train: countOf('Number of the image, from 0.'),
      }),
    )
    .describe('Some of them, each with the first training image that is the same.'),
});

const experimentSchema = z.object({
  dataset: z.string(),
  note: z.string().optional().describe('What a reader of the scores has to know about the dataset.'),
  trainExamples: countOf('Examples trained on.'),
  testExamples: countOf('Examples tested on.'),
  overlap: overlapSchema
    .optional()
    .describe('Test images that are training images too, to the byte; left out where there are none.'),
  validation: countOf('Examples set aside for validation.'),
  task: z.string().describe('With its argument, e.g. classify or probe:hidden 1.'),
  scored: z
    .literal('validation')
    .optional()
    .describe('The validation examples alone, of which all statistics are; left out: the test examples.'),
  score: z
    .object({
      label: z.string(),
      unit: z.string(),
      better: z.enum(['lower', 'higher']),
      digits: countOf('Decimal places in a table.'),
    })
    .describe('What is measured.'),
  diagnostics: z.array(z.string()),
  baselines: z
    .array(z.string())
    .optional()
    .describe('Names of the baselines; left out where there are none.'),
  seeds: z.array(z.int()).min(1),
  contrasts: z.array(contrastSchema).describe('Which conditions are compared, declared before the runs.'),
  equivalence: z
    .number()
    .positive()
    .optional()
    .describe('Margin of the tests of equivalence, in the unit of the score; left out: none is done.'),
});

const comparisonSchema = z
  .object({
    format: z.literal(DOCUMENT_FORMAT).describe('Version of this form.'),
    dendrite: z.string().describe('Version of Dendrite.'),
    experiment: experimentSchema,
    tuning: tuningSchema.optional().describe('How values of the conditions were chosen, if they were.'),
    conditions: z.array(conditionSchema).min(1).describe('What is compared.'),
    runs: z.array(runSchema).describe('Every run, by condition and seed in the order of the experiment.'),
    summary: z
      .array(summarySchema)
      .describe('One entry a condition: score after the last epoch, over the finished runs.'),
    contrasts: z
      .array(contrastResultSchema)
      .describe(
        'One entry a declared contrast: score after the last epoch minus that of the other condition, over the seeds that finished with both.',
      ),
    baselines: z
      .array(baselineSchema)
      .optional()
      .describe('What the baselines came to, as far as they are scored; left out where there are none.'),
  })
  .meta({ title: 'Dendrite comparison' });

export type DeviceRecord = z.infer<typeof deviceSchema>;
export type RunStatus = z.infer<typeof statusSchema>;
export type ExperimentRecord = z.infer<typeof experimentSchema>;
export type ComparedRun = z.infer<typeof runSchema>;
export type ConditionSummary = z.infer<typeof summarySchema>;
/** What `dendrite compare --json` prints. */
export type ComparisonDocument = z.infer<typeof comparisonSchema>;

/** One run as a launcher hands it on: plain data. */
export type RunResult = Omit<
  ComparedRun,
  'testScore' | 'validationScore' | 'examplesPerSecond' | 'guards' | 'initialHash' | 'orderHash'
>;

/** JSON Schema (draft 2020-12) of what `dendrite compare --json` prints. */
export const comparisonJsonSchema = (): Record<string, unknown> => ({
  ...z.toJSONSchema(comparisonSchema, { io: 'output', unrepresentable: 'any' }),
});

export { experimentSchema, runSchema, statusSchema };
