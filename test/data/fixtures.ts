import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { UserError } from '../../kernels/index.ts';

/** An IDX file of unsigned bytes: 0, 0, 8, number of dimensions, the dimensions (big endian), the values. */
export function idxBytes(dimensions: number[], values: ArrayLike<number>): Buffer {
  const sizes = dimensions.map((size) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(size);
    return bytes;
  });
  return Buffer.concat([
    Buffer.from([0, 0, 8, dimensions.length]),
    ...sizes,
    Buffer.from(Array.from(values)),
  ]);
}

export type Files = Record<string, Buffer>;

/** Six training and four test images of 2x3 pixels in three classes. */
export function smallFiles(): Files {
  const pixels = (count: number, factor: number): number[] =>
    Array.from({ length: count * 6 }, (_, i) => (i * factor) % 256);
  return {
    'train-images-idx3-ubyte': idxBytes([6, 2, 3], pixels(6, 7)),
    'train-labels-idx1-ubyte': idxBytes([6], [0, 1, 2, 2, 1, 0]),
    't10k-images-idx3-ubyte': idxBytes([4, 2, 3], pixels(4, 11)),
    't10k-labels-idx1-ubyte': idxBytes([4], [2, 1, 0, 1]),
  };
}

/** Runs a test on a temporary folder with these files. */
export async function withFolder(files: Files, run: (folder: string) => Promise<unknown>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dendrite-data-'));
  try {
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
    await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Checks that the promise is rejected with one line of a UserError that holds all of these texts.
 * @returns the line
 */
export async function refuses(promise: Promise<unknown>, ...texts: string[]): Promise<string> {
  const error: unknown = await promise.then(
    () => new Error('nothing was thrown'),
    (reason: unknown) => reason,
  );
  assert.instance(error, UserError, String((error as Error).stack));
  const { message } = error as UserError;
  assert.not.match(message, '\n');
  for (const text of texts) assert.ok(message.includes(text), `'${text}' is not in: ${message}`);
  return message;
}
