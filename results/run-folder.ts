import { appendFileSync, closeSync, existsSync, openSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../kernels/index.ts';
import { type EpochRecord, parseEpoch, parseRunSpec, type RunSpec } from '../training/index.ts';
import { CHECKPOINTS } from './checkpoint-file.ts';
import { deviceSchema, type RunResult } from './comparison.schema.ts';
import { firstDifference } from './difference.ts';
import {
  flushFolder,
  hasCode,
  makeFolder,
  readJson,
  readJsonAs,
  readText,
  removeTemporary,
  writeJson,
  writeJsonFiles,
  writingTo,
} from './files.ts';
import { checkLock } from './folder-lock.ts';
import { provenanceSchema } from './provenance.ts';

const workedSchema = provenanceSchema.extend({ device: deviceSchema.nullable() });
const runProvenanceSchema = workedSchema.extend({
  /** Where and when it was gone on with, if it was. */
  resumed: z.array(workedSchema).readonly().optional(),
});

/** provenance.json: where a run came from. */
export type RunProvenance = z.infer<typeof runProvenanceSchema>;

const runEndSchema = z.object({
  status: z.enum(['finished', 'diverged', 'failed']),
  /** One sentence, for a run that diverged or failed. */
  reason: z.string().optional(),
  /** What was asked for and could not be measured, and why. */
  notes: z.array(z.string()).readonly().optional(),
  /** SHA-256 of the bits of all trained states. */
  statesHash: z.string().optional(),
  /** Of all states, and of what is kept of each training example. */
  stateBytes: z.int().nonnegative().optional(),
  /** The device as known at the end, where that is more than at the start. */
  device: deviceSchema.optional(),
});
const statusSchema = runEndSchema.extend({ finishedAt: z.string() });

/** How a run ended. */
export type RunEnd = z.infer<typeof runEndSchema>;

/** What a run is, for its folder. */
export interface RunToRecord {
  readonly spec: RunSpec;
  readonly provenance: RunProvenance;
  /** File of the lock on the comparison's folder; left out: nobody else can know the folder. */
  readonly lock?: string | undefined;
}

export interface OpenRun {
  readonly folder: string;
  /** Those that are recorded already, in a run that is gone on with. */
  readonly epochs: readonly EpochRecord[];
  /** Adds a line to metrics.jsonl and waits until it is on the disk. */
  append(epoch: EpochRecord): void;
  /** Writes status.json, with the time. */
  finish(end: RunEnd): void;
}

/** A run read back from its folder. `unfinished`: still running, or killed. */
export interface StoredRun extends RunResult {
  finishedAt: string | null;
  spec: RunSpec;
  provenance: RunProvenance;
  /** The last line of metrics.jsonl was cut off and is left out: the process was killed while it wrote. */
  truncated: boolean;
}

const CONFIG = 'config.json';
const PROVENANCE = 'provenance.json';
const METRICS = 'metrics.jsonl';
const STATUS = 'status.json';
const NAME_A_RUN = 'name the folder of a run';
const REPEAT = 'repeat this run';

/**
 * Creates the folder of a run, with config.json, provenance.json and an empty metrics.jsonl.
 *
 * @throws UserError if the folder holds a run already or cannot be written; so do `append` and `finish`
 */
export function openRun(folder: string, run: RunToRecord): OpenRun {
  const metrics = join(folder, METRICS);
  if (run.lock !== undefined) checkLock(run.lock);
  makeFolder(folder);
  writingTo(folder, () => {
    claim(folder, metrics);
    try {
      // The spec is the last one: a folder holds a run once it is there.
      writeJsonFiles(folder, { [PROVENANCE]: run.provenance, [CONFIG]: run.spec });
      flushFolder(dirname(folder));
    } catch (error) {
      removeBeginnings(folder);
      throw error;
    }
  });
  return recordIn(folder, [], run.lock);
}

/**
 * Opens the folder of a run that was begun, so that it can go on: what a process that was killed had half written is removed, and so
 * is the status of a run that failed. A folder without a run is as for `openRun`.
 *
 * @throws UserError if the folder holds another run, one of its files is damaged, or it cannot be written
 */
export function reopenRun(folder: string, run: RunToRecord): OpenRun {
  if (run.lock !== undefined) checkLock(run.lock);
  if (!holdsRun(folder)) {
    writingTo(folder, () => removeBeginnings(folder));
    return openRun(folder, run);
  }
  const { spec, provenance, epochs, truncated } = readRun(folder);
  const difference = firstDifference(spec, parseRunSpec(asJson(run.spec), 'the spec'));
  if (difference !== null)
    throw new UserError(
      `${join(folder, CONFIG)} is of another run (${difference}): bring back the file, or remove the folder`,
    );
  const { resumed = [], ...first } = provenance;
  writingTo(folder, () => {
    removeTemporary(folder);
    removeTemporary(join(folder, CHECKPOINTS));
    if (truncated) cutLastLine(join(folder, METRICS));
    writeJson(join(folder, PROVENANCE), { ...first, resumed: [...resumed, run.provenance] });
    rmSync(join(folder, STATUS), { force: true });
    flushFolder(folder);
  });
  return recordIn(folder, epochs, run.lock);
}

const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** Removes what stands behind the last line break. */
function cutLastLine(metrics: string): void {
  truncateSync(metrics, readFileSync(metrics).lastIndexOf('\n') + 1);
}

const recordIn = (folder: string, epochs: readonly EpochRecord[], lock: string | undefined): OpenRun => ({
  folder,
  epochs,
  append(epoch) {
    if (lock !== undefined) checkLock(lock);
    writingTo(folder, () =>
      appendFileSync(join(folder, METRICS), `${JSON.stringify(epoch)}\n`, { flush: true }),
    );
  },
  finish(end) {
    if (lock !== undefined) checkLock(lock);
    endRun(folder, end);
  },
});

/** Writes status.json, with the time. @throws UserError if it cannot be written */
export function endRun(folder: string, end: RunEnd): void {
  writingTo(folder, () => writeJson(join(folder, STATUS), { ...end, finishedAt: new Date().toISOString() }));
}

/** What a run leaves that could not be opened: the folder is free again. */
function removeBeginnings(folder: string): void {
  for (const file of [CONFIG, PROVENANCE, METRICS]) rmSync(join(folder, file), { force: true });
}

/** Creating the metrics file exclusively makes the folder this run's, even if two processes try at once. */
function claim(folder: string, metrics: string): void {
  try {
    closeSync(openSync(metrics, 'wx'));
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    throw new UserError(`the folder ${folder} holds a run already; choose another folder or remove it`);
  }
}

/** Whether a run has been opened there. */
export const holdsRun = (folder: string): boolean => existsSync(join(folder, CONFIG));

/** Whether a run has ended there, in whatever way. */
export const hasEnded = (folder: string): boolean => existsSync(join(folder, STATUS));

/**
 * Reads a run back from its folder, whatever state its process left it in.
 *
 * @throws UserError if the folder holds no run or one of its files is damaged
 */
export function readRun(folder: string): StoredRun {
  const spec = parseRunSpec(readJson(folder, CONFIG, NAME_A_RUN), join(folder, CONFIG));
  const provenance = readJsonAs(runProvenanceSchema, folder, PROVENANCE, REPEAT);
  const end = existsSync(join(folder, STATUS)) ? readJsonAs(statusSchema, folder, STATUS, REPEAT) : null;
  return {
    condition: spec.condition.id,
    rule: spec.condition.rule,
    seed: spec.seed,
    status: end?.status ?? 'unfinished',
    ...(end?.reason !== undefined && { reason: end.reason }),
    ...readMetrics(folder),
    ...(end?.notes !== undefined && { notes: [...end.notes] }),
    ...(end?.statesHash !== undefined && { statesHash: end.statesHash }),
    ...(end?.stateBytes !== undefined && { stateBytes: end.stateBytes }),
    device: end?.device ?? provenance.device,
    folder,
    finishedAt: end?.finishedAt ?? null,
    spec,
    provenance,
  };
}

/** A line counts once its line break is on the disk. */
function readMetrics(folder: string): { epochs: EpochRecord[]; truncated: boolean } {
  const lines = readText(folder, METRICS, NAME_A_RUN).split('\n');
  const rest = lines.pop();
  const epochs = lines.map((line, index) => {
    const epoch = parseLine(line);
    if (epoch === null)
      throw new UserError(`line ${index + 1} of ${join(folder, METRICS)} is damaged; ${REPEAT}`);
    return epoch;
  });
  return { epochs, truncated: rest !== '' };
}

function parseLine(line: string): EpochRecord | null {
  try {
    return parseEpoch(JSON.parse(line));
  } catch {
    return null;
  }
}
