import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../kernels/index.ts';
import { announce, contest, type Owner } from '../../results/folder-lock.ts';
import { checkLock, FolderTaken, lockFolder, ownersOf, reopenComparison } from '../../results/index.ts';

const test: Test<{ folder: string }> = suite('lock', { folder: '' });
test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'dendrite-lock-'));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

const owner = (changes: Partial<Owner> = {}): Owner => ({
  host: 'elsewhere',
  pid: 4711,
  place: null,
  start: null,
  since: '2026-01-31T17:05:09.123Z',
  runs: null,
  ...changes,
});

/** As if a file had been written so many seconds ago. */
function age(path: string, seconds: number): void {
  const then = statSync(path).mtimeMs / 1000 - seconds;
  utimesSync(path, then, then);
}

async function refusal(folder: string): Promise<string> {
  try {
    (await lockFolder(folder)).release();
  } catch (error) {
    assert.instance(error, UserError);
    assert.match((error as Error).message, /^[^\n]+: [^\n]+$/);
    return (error as Error).message;
  }
  return '';
}

test('the second one is told who holds it, and gets it once it is released', async ({ folder }) => {
  const lock = await lockFolder(folder);
  age(lock.path, 10);
  assert.match(
    await refusal(folder),
    new RegExp(`is being worked on by process ${process.pid} on \\S+, since \\d{4}-\\d\\d-\\d\\d .* UTC`),
  );
  checkLock(lock.path);
  lock.release();
  assert.equal(readdirSync(folder), []);
  assert.is(await refusal(folder), '');
});

test('of many that come at the same time, at most one has it at any time', async ({ folder }) => {
  let [holders, had] = [0, 0];
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      try {
        const lock = await lockFolder(folder);
        had++;
        assert.is(++holders, 1);
        await new Promise((resolve) => setTimeout(resolve, 5));
        holders--;
        lock.release();
      } catch (error) {
        assert.instance(error, UserError);
      }
    }),
  );
  assert.ok(had >= 1);
  assert.equal(readdirSync(folder), []);
});

/** What a lock is on: all, or some of the runs. */
const PARTS: readonly Owner['runs'][] = [null, ['x'], ['y'], ['x', 'y']];
const meet = (one: Owner['runs'], other: Owner['runs']): boolean =>
  one === null || other === null || one.some((run) => other.includes(run));

test('in every order of their steps, at most one of several processes has a run', () => {
  const NAMES = ['a', 'b', 'c', 'd'];
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...NAMES), fc.integer({ min: 0, max: 9 })), { maxLength: 40 }),
      fc.tuple(...NAMES.map(() => fc.constantFrom(...PARTS))),
      (steps, parts) => {
        const folder = mkdtempSync(join(tmpdir(), 'dendrite-lock-'));
        try {
          const dead = new Set<string>();
          const processes = new Map(
            NAMES.map((name, i) => [
              name,
              { path: '', holds: false, host: `${name}-0`, runs: parts[i] ?? null },
            ]),
          );
          let lives = 0;
          for (const [name, action] of steps) {
            const one = processes.get(name)!;
            if (action === 0) {
              // Killed, and started again.
              dead.add(one.host);
              Object.assign(one, { path: '', holds: false, host: `${name}-${++lives}` });
            } else if (one.holds && action === 1) {
              rmSync(one.path);
              Object.assign(one, { path: '', holds: false });
            } else if (one.path === '')
              one.path = announce(folder, owner({ host: one.host, runs: one.runs }));
            else if (!one.holds) {
              one.holds = contest(folder, one.path, ({ host }) => !dead.has(host)) === null;
              if (!one.holds) {
                rmSync(one.path);
                one.path = '';
              }
            }
            const holders = [...processes.values()].filter(({ holds }) => holds);
            for (const holder of holders) {
              assert.ok(existsSync(holder.path));
              const others = holders.filter((other) => other !== holder && meet(holder.runs, other.runs));
              assert.equal(others, []);
            }
          }
        } finally {
          rmSync(folder, { recursive: true });
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('locks on different runs go together, and with no lock on the whole', async ({ folder }) => {
  const [one, other] = [
    await lockFolder(folder, { runs: ['a', 'b'] }),
    await lockFolder(folder, { runs: ['c'] }),
  ];
  for (const { path } of [one, other]) age(path, 10);
  assert.match(await refusal(folder), /is being worked on by process/);
  try {
    await lockFolder(folder, { runs: ['d', 'b'] });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, FolderTaken);
  }
  assert.equal(
    ownersOf(folder)
      .map(({ runs }) => runs!.join())
      .sort(),
    ['a,b', 'c'],
  );
  one.release();
  (await lockFolder(folder, { runs: ['d', 'b'] })).release();
  other.release();
  const whole = await lockFolder(folder);
  age(whole.path, 10);
  try {
    await lockFolder(folder, { runs: ['a'] });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, FolderTaken);
  }
  whole.release();
  assert.equal(readdirSync(folder), []);
});

test('who has patience gets it once the other ends, and is refused if it does not', async ({ folder }) => {
  const first = await lockFolder(folder);
  age(first.path, 10);
  const second = lockFolder(folder, { runs: ['a'], patience: 20_000 });
  await new Promise((resolve) => setTimeout(resolve, 100));
  first.release();
  (await second).release();
  const third = await lockFolder(folder, { runs: ['a'] });
  age(third.path, 10);
  try {
    await lockFolder(folder, { runs: ['a'], patience: 50 });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, FolderTaken);
  }
  third.release();
});

test('owners that are dead are not among those that work on a folder, and nothing is removed', ({
  folder,
}) => {
  const alive = announce(folder, owner({ pid: 1 }));
  const dead = announce(folder, owner({ pid: 2 }));
  age(dead, 70);
  writeFileSync(join(folder, 'lock-0123456789abcdef.json'), 'no owner');
  assert.equal(
    ownersOf(folder).map(({ pid }) => pid),
    [1],
  );
  assert.ok(existsSync(alive) && existsSync(dead));
});

test('an owner on another machine is dead once its file is a minute older than that of who asks', async ({
  folder,
}) => {
  const path = announce(folder, owner());
  age(path, 50);
  assert.match(
    await refusal(folder),
    /worked on by process 4711 on elsewhere, since 2026-01-31 17:05:09 UTC/,
  );
  age(path, 70);
  assert.is(await refusal(folder), '');
  assert.not(existsSync(path));
});

test('a file that cannot be read counts as long as it is young', async ({ folder }) => {
  const path = join(folder, 'lock-0123456789abcdef.json');
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (bytes) => {
      writeFileSync(path, bytes);
      age(path, 10);
      assert.match(await refusal(folder), /worked on by a process whose lock file cannot be read/);
    }),
    { numRuns: 30 },
  );
  age(path, 70);
  assert.is(await refusal(folder), '');
});

test('what is named otherwise is no lock', async ({ folder }) => {
  for (const name of ['lock.json', 'lock-1.json', 'lock-0123456789abcdef.json.tmp'])
    writeFileSync(join(folder, name), '');
  assert.is(await refusal(folder), '');
  assert.is(readdirSync(folder).length, 3);
});

test('a file that is not whole yet keeps nobody off, and stays while its process may live', async ({
  folder,
}) => {
  const path = join(folder, 'lock-0123456789abcdef.json.tmp');
  writeFileSync(path, '{"host"');
  reopenComparison(folder);
  age(path, 50);
  assert.is(await refusal(folder), '');
  assert.ok(existsSync(path));
  age(path, 70);
  assert.is(await refusal(folder), '');
  assert.not(existsSync(path));
});

const ofProcesses = 'a process of this machine is dead when it is gone, or another has its number';
if (existsSync('/proc/self/stat'))
  test(ofProcesses, async ({ folder }) => {
    const program = `
      import { lockFolder } from ${JSON.stringify(new URL('../../results/index.ts', import.meta.url).href)};
      await lockFolder(${JSON.stringify(folder)});
      console.log('locked');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const [name] = readdirSync(folder);
    const path = join(folder, name!);
    try {
      // However old the file of a living process is: it may be suspended.
      child.kill('SIGSTOP');
      age(path, 1000);
      assert.match(await refusal(folder), new RegExp(`process ${child.pid} `));
    } finally {
      child.kill('SIGKILL');
    }
    await new Promise((resolve) => child.once('exit', resolve));
    const lock = await lockFolder(folder);
    assert.not(existsSync(path));
    // This process with another start: one that had its number before.
    const own = JSON.parse(readFileSync(lock.path, 'utf8')) as Owner;
    lock.release();
    announce(folder, { ...own, start: `${Number(own.start) - 1}` });
    assert.is(await refusal(folder), '');
  });
else {
  console.log(`skipped, ${ofProcesses}: there is no /proc`);
  test.skip(ofProcesses);
}

test('who was taken for dead notices that the folder is not its own any more', async ({ folder }) => {
  const lock = await lockFolder(folder);
  rmSync(lock.path);
  try {
    checkLock(lock.path);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, UserError);
    assert.match((error as Error).message, /another process has taken the folder over/);
  }
  lock.release();
});

test.run();
