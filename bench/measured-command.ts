import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../kernels/index.ts';
import type { ComparisonDocument } from '../results/index.ts';
import { cleanEnvironment } from './environment.ts';

const COMMAND = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const SAMPLE_EVERY = 50;

/** Memory of a process at a time, in bytes. */
export interface MemorySample {
  /** In ms since 1970, as times in status.json are. */
  readonly at: number;
  readonly resident: number;
  /** The largest so far. */
  readonly peak: number;
}

/** What a comparison took from the start of the process to its end. */
export interface MeasuredComparison {
  readonly seconds: number;
  readonly document: ComparisonDocument;
  /** Ends of the runs in ms since 1970, in their order. */
  readonly ends: readonly number[];
  /** In the order of time; empty where there is no /proc. */
  readonly memory: readonly MemorySample[];
}

/** @throws UserError */
export function requireBuild(): void {
  if (!existsSync(COMMAND)) throw new UserError("the built command is missing: run 'npm run build'");
}

/**
 * Runs the built `dendrite compare`, as a user does.
 * @param node its executable
 * @param folder in which its folder is made
 * @throws UserError when it fails, or one of its runs does
 */
export async function measureCompare(
  node: string,
  flags: readonly string[],
  folder = tmpdir(),
): Promise<MeasuredComparison> {
  const out = mkdtempSync(join(folder, 'dendrite-bench-'));
  try {
    const done = await execute(node, [COMMAND, 'compare', ...flags, '--json', '--out', out]);
    const document = JSON.parse(done.stdout) as ComparisonDocument;
    const failed = document.runs.find(({ status }) => status !== 'finished');
    if (failed) throw new UserError(`a run ${failed.status}: ${failed.reason}`);
    const ends = document.runs.map(({ folder }) => {
      const { finishedAt } = JSON.parse(readFileSync(join(folder, 'status.json'), 'utf8'));
      return Date.parse(finishedAt);
    });
    return { seconds: done.seconds, document, ends: ends.sort((a, b) => a - b), memory: done.memory };
  } finally {
    rmSync(out, { recursive: true });
  }
}

interface Done {
  readonly seconds: number;
  readonly stdout: string;
  readonly memory: MemorySample[];
}

const execute = (file: string, args: readonly string[]): Promise<Done> =>
  new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(file, args, { env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
    const memory: MemorySample[] = [];
    const sampling = setInterval(() => {
      const sample = memoryOf(child.pid);
      if (sample) memory.push(sample);
    }, SAMPLE_EVERY);
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr = (stderr + text).slice(-10_000);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(sampling);
      const seconds = (performance.now() - start) / 1000;
      if (code === 0) resolve({ seconds, stdout, memory });
      else reject(new UserError(`dendrite compare ended with ${code}: ${stderr.trim().split('\n').at(-1)}`));
    });
  });

/** From proc(5), in units of 1024 bytes; null where there is no such process, or no /proc. */
function memoryOf(pid: number | undefined): MemorySample | null {
  try {
    return parseMemory(readFileSync(`/proc/${pid}/status`, 'latin1'), Date.now());
  } catch {
    return null;
  }
}

/** @returns null for a process that has ended and has no memory any more */
export function parseMemory(status: string, at: number): MemorySample | null {
  const [resident, peak] = ['VmRSS', 'VmHWM'].map((name) => {
    const [, kilobytes] = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status) ?? [];
    return 1024 * Number(kilobytes);
  }) as [number, number];
  return Number.isNaN(resident) ? null : { at, resident, peak };
}

/** Resident memory in bytes when so many runs of all had ended, by the first sample after it or the last one. */
export function memoryAt(
  share: number,
  { ends, memory }: Pick<MeasuredComparison, 'ends' | 'memory'>,
): number | null {
  const then = ends[Math.max(0, Math.ceil(share * ends.length) - 1)]!;
  return (memory.find(({ at }) => at >= then) ?? memory.at(-1))?.resident ?? null;
}

/** Seconds of training and evaluation of all runs. */
export const busySeconds = ({ runs }: Pick<ComparisonDocument, 'runs'>): number =>
  runs
    .flatMap(({ epochs }) => epochs)
    .reduce((sum, { seconds, evaluationSeconds }) => sum + seconds + evaluationSeconds, 0);
