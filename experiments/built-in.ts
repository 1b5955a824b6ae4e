import { readdirSync, readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { closest, UserError } from '../kernels/index.ts';
import { parseExperiment } from './experiment.schema.ts';
import { isFileName } from './experiment-file.ts';

const FOLDER = fileURLToPath(new URL('built-in/', import.meta.url));

/** An experiment that comes with the framework. */
export interface BuiltInExperiment {
  readonly name: string;
  readonly title: string;
  /** The published table or figure that it is after; null for none. */
  readonly source: string | null;
  /** How long it takes, and where. */
  readonly cost: string;
}

const namesOfBuiltIn = (): string[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.replace(/\.yaml$/, ''));

/** The experiments that come with the framework. */
export const listBuiltIn = (): BuiltInExperiment[] =>
  namesOfBuiltIn().map((name) => {
    const { title, source, cost } = parseExperiment(parse(readFileSync(fileOf(name), 'utf8')));
    return { name, title: title!, source: source ?? null, cost: cost! };
  });

const fileOf = (name: string): string => resolve(FOLDER, `${name}.yaml`);

/**
 * The file of an experiment that is named by a file, or is built in.
 * @throws UserError if there is no such built-in experiment
 */
export function builtInFile(text: string): string {
  if (isFileName(text)) return text;
  const names = namesOfBuiltIn();
  if (names.includes(text)) return relative(process.cwd(), fileOf(text));
  const near = closest(text, names);
  throw new UserError(
    `there is no experiment '${text}'; ${near ? `did you mean '${near}'?` : "name a file (.yaml, .ts or .js), or one that 'dendrite experiments' lists"}`,
  );
}
