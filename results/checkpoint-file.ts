import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../kernels/index.ts';
import { type Checkpoint, checkpointParts, decodeCheckpoint } from '../training/index.ts';
import { causeOf, flushFolder, hasCode, makeFolder, writeWhole, writingTo } from './files.ts';

/**
 * Writes a checkpoint as a safetensors file, whole or not at all. Weights and other states are named 'state/<name>', what is
 * kept of each training example 'rows/<name>'. Values are written from where they lie, without a copy in memory.
 * @throws UserError when it cannot be written
 */
export const writeCheckpoint = (path: string, checkpoint: Checkpoint): void =>
  writingTo(dirname(path), () => writeWhole(path, checkpointParts(checkpoint)));

/** @throws UserError when the file cannot be read, or is no whole checkpoint */
export function readCheckpoint(path: string): Checkpoint {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new UserError(`the checkpoint ${path} cannot be read because ${causeOf(error)}; name another file`);
  }
  return decodeCheckpoint(bytes, path);
}

/** The folder of checkpoints in that of a run. */
export const CHECKPOINTS = 'checkpoints';

/** The newest two: one is there at any time, also when the other turns out to be damaged. */
const KEPT = 2;

/**
 * Writes a checkpoint into the folder of a run, as checkpoints/step-<minibatches>.safetensors.
 * @param keep `last`: the newest two stay; `every`: all stay
 * @throws UserError when it cannot be written
 */
export function addCheckpoint(folder: string, checkpoint: Checkpoint, keep: 'last' | 'every'): void {
  const checkpoints = join(folder, CHECKPOINTS);
  if (!existsSync(checkpoints)) {
    makeFolder(checkpoints);
    writingTo(folder, () => flushFolder(folder));
  }
  writeCheckpoint(join(checkpoints, `step-${checkpoint.step}.safetensors`), checkpoint);
  if (keep === 'last')
    writingTo(checkpoints, () => {
      for (const { path } of listCheckpoints(folder).slice(KEPT)) rmSync(path, { force: true });
    });
}

/** The checkpoints in the folder of a run, newest first. */
function listCheckpoints(folder: string): { path: string; step: number }[] {
  let names: string[];
  try {
    names = readdirSync(join(folder, CHECKPOINTS));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw new UserError(
      `${join(folder, CHECKPOINTS)} cannot be read because ${causeOf(error)}; make it readable`,
    );
  }
  return names
    .flatMap((name) => {
      const [, step] = /^step-(\d+)\.safetensors$/.exec(name) ?? [];
      return step === undefined ? [] : [{ path: join(folder, CHECKPOINTS, name), step: Number(step) }];
    })
    .sort((a, b) => b.step - a.step);
}

/** What is found in the checkpoints of a run. */
export interface NewestCheckpoint {
  /** Null: there is none, or none that is whole. */
  readonly found: { readonly path: string; readonly checkpoint: Checkpoint } | null;
  /** A sentence for each newer one that cannot be used. */
  readonly damaged: readonly string[];
}

/**
 * The newest whole checkpoint in the folder of a run; after a run has finished, it is the trained network.
 * @param mostEpochs those that have more epochs behind them do not count
 */
export function newestCheckpoint(folder: string, mostEpochs = Number.POSITIVE_INFINITY): NewestCheckpoint {
  const damaged: string[] = [];
  for (const { path } of listCheckpoints(folder))
    try {
      const checkpoint = readCheckpoint(path);
      if (checkpoint.epochs <= mostEpochs) return { found: { path, checkpoint }, damaged };
      damaged.push(`${path} has ${checkpoint.epochs} epochs behind it, of which ${mostEpochs} are recorded`);
    } catch (error) {
      damaged.push((error as Error).message);
    }
  return { found: null, damaged };
}
