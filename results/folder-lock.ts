import { randomBytes } from 'node:crypto';
import {
  closeSync,
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
 * One process at a time works on the folder of a comparison, or several on runs of their own: a lock is on the whole folder or on some
 * of its runs, and two locks exclude each other unless they are on different runs. Each process puts a file of its own into the folder and then
 * looks for those of others: of two that come at the same time, the later one to look sees the other's file. Who sees a
 * living owner's file takes its own away and is refused; files of dead owners are removed. No file is ever taken from one
 * process and given to another, so none can be taken away by mistake. (The package proper-lockfile removes the one lock that it
 * takes for stale: a second process that had judged the same removes the new owner's. It does not know who holds a lock
 * either, so that a dead process of the same machine keeps its own for a while.)
 *
 * An owner on this machine is alive if its process is, with the same time of its start. One on another machine, or where
 * processes cannot be looked at, is taken for dead when its file has not been written for a minute; the ages of files are
 * compared with each other, never with a clock. An owner that was suspended and wakes up finds its file gone, and stops.
 *
 * The folder may be on a network file system, which remembers attributes for up to a minute but asks anew when a file is opened
 * (nfs(5), "close-to-open cache consistency"): files are opened before their age is looked at, or whether they are still there.
 */
const BEAT_EVERY = 5_000;
const STALE_AFTER = 60_000;

/** Two that came within so many ms may both have seen the other: they try again. */
const SAME_TIME = 1_000;
const ATTEMPTS = 6;
/** Between two looks of who waits for another owner to end. */
const LOOK_AGAIN_AFTER = 2_000;

/** With `.tmp`: not whole yet, or of a process that was killed while it wrote. */
const LOCK = /^lock-[0-9a-f]{16}\.json(\.tmp)?$/;

const ownerSchema = z.object({
  host: z.string(),
  pid: z.int().positive(),
  /** Boot and process namespace, in which the pid means something; null where they are not known. */
  place: z.string().nullable(),
  /** When the process began, in ticks since the boot; null where it is not known. */
  start: z.string().nullable(),
  since: z.string(),
  /** Folders, within the comparison's, of the runs that it works on; null: of all, and on the comparison itself. */
  runs: z.array(z.string()).nullable(),
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

export interface LockOptions {
  /** Folders, within the comparison's, of the runs that are worked on; null, when left out: of all, and on the comparison itself. */
  readonly runs?: readonly string[] | null;
  /** How many ms to wait for another owner to end, or to be taken for dead; not at all when left out. */
  readonly patience?: number;
}

/** Another process works on the folder, or on a run that is asked for. */
export class FolderTaken extends UserError {}

/** @throws FolderTaken naming who works on the folder already; UserError if it cannot be written */
export async function lockFolder(
  folder: string,
  { runs = null, patience = 0 }: LockOptions = {},
): Promise<FolderLock> {
  const until = performance.now() + patience;
  for (let attempt = 1; ; attempt++) {
    const path = announce(folder, ownerHere(runs));
    const other = contestOrLeave(folder, path);
    if (other === null) return hold(path);
    rmSync(path, { force: true });
    const mayPass = other.cameAtTheSameTime && attempt < ATTEMPTS;
    if (!mayPass && performance.now() >= until)
      throw new FolderTaken(
        `the folder ${folder} is being worked on by ${inWords(other.owner)}: wait until it has ended, or stop it`,
      );
    await pause(mayPass ? 20 + Math.random() * 200 : Math.min(LOOK_AGAIN_AFTER, patience));
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Who works on a folder, as far as it can be told from here. It is only looked at: nothing is written or removed, and ages are
 * measured by the clock of this machine.
 */
export const ownersOf = (folder: string, now = Date.now()): Owner[] =>
  lockFilesIn(folder).flatMap((path) => {
    const owner = path.endsWith('.tmp') ? null : readOwner(path);
    const written = ageOf(path);
    if (owner === null || written === null) return [];
    return (isAliveHere(owner) ?? now - written < STALE_AFTER) ? [owner] : [];
  });

/** As `contest`; the own file does not stay when it cannot be told whose the folder is. */
function contestOrLeave(folder: string, own: string): Other | null {
  try {
    return writingTo(folder, () => contest(folder, own));
  } catch (error) {
    rmSync(own, { force: true });
    throw error;
  }
}

/**
 * Before anything is written: another process may have taken the folder over.
 * @throws UserError if it has
 */
export function checkLock(path: string): void {
  try {
    closeSync(openSync(path, 'r'));
  } catch (error) {
    // Whatever else keeps it from being opened may pass.
    if (isGone(error)) throw lostError();
  }
}

const isGone = (error: unknown): boolean => hasCode(error, 'ENOENT') || hasCode(error, 'ESTALE');

const lostError = (): UserError =>
  new UserError(
    'another process has taken the folder over while this one was suspended: this one stops, and leaves the folder to it',
  );

/** Puts a file of this process into the folder. @returns its path */
export function announce(folder: string, owner: Owner): string {
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

/** Removes files of dead owners. @returns a living one's that excludes `own`, or null: what `own` is on belongs to who put it there */
export function contest(
  folder: string,
  own: string,
  isAlive: (owner: Owner) => boolean | null = isAliveHere,
): Other | null {
  const asked = readOwner(own);
  const now = ageOf(own);
  if (now === null) throw lostError();
  for (const path of lockFilesIn(folder)) {
    if (path === own) continue;
    const owner = readOwner(path);
    const written = ageOf(path);
    if (written === null) continue;
    const alive = (owner && isAlive(owner)) ?? now - written < STALE_AFTER;
    if (!alive) rmSync(path, { force: true });
    // One that is not whole yet is about to have its name, and its process will look for those of others then.
    else if (!path.endsWith('.tmp') && exclude(asked, owner))
      return { owner, cameAtTheSameTime: Math.abs(now - written) < SAME_TIME };
  }
  return null;
}

const lockFilesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => LOCK.test(name))
    .map((name) => join(folder, name));

/** Whether two owners cannot work at the same time. One that cannot be read may be on everything. */
function exclude(one: Owner | null, other: Owner | null): boolean {
  if (!one?.runs || !other?.runs) return true;
  const { runs } = other;
  return one.runs.some((run) => runs.includes(run));
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
      if (isGone(error)) lost.abort(lostError());
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

const ownerHere = (runs: readonly string[] | null): Owner => ({
  host: hostname(),
  pid: process.pid,
  place: placeHere(),
  start: processHere(process.pid)?.start ?? null,
  since: new Date().toISOString(),
  runs: runs && [...runs],
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
