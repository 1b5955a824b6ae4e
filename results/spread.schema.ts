import { z } from 'zod';
import { countOf, quantity } from '../training/index.ts';

export const interval = (description: string) =>
  z.tuple([z.number(), z.number()]).nullable().describe(description);

/** Mean, spread and intervals of values. */
export const spread = {
  n: countOf('Number of values averaged.'),
  mean: quantity('Mean; null when n is 0.'),
  sd: quantity('Standard deviation with n - 1 in the denominator; null when n < 2.'),
  ci95: interval("95 % confidence interval of the mean from Student's t; null when n < 2."),
  bca95: interval(
    '95 % confidence interval of the mean by the BCa bootstrap; null when n < 10 or all values are the same.',
  ),
};
