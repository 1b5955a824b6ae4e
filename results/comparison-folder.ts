import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../kernels/index.ts';
import { conditionSchema, runSpecSchema } from '../training/index.ts';
import { readBaselines } from './baselines-file.ts';
import {
  type ComparedRun,
  type ComparisonDocument,
  type ExperimentRecord,
  experimentSchema,
  runSchema,
} from './comparison.schema.ts';
import { comparisonDocument, defaultContrasts } from './comparison-document.ts';
import { firstDifference } from './difference.ts';
import {
  flushFolder,
  hasCode,
  makeFolder,
  readJsonAs,
  removeTemporary,
  writeJson,
  writingTo,
} from './files.ts';
import { holdsRun, readRun, type StoredRun } from './run-folder.ts';
import { tuningSchema } from './tuning.schema.ts';

const EXPERIMENT = 'experiment.json';
const COMPARISON = 'comparison.json';
const FORMAT = 1;

/** Which checkpoints are written, and when. */
export const checkpointsSchema = z.object({
  /** `last`: the newest two of each run stay; `every`: all; `none` is written. */
  keep: z.enum(['none', 'last', 'every']),
  /** Seconds between two of a run; null: after each epoch. */
  seconds: z.number().positive().nullable(),
});

/** Which checkpoints are written, and when. */
export type CheckpointPlan = Readonly<z.infer<typeof checkpointsSchema>>;

const { dataset, device, plugins } = runSpecSchema.shape;

const storedExperimentSchema = z.object({
  format: z.literal(FORMAT),
  dendrite: z.string(),
  startedAt: z.string(),
  /** As the user gave it. */
  given: z.unknown(),
  /** With everything filled in. */
  experiment: experimentSchema,
  /** Until values are chosen for them, conditions are as they were before. */
  tuning: tuningSchema.optional(),
  conditions: z.array(conditionSchema).min(1),
  dataset,
  device,
  plugins,
  checkpoints: checkpointsSchema,
  /** Folders within the comparison's, one for each condition and seed. */
  runs: z.array(z.object({ condition: z.string(), seed: z.int(), folder: z.string() })),
});

/** experiment.json: what a comparison is, as given and as resolved. */
export type StoredExperiment = z.infer<typeof storedExperimentSchema>;

/** The folder of a comparison while it runs. */
export interface OpenComparison {
  readonly folder: string;
  /** Writes comparison.json, whole or not at all. */
  save(document: ComparisonDocument): void;
  /** Changes experiment.json, whole or not at all. */
  update(changes: Partial<Pick<StoredExperiment, 'tuning' | 'conditions'>>): void;
}

/**
 * Makes a folder of its own for a comparison, with experiment.json.
 *
 * @param name of the folder in `out`; when left out that of the time (runs/2026-01-31-17-05-09-compare)
 * @throws UserError if it cannot be made or written
 */
export function openComparison(
  out: string,
  experiment: Omit<StoredExperiment, 'format' | 'startedAt'>,
  now = new Date(),
  name?: string,
): OpenComparison {
  const folder = name === undefined ? makeTimedFolder(out, 'compare', now) : join(out, name);
  if (name !== undefined) makeFolder(folder);
  writingTo(folder, () => {
    writeJson(join(folder, EXPERIMENT), { format: FORMAT, startedAt: now.toISOString(), ...experiment });
    flushFolder(out);
  });
  return inFolder(folder);
}

/** Opens the folder of a comparison that goes on. */
export function reopenComparison(folder: string): OpenComparison {
  writingTo(folder, () => removeTemporary(folder));
  return inFolder(folder);
}

const inFolder = (folder: string): OpenComparison => ({
  folder,
  save: (document) => writingTo(folder, () => writeJson(join(folder, COMPARISON), document)),
  update: (changes) => {
    const before = readStoredExperiment(folder);
    writingTo(folder, () => writeJson(join(folder, EXPERIMENT), { ...before, ...changes }));
  },
});

/** Removes comparison.json, where runs go on and nobody keeps it up to date. @throws UserError if that cannot be */
export const removeDocument = (folder: string): void =>
  writingTo(folder, () => rmSync(join(folder, COMPARISON), { force: true }));

/**
 * Makes a new folder that is named by the time.
 *
 * @param what is in it: the end of its name
 * @throws UserError if it cannot be made
 */
export function makeTimedFolder(out: string, what: string, now = new Date()): string {
  const time = now.toISOString().slice(0, 19).replace(/[T:]/g, '-');
  makeFolder(out);
  return writingTo(out, () => {
    for (let i = 1; ; i++) {
      const folder = join(out, `${time}-${what}${i === 1 ? '' : `-${i}`}`);
      try {
        mkdirSync(folder);
        return folder;
      } catch (error) {
        // Another one began in the same second.
        if (!hasCode(error, 'EEXIST')) throw error;
      }
    }
  });
}

/** Whether a comparison has been opened there. */
export const holdsComparison = (folder: string): boolean => existsSync(join(folder, EXPERIMENT));

/** All of a comparison, read back from its folder. */
export interface ReadComparison {
  readonly experiment: StoredExperiment;
  /** Those that have begun. */
  readonly runs: readonly StoredRun[];
  /** What `dendrite compare --json` prints, made from the run folders as they are now. */
  readonly document: ComparisonDocument;
}

/**
 * Reads what a comparison is, without its runs.
 *
 * @throws UserError if the folder holds no comparison, the file is damaged, or contrasts are not those that were declared
 */
export function readStoredExperiment(folder: string): StoredExperiment {
  const advice = 'name the folder of a comparison, which `dendrite compare` made';
  if (!holdsComparison(folder)) throw new UserError(`the folder ${folder} holds no ${EXPERIMENT}; ${advice}`);
  const stored = readJsonAs(storedExperimentSchema, folder, EXPERIMENT, 'repeat the comparison');
  refuseChangedContrasts(folder, stored);
  return stored;
}

/** Contrasts are declared before the runs: an edit of what was made of the declaration does not pass unnoticed. */
function refuseChangedContrasts(folder: string, { given, experiment, conditions }: StoredExperiment): void {
  // The trials of a tuning have none, whatever is given for the runs.
  if (experiment.scored) return;
  const declared = (given ?? {}) as Partial<Pick<ExperimentRecord, 'contrasts' | 'equivalence'>>;
  const difference = firstDifference(
    { contrasts: experiment.contrasts, equivalence: experiment.equivalence },
    { contrasts: declared.contrasts ?? defaultContrasts(conditions), equivalence: declared.equivalence },
  );
  if (difference !== null)
    throw new UserError(
      `the contrasts in ${join(folder, EXPERIMENT)} were changed after the comparison began (${difference} as declared): put them back, or start a new comparison`,
    );
}

/**
 * Reads a comparison back, also one that was killed or is still running.
 *
 * @throws UserError if the folder holds no comparison or one of its files is damaged
 */
export function readExperiment(folder: string): ReadComparison {
  const experiment = readStoredExperiment(folder);
  const runs = experiment.runs
    .map((run) => join(folder, run.folder))
    .filter(holdsRun)
    .map(readRun);
  return { experiment, runs, document: documentOf(folder, experiment, runs) };
}

/**
 * The document of a comparison that is read already.
 *
 * @param runs in any order; some may be missing
 * @throws UserError if the file of its baselines is damaged
 */
export const documentOf = (
  folder: string,
  { dendrite, experiment, tuning, conditions }: StoredExperiment,
  runs: readonly StoredRun[],
): ComparisonDocument =>
  comparisonDocument({
    ...{ dendrite, experiment, tuning, conditions, runs },
    baselineScores: readBaselines(folder),
  });

/**
 * The runs of a comparison as its comparison.json has them, which a process kept up to date while it trained.
 *
 * @throws UserError if there is no such file, or it is damaged
 */
export function readRecordedRuns(folder: string): ComparedRun[] {
  const schema = z.object({ runs: z.array(runSchema) });
  return readJsonAs(schema, folder, COMPARISON, `dendrite resume ${folder} writes it`).runs;
}
