import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { dirname } from 'node:path';

/** What goes wrong while files are written. */
export interface DiskFault {
  /**
   * `full`: no write succeeds any more; `error`: one call fails; `killed`: nothing is done any more; `powerless`: nothing is done
   * any more, and what was not flushed may be lost.
   */
  readonly kind: 'full' | 'error' | 'killed' | 'powerless';
  /** The call that it comes with, of those that change files, from 0. */
  readonly at: number;
  /** How much of the write at hand, and of what was not flushed, comes to the disk: 0 to 1. */
  readonly part: number;
  /** Whether names (of new files and folders, and after a renaming) that were not flushed are lost. */
  readonly losesNames: boolean;
}

/** The functions themselves, for what must not fail. */
const real = { ...fs };

/**
 * Does something while files are written by a system with a fault.
 * @returns whether the fault came, and what was thrown
 */
export function withFault(fault: DiskFault | null, action: () => void): { came: boolean; error: unknown } {
  const disk = new FaultyDisk(fault);
  disk.mount();
  let error: unknown = null;
  try {
    action();
  } catch (thrown) {
    error = thrown;
  } finally {
    disk.unmount();
  }
  return { came: disk.came, error };
}

type Call = (...args: never[]) => unknown;
type Mounted = keyof typeof fs & `${string}Sync`;

/** A system that may write less than it is asked to, and that knows what would be left after a loss of power. */
class FaultyDisk {
  readonly #fault: DiskFault | null;
  readonly #mounted: Mounted[] = [];
  #isWithin = false;
  #calls = 0;
  came = false;
  readonly #open = new Map<number, string>();
  /** Files with bytes that were not flushed: how many were. */
  readonly #unflushed = new Map<string, number>();
  /** Names that were not flushed, the newest last: what stood there before. */
  #names: { readonly path: string; readonly before: Uint8Array | null }[] = [];

  constructor(fault: DiskFault | null) {
    this.#fault = fault;
  }

  mount(): void {
    const functions = {
      openSync: this.#openSync,
      writeSync: this.#writeSync,
      fsyncSync: this.#fsyncSync,
      closeSync: this.#closeSync,
      renameSync: this.#renameSync,
      rmSync: this.#rmSync,
      mkdirSync: this.#mkdirSync,
      appendFileSync: this.#appendFileSync,
      truncateSync: this.#truncateSync,
    };
    for (const [name, call] of Object.entries(functions)) this.#mountOne(name as Mounted, call as Call);
    syncBuiltinESMExports();
  }

  /** Functions of `node:fs` call each other: only the outermost call is one of the program. */
  #mountOne(name: Mounted, call: Call): void {
    Object.assign(fs, {
      [name]: (...args: never[]) => {
        if (this.#isWithin) return (real[name] as Call)(...args);
        this.#isWithin = true;
        try {
          return call(...args);
        } finally {
          this.#isWithin = false;
        }
      },
    });
    this.#mounted.push(name);
  }

  unmount(): void {
    for (const name of this.#mounted) Object.assign(fs, { [name]: real[name] });
    syncBuiltinESMExports();
    for (const file of this.#open.keys()) real.closeSync(file);
    if (this.#fault?.kind === 'powerless' && this.came) this.#losePower(this.#fault);
  }

  #losePower({ part, losesNames }: DiskFault): void {
    for (const [path, flushed] of this.#unflushed) {
      const written = real.statSync(path).size;
      real.truncateSync(path, flushed + Math.floor(part * (written - flushed)));
    }
    for (const { path, before } of losesNames ? this.#names.reverse() : [])
      if (before === null) real.rmSync(path, { recursive: true, force: true });
      else real.writeFileSync(path, before);
  }

  /** @param writes whether a full disk refuses it @throws Error that the call ends with */
  #call(writes: boolean): void {
    const now = this.#calls++;
    if (this.#fault === null || now < this.#fault.at) return;
    const { kind, at } = this.#fault;
    if (kind === 'full' ? !writes : kind === 'error' && now > at) return;
    this.came = true;
    if (kind === 'full') throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
    if (kind === 'error') throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
    throw new Error(kind);
  }

  /** As `#call`, where a part of what is written comes to the disk. */
  #write(length: number, write: (length: number) => void): void {
    try {
      this.#call(true);
    } catch (error) {
      write(Math.floor(length * this.#fault!.part));
      throw error;
    }
  }

  /** A name that is new, or of something else than before. */
  #rename(path: string, before: Uint8Array | null): void {
    this.#names.push({ path, before });
  }

  readonly #openSync = (path: string, flags: string): number => {
    const before = real.existsSync(path);
    if (flags !== 'r') this.#call(true);
    const file = real.openSync(path, flags);
    this.#open.set(file, path);
    if (flags.startsWith('w')) this.#unflushed.set(path, 0);
    if (!before) this.#rename(path, null);
    return file;
  };

  readonly #writeSync = (file: number, bytes: Uint8Array, at: number, length: number): number => {
    this.#write(length, (part) => real.writeSync(file, bytes, at, part));
    return real.writeSync(file, bytes, at, length > 8 ? length - 8 : length);
  };

  readonly #fsyncSync = (file: number): void => {
    this.#call(true);
    const path = this.#open.get(file)!;
    this.#unflushed.delete(path);
    this.#names = this.#names.filter((name) => dirname(name.path) !== path);
  };

  readonly #closeSync = (file: number): void => {
    real.closeSync(file);
    this.#open.delete(file);
    this.#call(false);
  };

  readonly #renameSync = (from: string, to: string): void => {
    this.#call(false);
    this.#rename(to, real.existsSync(to) ? real.readFileSync(to) : null);
    real.renameSync(from, to);
    this.#names = this.#names.filter(({ path }) => path !== from);
    const flushed = this.#unflushed.get(from);
    this.#unflushed.delete(from);
    if (flushed !== undefined) this.#unflushed.set(to, flushed);
  };

  readonly #rmSync = (path: string, options: fs.RmOptions): void => {
    this.#call(false);
    real.rmSync(path, options);
    this.#unflushed.delete(path);
  };

  readonly #mkdirSync = (path: string): void => {
    this.#call(true);
    real.mkdirSync(path);
    this.#rename(path, null);
  };

  readonly #appendFileSync = (path: string, text: string, { flush }: { flush: boolean }): void => {
    const before = real.statSync(path).size;
    if (!this.#unflushed.has(path)) this.#unflushed.set(path, before);
    this.#write(text.length, (part) => real.appendFileSync(path, text.slice(0, part)));
    real.appendFileSync(path, text);
    if (flush) this.#unflushed.delete(path);
  };

  readonly #truncateSync = (path: string, length: number): void => {
    this.#call(false);
    real.truncateSync(path, length);
  };
}
