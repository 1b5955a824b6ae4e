import type { Dataset } from '../data/index.ts';
import { type Device, RandomStream } from '../kernels/index.ts';
import type { EpochRecord } from '../results/index.ts';
import type { RuleDefinition } from '../rules/index.ts';
import { type RulePlan, stepsPerEpoch, totalSteps } from './experiment.ts';
import { prepareRun } from './prepared-run.ts';

/**
 * Minibatches between two looks at the loss and two reports of progress. On a GPU they are one plan, for which the weights
 * go there and back.
 */
const chunkOn = ({ info }: Device): number => (info.name === 'gpu' ? 100 : 20);

export interface TrainingHooks {
  /** Before the first minibatch, when something that was asked for cannot be measured: what, and why. */
  notes?(notes: readonly string[]): void;
  /** After each chunk of minibatches. */
  progress?(stepsDone: number, stepsTotal: number): void;
  epoch(record: EpochRecord): void;
}

export type TrainingOutcome = { status: 'finished' } | { status: 'diverged'; reason: string };

/**
 * Trains one network by one rule from one seed, and reports each epoch. The same seed gives the same initial weights
 * and the same order of examples whatever the rule.
 */
export async function train(
  plan: RulePlan,
  definition: RuleDefinition,
  seed: number,
  dataset: Dataset,
  device: Device,
  hooks: TrainingHooks,
): Promise<TrainingOutcome> {
  const trainExamples = dataset.train.images.count;
  const perEpoch = stepsPerEpoch(plan, trainExamples);
  const total = totalSteps(plan, trainExamples);
  const run = await prepareRun(plan, definition, seed, dataset, device);
  if (run.diagnostics.notes.length > 0) hooks.notes?.(run.diagnostics.notes);
  const chunk = chunkOn(device);
  const order = new RandomStream(seed, 'batches');
  const rows = Uint32Array.from({ length: trainExamples }, (_, i) => i);

  let done = 0;
  for (let epoch = 1; done < total; epoch++) {
    order.shuffle(rows);
    const steps = Math.min(perEpoch, total - done);
    await run.resetTotals();
    let seconds = 0;
    for (let step = 0; step < steps; step += chunk) {
      const length = Math.min(chunk, steps - step);
      const batchRows = rows.slice(step * plan.batch, (step + length) * plan.batch);
      const begin = performance.now();
      await run.step.run({ steps: length, firstStep: done, rows: batchRows });
      const { loss } = await run.totals();
      seconds += (performance.now() - begin) / 1000;
      done += length;
      if (!Number.isFinite(loss))
        return {
          status: 'diverged',
          reason: `the training loss became ${loss} in epoch ${epoch}, within ${done} minibatches`,
        };
      hooks.progress?.(done, total);
    }
    const { loss, wrong } = await run.totals();
    const seen = steps * plan.batch;
    const begin = performance.now();
    const testError = await run.test.error();
    const validationError = await run.validation?.error();
    const diagnostics = await run.diagnostics.measure();
    hooks.epoch({
      epoch,
      examples: done * plan.batch,
      trainLoss: loss / seen,
      trainError: (100 * wrong) / seen,
      testError,
      ...(validationError !== undefined && { validationError }),
      ...(Object.keys(diagnostics).length > 0 && { diagnostics }),
      seconds,
      evaluationSeconds: (performance.now() - begin) / 1000,
      examplesPerSecond: seen / seconds,
    });
  }
  return { status: 'finished' };
}
