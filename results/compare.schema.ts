import { z } from 'zod';

/** What cannot be computed, or is not a finite number, is null: JSON has no NaN. */
const quantity = (description: string) => z.number().nullable().describe(description);

const count = (description: string) => z.int().nonnegative().describe(description);

const interval = (description: string) => z.tuple([z.number(), z.number()]).nullable().describe(description);

const spread = {
  n: count('Number of values averaged.'),
  mean: quantity('Mean; null when n is 0.'),
  sd: quantity('Standard deviation with n - 1 in the denominator; null when n < 2.'),
  ci95: interval("95 % confidence interval of the mean from Student's t; null when n < 2."),
};

const deviceSchema = z.object({
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

/** One line of metrics.jsonl. Open: a runner may log more. */
const epochSchema = z.looseObject({
  epoch: count('Number of the epoch, from 1.'),
  examples: count('Training examples seen since the start of the run.'),
  trainLoss: quantity('Mean loss of the training examples of the epoch, each just before its update.'),
  trainError: quantity(
    'Wrongly classified training examples of the epoch, each just before its update, in percent.',
  ),
  testError: quantity('Wrongly classified test examples after the epoch, in percent.'),
  validationError: z
    .number()
    .nullable()
    .optional()
    .describe(
      'Wrongly classified validation examples after the epoch, in percent; only with a validation split.',
    ),
  seconds: z.number().nonnegative().describe('Time spent training in this epoch, evaluation excluded.'),
  evaluationSeconds: z.number().nonnegative().describe('Time spent measuring in this epoch.'),
  examplesPerSecond: quantity('Training examples of this epoch / seconds.'),
  diagnostics: z
    .record(z.string(), z.record(z.string(), z.number().nullable()))
    .optional()
    .describe(
      'What --diagnostics asked for and can be measured, after the epoch: by diagnostic, and then by connection, population or feedback pathway; null where it is not defined.',
    ),
});

const statusSchema = z
  .enum(['finished', 'diverged', 'failed'])
  .describe('finished: ran to its end; diverged: stopped at a value that is not finite; failed: an error.');

const identity = {
  rule: z.string(),
  seed: z.int(),
  status: statusSchema,
  reason: z.string().optional().describe('Why the run diverged or failed.'),
  epochs: z.array(epochSchema),
  notes: z
    .array(z.string())
    .optional()
    .describe('Sentences on what was asked for and could not be measured, each with the reason.'),
  device: deviceSchema
    .nullable()
    .describe('What really ran; null when the run failed before a device opened.'),
  folder: z.string().describe('The run folder.'),
};

const runSchema = z.object({
  ...identity,
  testError: z.object({
    last: quantity('Test error after the last epoch, in percent.'),
    best: quantity('Lowest test error of any epoch, in percent: chosen on the test set, so optimistic.'),
  }),
  examplesPerSecond: quantity('All training examples / all training seconds, evaluation excluded.'),
});

const summarySchema = z.object({
  rule: z.string(),
  ...spread,
  diverged: count('Runs that diverged: not in the mean.'),
  failed: count('Runs that failed: not in the mean.'),
  bestMean: quantity('Mean over the same runs of the lowest test error, in percent.'),
  examplesPerSecond: quantity('Mean of examplesPerSecond over the same runs.'),
  difference: z
    .object({ to: z.string().describe('The rule that is subtracted.'), ...spread })
    .nullable()
    .describe(
      'Test error minus that of another rule, in percentage points, paired by seed; null for that rule.',
    ),
});

const experimentSchema = z.looseObject({
  dataset: z.string(),
  note: z.string().optional().describe('What a reader of the errors has to know about the dataset.'),
  trainExamples: count('Examples trained on.'),
  testExamples: count('Examples tested on.'),
  layers: z.array(z.int().positive()).describe('Widths, from the input to the output.'),
  activation: z.string(),
  loss: z.string(),
  rules: z.array(z.string()).min(1),
  seeds: z.array(z.int()).min(1),
  epochs: z.number().positive().describe('Passes over the training set, unless examples is given.'),
  examples: z.int().positive().nullable().optional().describe('Training examples shown, in place of epochs.'),
  batch: z.int().positive(),
  optimizer: z.string(),
  learningRate: z.array(z.number()).min(1).describe('One for all connections, or one for each.'),
  schedule: z.string().optional().describe('How the learning rates change over the run.'),
  ownSettings: z
    .record(z.string(), z.record(z.string(), z.unknown()))
    .optional()
    .describe('By rule, the settings in which its training differs from those above.'),
});

const compareSchema = z
  .object({
    dendrite: z.string().describe('Version of Dendrite.'),
    experiment: experimentSchema,
    runs: z.array(runSchema).describe('Every run, by rule and seed in the order of the experiment.'),
    summary: z
      .array(summarySchema)
      .describe('One entry a rule: test error in percent after the last epoch, over the finished runs.'),
  })
  .meta({ title: 'Dendrite comparison' });

export type DeviceRecord = z.infer<typeof deviceSchema>;
export type EpochRecord = z.infer<typeof epochSchema>;
export type RunStatus = z.infer<typeof statusSchema>;
export type ExperimentRecord = z.infer<typeof experimentSchema>;
export type CompareRun = z.infer<typeof runSchema>;
export type CompareSummary = z.infer<typeof summarySchema>;
export type CompareDocument = z.infer<typeof compareSchema>;

/** One run as the runner hands it on: plain data. */
export type RunResult = Omit<CompareRun, 'testError' | 'examplesPerSecond'>;

/** JSON Schema (draft 2020-12) of what `dendrite compare --json` prints. */
export const compareJsonSchema = (): Record<string, unknown> => ({ ...z.toJSONSchema(compareSchema) });

/** The record in a parsed line of metrics.jsonl, or null if it is none. */
export const parseEpoch = (value: unknown): EpochRecord | null => epochSchema.safeParse(value).data ?? null;
