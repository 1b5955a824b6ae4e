import type { Dataset } from '../data/index.ts';
import { ReferenceDevice, UserError } from '../kernels/index.ts';
import { traceRun } from '../training/index.ts';
import type { Experiment } from './experiment.ts';
import { mistakeAt } from './mistake.ts';

/**
 * Holds budgets of multiply-accumulates against what a minibatch takes, which its trace tells.
 * @throws ExperimentMistake when one is not enough for a minibatch
 */
export async function checkBudgets(
  { conditions, definitions, chosenTask, seeds }: Experiment,
  dataset: Dataset,
  datasetHash: string,
): Promise<void> {
  for (const condition of conditions) {
    if (condition.settings.multiplyAccumulates === null) continue;
    try {
      await traceRun({
        condition,
        definition: definitions.get(condition.rule)!,
        seed: seeds[0]!,
        task: chosenTask,
        diagnostics: [],
        dataset,
        datasetHash,
        device: new ReferenceDevice(),
      });
    } catch (error) {
      // A rule that throws is a fault of its runs, which are to show it.
      if (error instanceof UserError) mistakeAt(['conditions', condition.id])(error);
    }
  }
}
