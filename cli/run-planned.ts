import { openExperiment, type PlannedExperiment } from '../experiments/index.ts';
import type { ComparisonDocument } from '../results/index.ts';
import { follow } from './follow.ts';

/**
 * Runs the comparisons of an experiment, one after the other.
 * @param print what they came to, when all are done
 * @returns the exit code
 */
export async function runPlanned(
  planned: PlannedExperiment,
  print: (documents: readonly ComparisonDocument[]) => void,
): Promise<number> {
  const documents: ComparisonDocument[] = [];
  for (const { run } of openExperiment(planned)) {
    const { result, stopped } = await follow(run);
    if (stopped !== null) return stopped;
    documents.push(result);
  }
  print(documents);
  // A failed run is in the table with its reason; scripts see it from the exit code.
  return documents.some(({ runs }) => runs.some(({ status }) => status === 'failed')) ? 1 : 0;
}
