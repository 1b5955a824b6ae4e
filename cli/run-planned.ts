import { openExperiment, type PlannedExperiment } from '../experiments/index.ts';
import type { ComparisonDocument } from '../results/index.ts';
import { exitCodeOf, follow, resumeCommand } from './follow.ts';
import { TensorBoardLogs } from './tensorboard.ts';

/**
 * Runs the comparisons of an experiment, one after the other.
 * @param logged whether event files of TensorBoard are written meanwhile
 * @param print what they came to, when all are done
 * @returns the exit code
 */
export async function runPlanned(
  planned: PlannedExperiment,
  logged: boolean,
  print: (documents: readonly ComparisonDocument[]) => void,
): Promise<number> {
  const documents: ComparisonDocument[] = [];
  const comparisons = openExperiment(planned);
  const logs = logged ? await TensorBoardLogs.load() : null;
  for (const [i, { run }] of comparisons.entries()) {
    const { result, stopped } = await follow((events) => run(logs?.follow(events) ?? events));
    if (stopped !== null) {
      for (const { folder } of comparisons.slice(i + 1)) process.stderr.write(resumeCommand(folder));
      return stopped;
    }
    documents.push(result);
  }
  print(documents);
  logs?.end();
  return Math.max(...documents.map((document) => exitCodeOf(document)));
}
