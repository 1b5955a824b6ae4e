import { openExperiment, type PlannedExperiment } from '../experiments/index.ts';
import type { ComparisonDocument } from '../results/index.ts';
import { exitCodeOf, follow, resumeCommand } from './follow.ts';
import { printReports, type ReportLine, reportOn } from './report.ts';
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
  const reports: ReportLine[] = [];
  const comparisons = openExperiment(planned);
  const logs = logged ? await TensorBoardLogs.load() : null;
  for (const [i, { run, folder }] of comparisons.entries()) {
    const { result, stopped } = await follow((events) => run(logs?.follow(events) ?? events));
    if (stopped !== null) {
      for (const rest of comparisons.slice(i + 1)) process.stderr.write(resumeCommand(rest.folder));
      printReports(reports);
      return stopped;
    }
    documents.push(result);
    reports.push(await reportOn(folder));
  }
  print(documents);
  const reported = printReports(reports);
  logs?.end();
  return Math.max(reported, ...documents.map((document) => exitCodeOf(document)));
}
