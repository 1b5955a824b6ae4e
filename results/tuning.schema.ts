import { z } from 'zod';
import { countOf, quantity, searchedValuesSchema, searchSchema } from '../training/index.ts';

const outcomeSchema = z.object({
  status: z.enum(['finished', 'diverged', 'failed']),
  reason: z.string().optional().describe('Why the trial diverged or failed.'),
  score: quantity('Validation score after the last epoch, in the unit of the task; null unless it finished.'),
  examples: countOf('Training examples shown.'),
  multiplyAccumulates: z.number().nonnegative().describe('Multiply-accumulates of its training.'),
  seconds: z.number().nonnegative().describe('Time spent training.'),
});

const trialSchema = z.object({
  trial: countOf('Number, from 1: the first has the own values of its condition.'),
  values: searchedValuesSchema.describe('Values of what is searched.'),
  outcomes: z
    .array(outcomeSchema)
    .describe('What it came to in each rung that it was in, the first one first.'),
});

const tunedConditionSchema = z.object({
  condition: z.string().describe('Id of the condition.'),
  space: z.record(z.string(), searchSchema).describe('What is searched, and where.'),
  trials: z.array(trialSchema),
  chosen: z
    .int()
    .nullable()
    .describe('Number of the trial whose values the runs have; null until all rungs are done.'),
});

/** How the values of conditions were chosen, as experiment.json and the document hold it. */
export const tuningSchema = z.object({
  seed: z.int().describe('Of the draws of the trials, and of their runs: no seed of the comparison.'),
  validation: countOf('Training examples that the trials set aside, and that they are scored on.'),
  rungs: z
    .array(
      z.object({
        fraction: z.number().describe('Part of the budget of the condition that a trial is trained for.'),
        trials: countOf('Trials of each condition, at most: those that diverged or failed before are out.'),
      }),
    )
    .min(1),
  conditions: z.array(tunedConditionSchema),
});

/** How the values of conditions were chosen: see `tuningSchema`. */
export type TuningRecord = Readonly<z.infer<typeof tuningSchema>>;
export type TunedCondition = TuningRecord['conditions'][number];
export type Trial = TunedCondition['trials'][number];
/** What a trial came to in one rung. */
export type TrialOutcome = Trial['outcomes'][number];
