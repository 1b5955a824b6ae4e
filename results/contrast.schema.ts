import { z } from 'zod';
import { quantity } from '../training/index.ts';
import { interval, spread } from './spread.schema.ts';

/** Two conditions that are compared, by their ids. */
export const contrastSchema = z.object({
  condition: z.string().describe('Id of the condition that is judged.'),
  to: z.string().describe('Id of the condition that it is compared with.'),
});

const holmOf = (what: string) => quantity(`${what}, adjusted for the number of declared contrasts (Holm).`);

const verdictSchema = z
  .enum(['better', 'worse', 'not distinguishable'])
  .nullable()
  .describe(
    'Of the paired t test at 5 %, adjusted; null for fewer than two pairs, or differences that are all the same.',
  );

const equivalenceSchema = z
  .object({
    margin: z.number().describe('Differences below it count as none, in the unit of the score.'),
    ci90: interval('90 % confidence interval of the mean difference.'),
    p: quantity('p of the two one-sided t tests.'),
    pHolm: holmOf('This p'),
    isShown: z.boolean().nullable().describe('Whether pHolm is at most 0.05; null where there is no p.'),
  })
  .describe('Whether the difference is within a margin; only where the experiment states one.');

/** What the pairs of a contrast say. */
export const contrastStatisticsSchema = z.object({
  ...spread,
  dz: quantity("Cohen's d for pairs: mean / sd of the differences."),
  t: quantity('Statistic of the paired t test, with n - 1 degrees of freedom.'),
  p: quantity('Its two-sided p.'),
  pHolm: holmOf('This p'),
  permutation: z
    .object({
      p: z.number().describe('Two-sided; never below 2 / 2^n.'),
      pHolm: z.number().describe('This p, adjusted for the number of declared contrasts (Holm).'),
      isExact: z.boolean().describe('Whether all choices of signs were counted, as up to 16 pairs.'),
    })
    .nullable()
    .describe('Paired permutation test, which assumes no form of the scatter; null without a pair.'),
  detectable: quantity(
    'Smallest true difference that so many pairs with this sd would have shown, with a power of 80 %.',
  ),
  equivalence: equivalenceSchema.optional(),
  verdict: verdictSchema,
});

/** A declared contrast and what came out. */
export const contrastResultSchema = z.object({
  ...contrastSchema.shape,
  ...contrastStatisticsSchema.shape,
});

/** Two conditions that are compared, by their ids. */
export type Contrast = Readonly<z.infer<typeof contrastSchema>>;
/** What the differences of the pairs of a contrast say. */
export type ContrastStatistics = z.infer<typeof contrastStatisticsSchema>;
/** A declared contrast and what came out: score of `condition` minus score of `to`, seed by seed. */
export type ContrastResult = z.infer<typeof contrastResultSchema>;
