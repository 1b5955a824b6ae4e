import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { closest, UserError } from '../../kernels/index.ts';
import type { Condition } from '../../training/index.ts';
import { type ExperimentDefinition, experimentSchema, parseExperiment } from '../experiment.schema.ts';
import { type Experiment, resolveExperiment } from '../experiment.ts';
import { expandExperiment } from '../grid.ts';

const FOLDER = fileURLToPath(new URL('../published/', import.meta.url));

const text = z.string().min(1);
const error = z.number().min(0).max(100);

const publishedSchema = z.strictObject({
  value: z
    .union([error, z.tuple([error, error])])
    .describe('Test error in percent; two numbers where the source gives a range'),
  spread: z.number().positive().optional(),
  spreadKind: z.enum(['standard deviation', 'standard error', 'not stated']).optional(),
  runs: z.int().positive().optional().describe('Seeds behind it; left out where the source does not say'),
  epoch: z
    .enum(['last', 'best', 'not stated'])
    .describe('Whether it is of the last epoch, or of the best on the test set'),
  confidence: z
    .enum(['read', 'read second-hand', 'as remembered'])
    .describe(
      'read: in the paper or its code; second-hand: where others quote it; as remembered: nobody has looked it up, so that it can never be a match',
    ),
  where: text.optional().describe('Where it was read'),
});

const rowSchema = z.strictObject({
  row: text.describe('As the source names it'),
  condition: text.describe('Id of the condition that reproduces it'),
  published: publishedSchema
    .extend({
      bound: z
        .strictObject({ match: z.number().positive(), near: z.number().positive() })
        .describe(
          'How many percent points our mean may be away for a match, and for near; set before the runs',
        ),
    })
    .nullable()
    .describe('null: the source has no figure for it'),
  deviations: z.array(text).default([]).describe('Where this row differs from its source'),
});

const partSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]+$/),
  title: text,
  cost: text.describe('What one seed of all its conditions takes, and where'),
  experiment: experimentSchema,
  rows: z.array(rowSchema).min(1),
});

const paperSchema = z.strictObject({
  title: text,
  source: text,
  deviations: z.array(text).default([]).describe('Where all of it differs from the source'),
  notes: z.array(text).default([]).describe('What a reader of the table has to know'),
  parts: z.array(partSchema).min(1),
});

/** A published table and how it is reproduced. */
export interface Paper extends Omit<z.output<typeof paperSchema>, 'parts'> {
  /** As on the command line: nokland2016. */
  readonly name: string;
  readonly parts: readonly Part[];
}

/** Rows of a table that one experiment reproduces. */
export interface Part extends Omit<z.output<typeof partSchema>, 'experiment'> {
  readonly paper: string;
  readonly definition: ExperimentDefinition;
  /** With everything filled in. */
  readonly experiment: Experiment;
}

export type PublishedRow = Part['rows'][number];
export type PublishedValue = NonNullable<PublishedRow['published']>;

/** Names of the papers in the catalogue. */
export const paperNames = (folder = FOLDER): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.replace(/\.yaml$/, ''))
    .sort();

/** All papers. @throws UserError if one is not as the catalogue has to be */
export const readCatalogue = (folder = FOLDER): Paper[] =>
  paperNames(folder).map((name) => readPaper(name, folder));

/**
 * One paper of the catalogue.
 * @throws UserError if there is none of that name, or it is not as the catalogue has to be
 */
export function readPaper(name: string, folder = FOLDER): Paper {
  const names = paperNames(folder);
  if (!names.includes(name)) {
    const near = closest(name, names);
    throw new UserError(
      `there is no published table '${name}'; ${near ? `did you mean '${near}'?` : `there are ${names.join(', ')}`}`,
    );
  }
  const file = join(folder, `${name}.yaml`);
  const parsed = paperSchema.safeParse(parse(readFileSync(file, 'utf8'), { merge: true }));
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw new UserError(`the published table ${file}: ${path.join('.')}: ${message}`);
  }
  const { parts, ...paper } = parsed.data;
  const resolved = parts.map(({ experiment, ...part }) => ({
    ...part,
    paper: name,
    ...resolvePart(experiment, `${file}, part ${part.name}`),
  }));
  for (const part of resolved) checkRows(part, file);
  return { ...paper, name, parts: resolved };
}

function resolvePart(given: unknown, where: string): Pick<Part, 'definition' | 'experiment'> {
  const definition = parseExperiment(given);
  const [first, ...others] = expandExperiment(definition);
  if (!first || others.length > 0)
    throw new UserError(`${where}: must be one comparison, on one dataset and one task`);
  return { definition, experiment: resolveExperiment(first.input) };
}

/** Every row has a condition, and every condition a row. @throws UserError where that is not so */
function checkRows({ rows, experiment, name }: Part, file: string): void {
  const ids = experiment.conditions.map(({ id }) => id);
  const missing = rows.find(({ condition }) => !ids.includes(condition));
  if (missing)
    throw new UserError(
      `the published table ${file}: part ${name} has no condition '${missing.condition}'; there are ${ids.join(', ')}`,
    );
  const spare = ids.find((id) => !rows.some(({ condition }) => condition === id));
  if (spare !== undefined)
    throw new UserError(`the published table ${file}: the condition '${spare}' of part ${name} has no row`);
}

/** The condition behind a row. */
export const conditionOf = (part: Part, { condition }: PublishedRow): Condition =>
  part.experiment.conditions.find(({ id }) => id === condition)!;
