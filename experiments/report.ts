import { dirname, join, relative, resolve, sep } from 'node:path';
import { UserError } from '../kernels/index.ts';
import { causeOf, makeFolder, readExperiment, writeWhole } from '../results/index.ts';
import { type ExperimentDefinition, parseExperiment } from './experiment.schema.ts';
import { ExperimentMistake } from './mistake.ts';
import { experimentYaml } from './save-experiment.ts';

const REPORT = 'report.html';

/**
 * Writes the report of a comparison, one HTML file that needs nothing else, from its folder alone; whole or not at all. Of one that has
 * not ended it says what is missing.
 * @param folder of the comparison
 * @param file to write; report.html in the folder when left out
 * @returns the file
 * @throws UserError if the folder holds no comparison, one of its files is damaged, or the report cannot be written
 */
export async function writeReport(folder: string, file = join(folder, REPORT)): Promise<string> {
  const comparison = readExperiment(folder);
  // Loaded here: Observable Plot takes as long to load as all else.
  const { reportFigures, reportPage } = await import('../results/report/index.ts');
  const definition = definitionOf(comparison.experiment.given);
  const at = relative(dirname(resolve(file)), resolve(folder));
  const places = comparison.experiment.runs;
  const page = reportPage({
    comparison,
    title: definition?.title ?? null,
    experimentFile: definition && experimentYaml(definition),
    figures: await reportFigures(comparison.document),
    folderOf: ({ condition, seed }) => {
      const place = places.find((run) => run.condition === condition && run.seed === seed)!;
      return join(at, place.folder).split(sep).join('/');
    },
  });
  makeFolder(dirname(file));
  try {
    writeWhole(file, [new TextEncoder().encode(page)]);
  } catch (error) {
    throw new UserError(
      `the report ${file} cannot be written because ${causeOf(error)}; 'dendrite report' makes it again, with --out in another place`,
    );
  }
  return file;
}

/** What was given, if an experiment file can say it: a comparison in code may have rules in memory. */
function definitionOf(given: unknown): ExperimentDefinition | null {
  try {
    return parseExperiment(given);
  } catch (error) {
    if (error instanceof ExperimentMistake) return null;
    throw error;
  }
}
