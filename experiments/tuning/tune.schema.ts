import { z } from 'zod';

const whole = z.number().int('must be a whole number');
const trials = whole.min(2, 'must be at least 2').max(10_000, 'must be at most 10000');

const tuneTable = z.strictObject({
  trials: trials.describe('Trials of each condition'),
  seed: whole
    .min(0, 'must not be negative')
    .max(2 ** 31 - 1, 'must be below 2^31')
    .optional()
    .describe('Of the trials; the first from 0 that is no seed of the runs when left out'),
  validation: whole
    .min(1, 'must be at least 1')
    .optional()
    .describe(
      'Training examples that the trials are scored on; those of `validation`, or else a tenth of all, when left out',
    ),
});

/** How values are tuned, as a user states it. */
export const tuneSchema = z
  .union([trials, tuneTable])
  .describe(
    'Chooses values for each condition before the runs, on a part of the training set: how many trials each condition has',
  );

/** How values are tuned: the number of trials of each condition, alone or with what else can be chosen. */
export type TuneInput = Readonly<z.infer<typeof tuneSchema>>;

/** The same, where a number stands for the trials. */
export const tuneInputSchema = z.preprocess(
  (tune) => (typeof tune === 'number' ? { trials: tune } : tune),
  tuneTable,
);
