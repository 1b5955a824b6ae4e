import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { z } from 'zod';
import { UserError } from '../kernels/index.ts';

/**
 * Writes a file whole or not at all: after a crash or a loss of power, it holds the old content or the new one.
 *
 * @param parts one after the other
 * @throws the file system's error; the temporary file is removed
 */
export function writeWhole(path: string, parts: readonly Uint8Array[]): void {
  writeNamed(path, parts);
  flushFolder(dirname(path));
}

/** As `writeWhole`, but for its name, which is on the disk once its folder is flushed. */
function writeNamed(path: string, parts: readonly Uint8Array[]): void {
  const temporary = `${path}.tmp`;
  try {
    const file = openSync(temporary, 'w');
    try {
      for (const part of parts) writeAll(file, part);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** A system writes about 2 GB at once, and may write less than it is asked to. */
const MOST_AT_ONCE = 2 ** 26;

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; )
    at += writeSync(file, bytes, at, Math.min(MOST_AT_ONCE, bytes.length - at));
}

/** Waits until the names in a folder are on the disk, where the system can be asked to. */
export function flushFolder(folder: string): void {
  // Windows opens no folders, and does not need it.
  if (process.platform === 'win32') return;
  const opened = openSync(folder, 'r');
  try {
    fsyncSync(opened);
  } catch (error) {
    // Some network file systems cannot.
    if (!hasCode(error, 'EINVAL')) throw error;
  } finally {
    closeSync(opened);
  }
}

/** As `writeWhole`, for a value as JSON. */
export const writeJson = (path: string, value: unknown): void => writeWhole(path, [jsonBytes(value)]);

/** As `writeJson`, for several files of a folder in their order, by name: their names are waited for together. */
export function writeJsonFiles(folder: string, files: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(files)) writeNamed(join(folder, name), [jsonBytes(value)]);
  flushFolder(folder);
}

const jsonBytes = (value: unknown): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);

/** Removes what a process that was killed had not finished to write, if the folder is there. Locks are those of others. */
export function removeTemporary(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder))
    if (name.endsWith('.tmp') && !name.startsWith('lock-')) rmSync(join(folder, name), { force: true });
}

const CAUSES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EFBIG: 'a file would be larger than the limit of the shell (ulimit -f)',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'the file system is read-only',
  EEXIST: 'a file has its name',
  EISDIR: 'a folder has its name',
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
      `the folder ${folder} cannot be written because ${causeOf(error)}; make room or choose another folder with --out`,
    );
  }
}

/**
 * Makes a folder and those above it that are missing. Folder by folder: `mkdirSync` with `recursive` never ends where a
 * folder exists but refuses to hold another one, such as /proc.
 *
 * @throws UserError if it cannot be made
 */
export function makeFolder(folder: string): void {
  const missing: string[] = [];
  for (let at = resolve(folder); !existsSync(at) && dirname(at) !== at; at = dirname(at)) missing.unshift(at);
  try {
    for (const one of missing) makeOne(one);
    if (!statSync(folder).isDirectory()) throw Object.assign(new Error(), { code: 'EEXIST' });
  } catch (error) {
    const cause = hasCode(error, 'ENOENT') ? 'the folder above it cannot hold one' : causeOf(error);
    throw new UserError(
      `the folder ${folder} cannot be made because ${cause}; choose another folder with --out`,
    );
  }
}

function makeOne(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process may have made it at the same time.
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}

/** @throws UserError that names the folder and what to do */
export function readText(folder: string, file: string, advice: string): string {
  try {
    return readFileSync(join(folder, file), 'utf8');
  } catch (error) {
    throw new UserError(`${join(folder, file)} cannot be read because ${causeOf(error)}; ${advice}`);
  }
}

/** @throws UserError if the file cannot be read or is not JSON */
export function readJson(folder: string, file: string, advice: string): unknown {
  const text = readText(folder, file, advice);
  try {
    return JSON.parse(text);
  } catch {
    throw new UserError(`${join(folder, file)} is damaged, not JSON; ${advice}`);
  }
}

/** As `readJson`, what a schema says. @throws UserError if it is something else, too */
export function readJsonAs<T>(schema: z.ZodType<T>, folder: string, file: string, advice: string): T {
  const parsed = schema.safeParse(readJson(folder, file, advice));
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new UserError(
    `${join(folder, file)} is damaged or of another version (${path.join('.')}: ${message}); ${advice}`,
  );
}
