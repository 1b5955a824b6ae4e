import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { UserError } from '../kernels/index.ts';

/**
 * Writes a JSON file whole or not at all: after a crash, the file holds the old text or the new one.
 *
 * @throws the file system's error; the temporary file is removed
 */
export function writeJson(path: string, value: unknown): void {
  const temporary = `${path}.tmp`;
  try {
    writeFileSync(temporary, `${JSON.stringify(value, null, 2)}\n`, { flush: true });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

const CAUSES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'the file system is read-only',
  EEXIST: 'a file has its name',
  ENOTDIR: 'a part of its path is a file',
  ENOENT: 'it does not exist',
  ENAMETOOLONG: 'its name is too long',
};

/** The cause of a file system's error in words. */
export function causeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return CAUSES[code ?? ''] ?? message;
}

export const hasCode = (error: unknown, code: string): boolean =>
  (error as NodeJS.ErrnoException).code === code;

/** Runs `write`; a file system's error becomes a UserError of one sentence that names the folder. */
export function writingTo<T>(folder: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `the run folder ${folder} cannot be written because ${causeOf(error)}; make room or choose another folder`,
    );
  }
}
