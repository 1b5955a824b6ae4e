import fs, {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../kernels/index.ts';
import { announce, contest, type Owner } from '../../results/folder-lock.ts';
import { lockFolder } from '../../results/index.ts';

/** Processes of several machines that want one folder, in any interleaving of their accesses to files. */

/** What a process may do next; which one it can do depends on where it is. */
type Action = 'go on' | 'release' | 'die' | 'show life' | 'wait' | 'leave garbage';
interface Step {
  readonly who: number;
  readonly what: Action;
  readonly seconds: number;
  readonly garbage: string;
  /** What a process works on that begins. */
  readonly runs: readonly string[] | null;
  /** Whether it may happen within a call of another process. */
  readonly comesBetween: boolean;
}

/** A process starts anew when it has died. */
interface Process {
  readonly host: string;
  pid: number;
  /** Of its file; empty while it wants nothing. */
  path: string;
  runs: readonly string[] | null;
  holds: boolean;
  /** Within a call of `contest`, its own or that of the process before it. */
  isCalling: boolean;
}

/** Ends the call of a process that died within it. */
class Died extends Error {}

/** The functions themselves, for what stands outside of the processes. */
const real = { ...fs };

/** Two on each of two machines. They see which processes of their own machine live, and of the other one only the age of files. */
const HOSTS = ['a', 'a', 'b', 'b'];
/** On what they work: all, or some runs. */
const RUNS = [null, ['1'], ['2'], ['1', '2']] as const;

class World {
  readonly #folder: string;
  readonly #steps: Step[];
  readonly processes: readonly Process[] = HOSTS.map((host, i) => ({
    host,
    pid: i + 1,
    path: '',
    runs: null,
    holds: false,
    isCalling: false,
  }));
  readonly #dead = new Set<number>();
  /** Processes within a call, the innermost last: while one is suspended, another comes in between. */
  readonly #calls: number[] = [];
  #pids = HOSTS.length;
  timesHeld = 0;
  timesDiedInCall = 0;
  timesShared = 0;
  /** Seconds since 1970, by the clock of the file system. */
  now = 1e9;

  constructor(folder: string, steps: readonly Step[]) {
    this.#folder = folder;
    this.#steps = [...steps];
  }

  run(): void {
    while (this.#steps.length > 0) this.#step();
  }

  /** What happens before an access of a process to files. @throws Died */
  readonly before = (): void => {
    const pid = this.#calls.at(-1);
    if (pid === undefined) return;
    if (this.#steps[0]?.comesBetween) this.#step();
    if (!this.#dead.has(pid)) return;
    this.timesDiedInCall++;
    throw new Died();
  };

  #step(): void {
    const step = this.#steps.shift();
    if (!step) return;
    const one = this.processes[step.who]!;
    if (step.what === 'wait') this.now += step.seconds;
    else if (step.what === 'leave garbage') this.#leaveGarbage(step);
    else if (step.what === 'die') this.#die(one);
    // Who is within a call goes on with it once those that came in between have stopped.
    else if (!one.isCalling) this.#act(one, step);
    this.#check();
  }

  #die(one: Process): void {
    this.#dead.add(one.pid);
    Object.assign(one, { pid: ++this.#pids, path: '', holds: false });
  }

  #leaveGarbage({ garbage, who }: Step): void {
    const path = join(this.#folder, `lock-${String(who).repeat(16)}.json`);
    writeFileSync(path, garbage);
    this.#stamp(path);
  }

  #act(one: Process, { what, runs }: Step): void {
    if (one.holds && !existsSync(one.path)) Object.assign(one, { path: '', holds: false });
    else if (one.holds && what === 'show life') this.#stamp(one.path);
    else if (one.holds && what === 'release') {
      real.rmSync(one.path);
      Object.assign(one, { path: '', holds: false });
    } else if (one.path === '') {
      one.runs = runs;
      one.path = announce(this.#folder, ownerOf(one));
      this.#stamp(one.path);
    } else if (!one.holds) this.#contest(one);
  }

  #contest(one: Process): void {
    const { pid, path, host } = one;
    const isThere = existsSync(path);
    one.isCalling = true;
    this.#calls.push(pid);
    try {
      const other = contest(this.#folder, path, (owner) =>
        owner.host === host ? !this.#dead.has(owner.pid) : null,
      );
      if (this.#dead.has(pid)) throw new Died();
      if (other === null) {
        assert.ok(isThere, 'a process has the folder without a file');
        one.holds = true;
        this.timesHeld++;
      } else {
        real.rmSync(path, { force: true });
        one.path = '';
      }
    } catch (error) {
      // A UserError: it was suspended for so long that its file is gone.
      if (error instanceof UserError) one.path = '';
      else if (!(error instanceof Died)) throw error;
    } finally {
      this.#calls.pop();
      one.isCalling = false;
    }
  }

  #stamp(path: string): void {
    utimesSync(path, this.now, this.now);
  }

  /** One that holds the folder may write as long as its file is there. */
  #check(): void {
    const writers = this.processes.filter(({ holds, path }) => holds && existsSync(path));
    for (const [i, one] of writers.entries())
      for (const other of writers.slice(i + 1))
        assert.not(exclude(one.runs, other.runs), JSON.stringify(writers));
    this.timesShared += Number(writers.length > 1);
  }
}

/** Two work on one thing: on the same run, or one of them on all. */
const exclude = (one: Process['runs'], other: Process['runs']): boolean =>
  one === null || other === null || one.some((run) => other.includes(run));

const ownerOf = ({ host, pid, runs }: Process): Owner => ({
  host,
  pid,
  place: null,
  start: null,
  since: '2026-01-31T17:05:09.123Z',
  runs: runs && [...runs],
});

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    who: fc.nat(HOSTS.length - 1),
    what: fc.oneof(
      { weight: 20, arbitrary: fc.constant<Action>('go on') },
      { weight: 6, arbitrary: fc.constantFrom<Action>('release', 'die', 'wait') },
      { weight: 2, arbitrary: fc.constantFrom<Action>('show life', 'leave garbage') },
    ),
    seconds: fc.constantFrom(1, 20, 59, 61),
    garbage: fc.constantFrom('', '{', '{}', '\u0000\u0000'),
    runs: fc.constantFrom(...RUNS),
    comesBetween: fc.boolean(),
  }),
  { minLength: 25, maxLength: 40 },
);

/** Does something with other processes coming in before each access to files that `contest` makes. */
function interleaved(before: () => void, action: () => void): void {
  const { statSync, readdirSync, readFileSync, rmSync, fsyncSync } = real;
  const pausing = Object.entries({ statSync, readdirSync, readFileSync, rmSync }).map(([name, access]) => [
    name,
    (...args: unknown[]) => {
      before();
      return (access as (...args: unknown[]) => unknown)(...args);
    },
  ]);
  // Nobody loses power here.
  Object.assign(fs, Object.fromEntries(pausing), { fsyncSync: () => {} });
  syncBuiltinESMExports();
  try {
    action();
  } finally {
    Object.assign(fs, { statSync, readdirSync, readFileSync, rmSync, fsyncSync });
    syncBuiltinESMExports();
  }
}

const inFolder = (action: (folder: string) => void): void => {
  const folder = mkdtempSync(join(tmpdir(), 'dendrite-lock-'));
  try {
    action(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

test('in any interleaving of their accesses to files, no two processes have the folder or one run of it', () => {
  let [held, died, shared] = [0, 0, 0];
  fc.assert(
    fc.property(steps, (given) =>
      inFolder((folder) => {
        const world = new World(folder, given);
        interleaved(world.before, () => world.run());
        held += world.timesHeld;
        died += world.timesDiedInCall;
        shared += world.timesShared;
        // What dead processes left does not last.
        const since = world.now + 61;
        const own = announce(folder, ownerOf({ ...world.processes[0]!, host: 'c', runs: null }));
        utimesSync(own, since, since);
        assert.is(
          contest(folder, own, () => null),
          null,
        );
      }),
    ),
    { numRuns: 120 },
  );
  // The property says something: folders were held and shared, and processes died within calls.
  assert.ok(held > 40 && died > 0 && shared > 0, `${held} ${died} ${shared}`);
});

/** Any file with the name of a lock: bytes, any JSON, and JSON that is nearly or wholly what a process writes. */
const anyOwner = fc.record(
  {
    host: fc.string({ unit: 'binary' }),
    pid: fc.oneof(fc.integer(), fc.double()),
    place: fc.option(fc.string()),
    start: fc.option(fc.string()),
    since: fc.oneof(fc.string({ unit: 'binary' }), fc.date({ noInvalidDate: true }).map(String)),
    runs: fc.option(fc.array(fc.string())),
  },
  { requiredKeys: [] },
);
const anyFile = fc.oneof(
  fc.uint8Array(),
  fc.json().map((text) => Buffer.from(text)),
  anyOwner.map((owner) => Buffer.from(JSON.stringify(owner))),
);

test('whatever stands in the files of a lock, a folder is had or refused in one sentence', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dendrite-lock-'));
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(anyFile, { maxLength: 3 }), fc.constantFrom(10, 100), async (files, age) => {
        for (const [i, bytes] of files.entries()) {
          const path = join(folder, `lock-${String(i).repeat(16)}.json`);
          writeFileSync(path, bytes);
          const then = Date.now() / 1000 - age;
          utimesSync(path, then, then);
        }
        const refusal = await lockFolder(folder).then(
          (lock) => lock.release(),
          (error) => {
            assert.instance(error, UserError, (error as Error).stack);
            return (error as Error).message;
          },
        );
        // None of them is of a process that can be looked at: their ages alone count.
        if (files.length > 0 && age === 10) assert.match(refusal ?? '', /^[^\n]+$/);
        else assert.is(refusal, undefined);
        for (const name of readdirSync(folder)) rmSync(join(folder, name));
      }),
      { numRuns: 100 },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('what is in the way of a lock is one sentence', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dendrite-lock-'));
  try {
    const path = join(folder, 'lock-0123456789abcdef.json');
    mkdirSync(path);
    utimesSync(path, 1e9, 1e9);
    await lockFolder(folder).then(
      (lock) => lock.release(),
      (error) => {
        assert.instance(error, UserError, (error as Error).stack);
        assert.match((error as Error).message, /^[^\n]+$/);
      },
    );
    // Nothing of its own stays behind.
    assert.equal(
      readdirSync(folder).filter((name) => !path.endsWith(name)),
      [],
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
