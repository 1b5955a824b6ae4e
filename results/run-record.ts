import { appendFileSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../kernels/index.ts';
import {
  type DeviceRecord,
  type EpochRecord,
  parseEpoch,
  type RunResult,
  type RunStatus,
} from './compare.schema.ts';
import { causeOf, hasCode, writeJson, writingTo } from './files.ts';
import type { Provenance } from './provenance.ts';

/** The resolved configuration of one run: everything that is needed to repeat it. */
export interface RunConfig {
  rule: string;
  seed: number;
  [option: string]: unknown;
}

export interface RunProvenance extends Provenance {
  device: DeviceRecord | null;
}

export interface RunEnd {
  status: RunStatus;
  /** One sentence, for a run that diverged or failed. */
  reason?: string | undefined;
  /** What was asked for and could not be measured, and why. */
  notes?: readonly string[] | undefined;
  /** The device as known at the end, where that is more than at the start. */
  device?: DeviceRecord | undefined;
}

export interface OpenRun {
  readonly folder: string;
  /** Adds a line to metrics.jsonl and waits until it is on the disk. */
  append(epoch: EpochRecord): void;
  /** Writes status.json, with the time. */
  finish(end: RunEnd): void;
}

/** A run read back from its folder. `unfinished`: still running, or killed. */
export interface StoredRun extends Omit<RunResult, 'status'> {
  status: RunStatus | 'unfinished';
  finishedAt: string | null;
  config: RunConfig;
  provenance: RunProvenance;
  /** The last line of metrics.jsonl was cut off and is left out: the process was killed while it wrote. */
  truncated: boolean;
}

const CONFIG = 'config.json';
const PROVENANCE = 'provenance.json';
const METRICS = 'metrics.jsonl';
const STATUS = 'status.json';

/**
 * Creates the folder of a run, with config.json, provenance.json and an empty metrics.jsonl.
 *
 * @throws UserError if the folder holds a run already or cannot be written; so do `append` and `finish`
 */
export function openRun(
  folder: string,
  { config, provenance }: { config: RunConfig; provenance: RunProvenance },
): OpenRun {
  const metrics = join(folder, METRICS);
  writingTo(folder, () => {
    mkdirSync(folder, { recursive: true });
    claim(folder, metrics);
    try {
      writeJson(join(folder, CONFIG), config);
      writeJson(join(folder, PROVENANCE), provenance);
    } catch (error) {
      rmSync(metrics);
      throw error;
    }
  });
  return {
    folder,
    append(epoch) {
      writingTo(folder, () => appendFileSync(metrics, `${JSON.stringify(epoch)}\n`, { flush: true }));
    },
    finish(end) {
      const status = { ...end, finishedAt: new Date().toISOString() };
      writingTo(folder, () => writeJson(join(folder, STATUS), status));
    },
  };
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

/**
 * Reads a run back from its folder, whatever state its process left it in.
 *
 * @throws UserError if the folder holds no run or one of its files is damaged
 */
export function readRun(folder: string): StoredRun {
  const config = readJson<RunConfig>(folder, CONFIG);
  const provenance = readJson<RunProvenance>(folder, PROVENANCE);
  const end = readStatus(folder);
  return {
    rule: config.rule,
    seed: config.seed,
    status: end?.status ?? 'unfinished',
    ...(end?.reason === undefined ? {} : { reason: end.reason }),
    finishedAt: end?.finishedAt ?? null,
    ...(end?.notes === undefined ? {} : { notes: [...end.notes] }),
    ...readMetrics(folder),
    device: end?.device ?? provenance.device,
    folder,
    config,
    provenance,
  };
}

/** A line counts once its line break is on the disk. */
function readMetrics(folder: string): { epochs: EpochRecord[]; truncated: boolean } {
  const lines = readText(folder, METRICS).split('\n');
  const rest = lines.pop();
  const epochs = lines.map((line, index) => {
    const epoch = parseLine(line);
    if (epoch === null) {
      throw new UserError(`line ${index + 1} of ${join(folder, METRICS)} is damaged; repeat this run`);
    }
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

function readStatus(folder: string): (RunEnd & { finishedAt: string }) | null {
  return existsSync(join(folder, STATUS)) ? readJson(folder, STATUS) : null;
}

function readJson<T>(folder: string, file: string): T {
  const text = readText(folder, file);
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new UserError(`${join(folder, file)} is damaged, not JSON; repeat this run`);
  }
}

function readText(folder: string, file: string): string {
  try {
    return readFileSync(join(folder, file), 'utf8');
  } catch (error) {
    throw new UserError(
      `the run folder ${folder} cannot be read because of ${file} (${causeOf(error)}); name the folder of a run`,
    );
  }
}
