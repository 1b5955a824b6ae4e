import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../kernels/index.ts';
import { hasCode, writeJson, writingTo } from './files.ts';

/**
 * One process at a time works on the folder of a comparison. Each that wants to puts a file of its own into the folder and then
 * looks for those of others: of two that come at the same time, the later one to look sees the other's file. Who sees a
 * living owner's file takes its own away and is refused; files of dead owners are removed. No file is ever taken from one
 * process and given to another, so none can be taken away by mistake. (The package proper-lockfile removes the one lock that it
 * takes for stale: a second process that had judged the same removes the new owner's. It does not know who holds a lock
 * either, so that a dead process of the same machine keeps its own for a while.)
 *
 * An owner on this machine is alive if its process is, with the same time of its start. One on another machine, or where
 * processes cannot be looked at, is taken for dead when its file has not been written for a minute; the ages of files are
 * compared with each other, never with a clock. An owner that was suspended and wakes up finds its file gone, and stops.
 */
const BEAT_EVERY = 5_000;
const STALE_AFTER = 60_000;

/** Two that came within so many ms may both have seen the other: they try again. */
const SAME_TIME = 1_000;
const ATTEMPTS = 6;

const ownerSchema = z.object({
  host: z.string(),
  pid: z.int().positive(),
  /** Boot and process namespace, in which the pid means something; null where they are not known. */
  place: z.string().nullable(),
  /** When the process began, in ticks since the boot; null where it is not known. */
  start: z.string().nullable(),
  since: z.string(),
});

/** Who works on a folder. */
export type Owner = z.infer<typeof ownerSchema>;

/** The right to work on a folder. */
export interface FolderLock {
  /** The file that holds it: see `checkLock`. */
  readonly path: string;
  /** Aborted when another process took the folder over, as this one was suspended for too long. */
  readonly lost: AbortSignal;
  release(): void;
}

/** @throws UserError naming who works on the folder already; or if it cannot be written */
export async function lockFolder(folder: string): Promise<FolderLock> {
  for (let attempt = 1; ; attempt++) {
    const path = announce(folder);
    const other = contest(folder, path);
    if (other === null) return hold(path);
    rmSync(path, { force: true });
    if (!other.cameAtTheSameTime || attempt === ATTEMPTS)
      throw new UserError(
        `the folder ${folder} is being worked on by ${inWords(other.owner)}: wait until it has ended, or stop it`,
      );
    await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 200));
  }
}

/**
 * Before anything is written: another process may have taken the folder over.
 * @throws UserError if it has
 */
export function checkLock(path: string): void {
  if (!existsSync(path)) throw lostError();
}

const lostError = (): UserError =>
  new UserError(
    'another process has taken the folder over while this one was suspended: this one stops, and leaves the folder to it',
  );

/** Puts a file of this process into the folder. @returns its path */
export function announce(folder: string, owner: Owner = ownerHere()): string {
  const path = join(folder, `lock-${randomBytes(8).toString('hex')}.json`);
  writingTo(folder, () => writeJson(path, owner));
  return path;
}

/** Somebody else's file, of a living owner. */
interface Other {
  /** Null: the file cannot be read. */
  readonly owner: Owner | null;
  readonly cameAtTheSameTime: boolean;
}

/** Removes files of dead owners. @returns a living one's, or null: the folder belongs to who put `own` there */
export function contest(
  folder: string,
  own: string,
  isAlive: (owner: Owner) => boolean | null = isAliveHere,
): Other | null {
  const now = ageOf(own);
  if (now === null) throw lostError();
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (!/^lock-[0-9a-f]{16}\.json$/.test(name) || path === own) continue;
    const written = ageOf(path);
    if (written === null) continue;
    const owner = readOwner(path);
    const alive = (owner && isAlive(owner)) ?? now - written < STALE_AFTER;
    if (alive) return { owner, cameAtTheSameTime: Math.abs(now - written) < SAME_TIME };
    rmSync(path, { force: true });
  }
  return null;
}

/** When a file was last written, in ms by the clock of its file system; null if it is not there any more. */
function ageOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null;
}

function readOwner(path: string): Owner | null {
  try {
    return ownerSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return null;
  }
}

/** Writes the file anew from time to time, as a sign of life. */
function hold(path: string): FolderLock {
  const lost = new AbortController();
  const content = readFileSync(path);
  const beat = (): void => {
    try {
      const file = openSync(path, 'r+');
      writeSync(file, content, 0, content.length, 0);
      closeSync(file);
    } catch (error) {
      // Whatever else keeps it from being written may pass.
      if (hasCode(error, 'ENOENT')) lost.abort(lostError());
    }
  };
  const timer = setInterval(beat, BEAT_EVERY).unref();
  const release = (): void => {
    clearInterval(timer);
    process.off('exit', release);
    try {
      rmSync(path, { force: true });
    } catch {
      // A folder that cannot be written any more: the process ends, and a dead owner keeps nothing.
    }
  };
  process.on('exit', release);
  return { path, lost: lost.signal, release };
}

const ownerHere = (): Owner => ({
  host: hostname(),
  pid: process.pid,
  place: placeHere(),
  start: processHere(process.pid)?.start ?? null,
  since: new Date().toISOString(),
});

/** @returns null where it cannot be told from here */
function isAliveHere({ host, pid, place, start }: Owner): boolean | null {
  if (place === null || start === null || place !== placeHere() || host !== hostname()) return null;
  const found = processHere(pid);
  return found !== null && found.start === start && !found.isDead;
}

function placeHere(): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return null;
  }
}

/** From /proc/<pid>/stat (proc(5)): the state is the third field, the time of the start the 22nd; the second may hold spaces. */
function processHere(pid: number): { start: string; isDead: boolean } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { start: fields[19]!, isDead: ['Z', 'X', 'x'].includes(fields[0]!) };
  } catch {
    return null;
  }
}

const inWords = (owner: Owner | null): string =>
  owner === null
    ? 'a process whose lock file cannot be read'
    : `process ${owner.pid} on ${owner.host}, since ${owner.since.slice(0, 19).replace('T', ' ')} UTC`;
