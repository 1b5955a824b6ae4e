/**
 * Kills a sweep with SIGKILL at random moments, resumes it each time, and compares what it comes to with an undisturbed one:
 *
 *     npm run build && npm run torture [-- <kills> [<seed>]]
 *
 * Processes are those of the build, which start in half the time.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RandomStream } from '../kernels/index.ts';
import { readExperiment, type StoredRun } from '../results/index.ts';
import { ROOT } from './cli/dendrite.ts';
import { writeTinyIdx } from './cli/tiny-idx.ts';

/** Rules with all kinds of state: moments of the optimizer, neurons that go on, and rows kept of each example. */
const SWEEP = [
  ...['--device', 'cpu', '--blas', 'none', '--layers', '64,5,3', '--batch', '10', '--jobs', '2'],
  ...['--rules', 'backprop,equilibrium-propagation,segregated-dendrite', '--seeds', '2', '--epochs', '30'],
  ...['--vary', 'backprop.optimizer=momentum,adam'],
];
/** Of the sweeps in turn: after each epoch, and after nearly each call of the device. */
const CHECKPOINTS = [[], ['--checkpoint-every', '0.001']];
/**
 * When a kill comes: at most so many ms after an event of the process, which is waited for, so that a slow machine is hit as often
 * at work as a quick one. `share` is that of the kills.
 */
const MOMENTS = [
  { share: 0.2, after: 'start', ms: 1000 },
  { share: 0.2, after: 'lock', ms: 500 },
  { share: 0.6, after: 'record', ms: 250 },
] as const;

const start = (...args: string[]): ChildProcess =>
  spawn(process.execPath, ['dist/cli/main.js', ...args], { cwd: ROOT, stdio: 'ignore' });

const codeOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((done) => child.on('exit', (code) => done(code)));

/** Waits until the moment of a kill. @param part from 0 to 1: which of the moments above, and where in it */
async function momentIn(out: string, { pid }: ChildProcess, part: number): Promise<void> {
  const recordedBefore = bytesRecorded(out);
  const isHeld = () =>
    filesIn(out, /lock-\w+\.json$/).some((path) => textOf(path).includes(`"pid": ${pid},`));
  const hasHappened = {
    start: () => true,
    lock: isHeld,
    record: () => bytesRecorded(out) > recordedBefore,
  };
  let rest = part;
  for (const { share, after, ms } of MOMENTS) {
    if (rest < share) {
      while (isRunning(pid!) && !hasHappened[after]()) await pause(5);
      return pause((rest / share) * ms);
    }
    rest -= share;
  }
}

const filesIn = (folder: string, pattern: RegExp): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => pattern.test(name))
    .map((name) => join(folder, name));

const bytesRecorded = (folder: string): number =>
  filesIn(folder, /metrics\.jsonl$/).reduce((sum, path) => sum + textOf(path).length, 0);

/** Nothing if it has gone in the meantime. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const isRunning = (pid: number): boolean => existsSync(`/proc/${pid}`);

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** What must be the same as in an undisturbed sweep. */
const outcome = ({ condition, seed, status, statesHash, epochs, notes }: StoredRun) => ({
  condition,
  seed,
  status,
  statesHash,
  notes,
  epochs: epochs.map(({ seconds, evaluationSeconds, examplesPerSecond, ...rest }) => rest),
});

const outcomes = (folder: string): string => JSON.stringify(readExperiment(folder).runs.map(outcome));

/** The whole lines of each metrics.jsonl of a comparison, by run. */
function recordedIn(folder: string): Map<string, string> {
  const recorded = new Map<string, string>();
  for (const run of readdirSync(folder)) {
    const metrics = join(folder, run, 'metrics.jsonl');
    if (!existsSync(metrics)) continue;
    const text = readFileSync(metrics, 'utf8');
    recorded.set(run, text.slice(0, text.lastIndexOf('\n') + 1));
  }
  return recorded;
}

/** @throws Error when a line that was recorded is not there any more */
function checkIntact(folder: string, before: ReadonlyMap<string, string>): Map<string, string> {
  const now = recordedIn(folder);
  for (const [run, lines] of before)
    if (!now.get(run)?.startsWith(lines))
      throw new Error(`${run} had these epochs, and has others now:\n${lines}\n${now.get(run)}`);
  return now;
}

/** What the kills met. */
export interface Tortured {
  /** Sweeps that came to their end and were compared. */
  readonly sweeps: number;
  /** Kills after which an epoch was recorded that was not before. */
  readonly progressed: number;
}

/**
 * @param log a line a kill
 * @throws Error when anything recorded is lost, or a sweep comes to something else than an undisturbed one
 */
export async function torture(kills: number, seed: number, log = (_: string): void => {}): Promise<Tortured> {
  const work = mkdtempSync(join(tmpdir(), 'dendrite-torture-'));
  try {
    const data = writeTinyIdx(join(work, 'tiny'));
    const compare = ['compare', ...SWEEP, '--dataset', `idx:${data}`];
    const whole = start(...compare, '--out', join(work, 'whole'));
    if ((await codeOf(whole)) !== 0) throw new Error('the undisturbed sweep failed');
    const wanted = outcomes(theOnlyOne(join(work, 'whole')));
    const moments = new RandomStream(seed, 'kills').uniform(kills, 0, 1);
    return await killAndResume({ work, compare, wanted, moments: [...moments], log });
  } finally {
    rmSync(work, { recursive: true });
  }
}

const theOnlyOne = (folder: string): string => join(folder, readdirSync(folder)[0]!);

interface Plan {
  readonly work: string;
  readonly compare: readonly string[];
  readonly wanted: string;
  /** From 0 to 1: see `momentIn`. */
  readonly moments: number[];
  log(line: string): void;
}

async function killAndResume({ work, compare, wanted, moments, log }: Plan): Promise<Tortured> {
  let [kills, sweeps, progressed] = [0, 0, 0];
  let recorded = new Map<string, string>();
  while (kills < moments.length || recorded.size > 0) {
    const out = join(work, `killed-${sweeps}`);
    mkdirSync(out, { recursive: true });
    const begun = readdirSync(out).find((name) => existsSync(join(out, name, 'experiment.json')));
    const child = begun
      ? start('resume', join(out, begun), '--jobs', String(1 + (kills % 3)))
      : start(...compare, '--out', out, ...CHECKPOINTS[sweeps % CHECKPOINTS.length]!);
    const ended = codeOf(child);
    // At half of the kills, the first kind of checkpoints gives way to the second.
    const goesToItsEnd = sweeps === 0 && kills >= moments.length / 2;
    const moment = goesToItsEnd ? undefined : moments[kills];
    const code = await (moment === undefined ? ended : Promise.race([ended, momentIn(out, child, moment)]));
    child.kill('SIGKILL');
    await ended;
    const folder = begun && join(out, begun);
    if (folder) {
      const now = checkIntact(folder, recorded);
      const bytes = (map: Map<string, string>) => [...map.values()].join('').length;
      log(`after ${kills} kills: ${bytes(now) - bytes(recorded)} bytes of records more`);
      progressed += Number(bytes(now) > bytes(recorded));
      recorded = now;
    }
    if (code === undefined) {
      kills++;
      continue;
    }
    // It came to its end before it was killed.
    if (code !== 0) throw new Error(`the sweep ended with ${code}`);
    const came = outcomes(folder ?? theOnlyOne(out));
    if (came !== wanted) throw new Error(`the sweep came to\n${came}\nand undisturbed to\n${wanted}`);
    log(`sweep ${sweeps + 1} is that of an undisturbed process`);
    sweeps++;
    recorded = new Map();
  }
  return { sweeps, progressed };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [kills = '200', seed = '1'] = process.argv.slice(2);
  console.log(await torture(Number(kills), Number(seed), console.log));
}
