import { writeReport } from '../experiments/index.ts';
import { UserError } from '../kernels/index.ts';

/** What became of the report of a comparison: the end of what a command says. */
export interface ReportLine {
  readonly text: string;
  readonly exitCode: number;
}

/** Writes the report of a comparison that ended. A report that cannot be written takes nothing from what is recorded. */
export async function reportOn(folder: string): Promise<ReportLine> {
  try {
    return { text: `Report    ${await writeReport(folder)}\n`, exitCode: 0 };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { text: `dendrite: ${error.message}\n`, exitCode: 1 };
  }
}

/** Says where the reports are. On standard error, so that standard output stays what was asked for. @returns the exit code */
export function printReports(lines: readonly ReportLine[]): number {
  for (const { text } of lines) process.stderr.write(text);
  return Math.max(0, ...lines.map(({ exitCode }) => exitCode));
}
