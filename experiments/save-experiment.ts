import { existsSync } from 'node:fs';
import { dirname, extname, relative, resolve } from 'node:path';
import { Document, isScalar, visit } from 'yaml';
import { UserError } from '../kernels/index.ts';
import { causeOf, writeWhole } from '../results/index.ts';
import type { ExperimentDefinition } from './experiment.schema.ts';
import { mapPaths } from './experiment-file.ts';

/** An experiment as YAML, which `readExperimentFile` reads back to the same. */
export function experimentYaml(definition: ExperimentDefinition): string {
  const document = new Document(definition);
  visit(document, {
    Seq: (_, list) => {
      list.flow = list.items.every((item) => isScalar(item));
    },
  });
  return document.toString({ lineWidth: 0 });
}

/** @throws UserError if there is such a file already, or its name is not that of a YAML file */
export function checkSavedName(file: string): void {
  if (!['.yaml', '.yml'].includes(extname(file)))
    throw new UserError(`the experiment is saved as YAML, and ${file} does not end in .yaml; add the ending`);
  if (existsSync(file)) throw new UserError(`${file} exists already; give another name, or remove it first`);
}

/**
 * Writes an experiment to a new file.
 * @param definition whose paths start at the current directory
 * @throws UserError if there is such a file already, or it cannot be written
 */
export function saveExperiment(file: string, definition: ExperimentDefinition): void {
  checkSavedName(file);
  const moved = mapPaths(definition, (path) => relative(dirname(resolve(file)), resolve(path)) || '.');
  try {
    writeWhole(file, [
      new TextEncoder().encode(`# Repeats this comparison: dendrite run ${file}\n${experimentYaml(moved)}`),
    ]);
  } catch (error) {
    throw new UserError(`${file} cannot be written because ${causeOf(error)}; give another name`);
  }
}
