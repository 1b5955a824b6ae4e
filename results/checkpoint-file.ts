import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { UserError } from '../kernels/index.ts';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../training/index.ts';
import { causeOf, writeWhole, writingTo } from './files.ts';

/**
 * Writes a checkpoint as a safetensors file, whole or not at all. Weights and other states are named 'state/<name>', what is
 * kept of each training example 'rows/<name>'.
 * @throws UserError when it cannot be written
 */
export const writeCheckpoint = (path: string, checkpoint: Checkpoint): void =>
  writingTo(dirname(path), () => writeWhole(path, encodeCheckpoint(checkpoint)));

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
