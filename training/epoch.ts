import { z } from 'zod';

/** What cannot be computed, or is not a finite number, is null: JSON has no NaN. */
export const quantity = (description: string) => z.number().nullable().describe(description);

export const countOf = (description: string) => z.int().nonnegative().describe(description);

/** What is known after an epoch: one line of metrics.jsonl. */
export const epochSchema = z.object({
  epoch: countOf('Number of the epoch, from 1.'),
  examples: countOf('Training examples shown since the start of the run.'),
  multiplyAccumulates: z
    .number()
    .nonnegative()
    .describe(
      'Multiply-accumulates of the products of training since the start of the run, counted as if nothing were skipped; evaluation excluded.',
    ),
  settlingSteps: countOf(
    'Steps of the dynamics of a network that settles, added up over the training examples shown since the start of the run; only where the network settles.',
  ).optional(),
  trainLoss: quantity('Mean loss of the training examples of the epoch, each just before its update.'),
  trainScore: quantity(
    'Score of the training examples of the epoch, each just before its update; null where the task has none.',
  ),
  testScore: quantity(
    'Score of the test examples after the epoch, in the unit of the task; null where they are not looked at.',
  ),
  validationScore: z
    .number()
    .nullable()
    .optional()
    .describe('Score of the validation examples after the epoch; only with a validation split.'),
  seconds: z.number().nonnegative().describe('Time spent training in this epoch, evaluation excluded.'),
  evaluationSeconds: z.number().nonnegative().describe('Time spent measuring in this epoch.'),
  examplesPerSecond: quantity('Training examples of this epoch / seconds.'),
  diagnostics: z
    .record(z.string(), z.record(z.string(), z.number().nullable()))
    .optional()
    .describe(
      'What --diagnostics asked for and can be measured, after the epoch: by diagnostic, and then by connection, population or feedback pathway; null where it is not defined.',
    ),
  guards: z
    .array(
      z.object({
        guard: z.string().describe('Name of the guard.'),
        layer: z.string().describe('Name of the population or connection.'),
        sentence: z.string().describe('What was found, with the layer and the epoch.'),
      }),
    )
    .optional()
    .describe('What guards have found after the epoch, see docs/guards.md; left out where that is nothing.'),
  initialHash: z
    .string()
    .optional()
    .describe(
      'SHA-256 of the bits of the weights and biases that the run began with, feedback excepted; in the first record only.',
    ),
  orderHash: z
    .string()
    .optional()
    .describe(
      'SHA-256 of the order of the training examples in the first epoch, as 32-bit numbers of rows; in the first record only.',
    ),
  stoppedEarly: z
    .string()
    .optional()
    .describe(
      'Why training ended after this epoch with some of its budget left: its patience was at an end.',
    ),
  diverged: z
    .string()
    .optional()
    .describe('Why the run stopped in this epoch, before its end: a value was not finite.'),
});

/** What is known after an epoch: see `epochSchema`, or docs/results.md. */
export type EpochRecord = z.infer<typeof epochSchema>;

/** The record in a parsed line of metrics.jsonl, or null if it is none. */
export const parseEpoch = (value: unknown): EpochRecord | null => epochSchema.safeParse(value).data ?? null;
