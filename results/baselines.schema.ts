import { z } from 'zod';
import { countOf, quantity } from '../training/index.ts';

/** What a baseline came to, once: a line of its own where it is drawn at random from several seeds. */
export const baselineScoreSchema = z.object({
  baseline: z.string().describe('Name of the baseline.'),
  width: z.int().positive().nullable().describe('Random features; null where it has none.'),
  seed: z.int().nullable().describe('Of what is drawn; null where nothing is.'),
  score: z.number().describe('Of the test examples, in the unit of the task.'),
  detail: z.string().optional().describe('What it chose on the way.'),
  seconds: z.number().nonnegative().describe('Time that it took.'),
});

/** What a baseline came to, once: see `baselineScoreSchema`. */
export type BaselineScore = Readonly<z.infer<typeof baselineScoreSchema>>;

/** A baseline of a comparison. */
export const baselineSchema = z.object({
  baseline: z.string().describe('Name of the baseline.'),
  width: z.int().positive().nullable().describe('Random features; null where it has none.'),
  conditions: z
    .array(z.string())
    .describe('Ids of the conditions that it stands beside: those of its width, or all.'),
  n: countOf('Scores averaged: one for each seed that it was drawn from, or one.'),
  mean: quantity('Mean of the scores of the test examples, in the unit of the task; null when n is 0.'),
  sd: quantity('Standard deviation with n - 1 in the denominator; null when n < 2.'),
  scores: z.array(baselineScoreSchema).describe('Those that are known.'),
});

/** A baseline of a comparison: see `baselineSchema`. */
export type BaselineSummary = z.infer<typeof baselineSchema>;
